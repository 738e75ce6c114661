const units = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** What an editor may check: the units once each, largest first. */
export const durationPattern = '^(?=\\d)(?:\\d+w)?(?:\\d+d)?(?:\\d+h)?(?:\\d+m(?!s))?(?:\\d+s)?(?:\\d+ms)?$';
const form = new RegExp(durationPattern);

/** Milliseconds of `30s`, `5m`, `1h30m`; undefined when the text is no duration. Each unit once, largest first. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 40 || !form.test(text)) return undefined;
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[wdhms])/g)) {
    const size = units.find(([name]) => name === unit)?.[1];
    if (count === undefined || size === undefined) return undefined;
    totalMs += Number(count) * size;
  }
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** The shortest spelling that parseDuration reads back: 5400000 is `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of units) {
    // A fortnight reads better as 14d than as 2w; weeks are read, never written.
    const count = unit === 'w' ? 0 : Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}
