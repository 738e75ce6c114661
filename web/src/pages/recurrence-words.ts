/** How often maintenance comes again, as people say it. */
export type Again = 'day' | 'week' | 'weekday' | 'date';

export const againOptions: readonly (readonly [Again | '', string])[] = [
  ['', 'Never'],
  ['day', 'Every day'],
  ['week', 'Every week, on that day'],
  ['weekday', 'Every month, on that weekday (the first Sunday)'],
  ['date', 'Every month, on that date'],
];

const days = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** The rule (RFC 5545) of something that begins at `start` on the reader's clock. */
export function ruleFor(again: Again, start: Date): string {
  const day = days[start.getDay()] ?? 'SU';
  switch (again) {
    case 'day':
      return 'FREQ=DAILY';
    case 'week':
      return `FREQ=WEEKLY;BYDAY=${day}`;
    case 'weekday': {
      const place = Math.ceil(start.getDate() / 7);
      // Not every month has a fifth one, but each has a last one.
      return `FREQ=MONTHLY;BYDAY=${place === 5 ? -1 : place}${day}`;
    }
    case 'date':
      // A month without that date would be left out; its last day is meant.
      return start.getDate() > 28 ? 'FREQ=MONTHLY;BYMONTHDAY=-1' : `FREQ=MONTHLY;BYMONTHDAY=${start.getDate()}`;
  }
}

const places: Readonly<Record<string, string>> = { 1: 'first', 2: 'second', 3: 'third', 4: 'fourth', '-1': 'last' };

/** A rule in words where it is one of ours; otherwise the rule itself. */
export function ruleText(rule: string): string {
  if (rule === 'FREQ=DAILY') return 'every day';
  const [, ordinal = '', day = ''] = /^FREQ=(?:WEEKLY|MONTHLY);BYDAY=(-?\d)?([A-Z]{2})$/.exec(rule) ?? [];
  const name = dayNames[days.findIndex((known) => known === day)];
  if (name !== undefined && ordinal === '' && rule.startsWith('FREQ=WEEKLY')) return `every ${name}`;
  if (name !== undefined && places[ordinal] !== undefined) return `every ${places[ordinal]} ${name} of the month`;
  const [, date] = /^FREQ=MONTHLY;BYMONTHDAY=(-?\d{1,2})$/.exec(rule) ?? [];
  if (date === '-1') return 'on the last day of every month';
  return date === undefined ? rule : `on day ${date} of every month`;
}
