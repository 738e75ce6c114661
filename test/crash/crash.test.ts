import { expect, test } from 'vitest';
import { broken } from './compare.ts';
import { runCrash } from './crash-run.ts';

// The short run of `npm run crash`, which does 200.
test('what was promised survives SIGKILL at random moments, and a page comes twice only when its receipt was lost', async () => {
  const verdict = await runCrash({ kills: 6, seed: 4 });
  expect(broken(verdict)).toEqual([]);
  expect(verdict.accepted).toBeGreaterThan(20);
  expect(verdict.pagesSent).toBeGreaterThan(20);
  // One crash can repeat each page that was on its way at that moment once, never more.
  expect(verdict.kills).toBe(6);
}, 240_000);
