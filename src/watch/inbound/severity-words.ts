import type { Severity } from '../../domain/words.ts';

// A convention, not a standard; these are the words in the field's common rule collections.
const severityWords: ReadonlyMap<string, Severity> = new Map(
  Object.entries({
    critical: ['critical', 'crit', 'page', 'fatal', 'emergency', 'emerg', 'alert', 'disaster', 'p1', 'sev1', '1'],
    major: ['major', 'error', 'err', 'high', 'severe', 'p2', 'sev2', '2'],
    minor: [
      'minor',
      'warning',
      'warn',
      'medium',
      'low',
      'info',
      'informational',
      'notice',
      'none',
      'p3',
      'p4',
      'sev3',
      '3',
      '4',
      '5',
    ],
  } satisfies Record<Severity, string[]>).flatMap(([severity, words]) =>
    words.map((word) => [word, severity as Severity]),
  ),
);

/** The severity that another tool's word stands for; undefined when it is none. */
export const severityOfWord = (word: string | undefined): Severity | undefined =>
  severityWords.get((word ?? '').trim().toLowerCase());
