import { readFileSync } from 'node:fs';
import { z } from 'zod';

// The last line of .ci/run, from the report of vitest's JSON reporter: `N passed, N failed`, and how many were skipped where some were.

const report = z.object({
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

/** The line for a report. A file that fails outside of its tests counts as one failed test. */
export function countTests(text: string): string {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.parse(JSON.parse(text)).testResults) {
    const failedBefore = count.failed;
    for (const { status } of file.assertionResults) {
      if (status === 'passed' || status === 'failed') count[status] += 1;
      else count.skipped += 1;
    }
    if (file.status === 'failed' && count.failed === failedBefore) count.failed += 1;
  }
  return `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`;
}

if (import.meta.main) {
  try {
    console.log(countTests(readFileSync(process.argv[2] ?? '', 'utf8')));
  } catch (error) {
    // A run that died before it wrote its report has proved nothing.
    console.log(`There is no report of the tests: ${error instanceof Error ? error.message : String(error)}`);
    console.log('0 passed, 1 failed');
    process.exitCode = 1;
  }
}
