import { RRuleTemporal } from 'rrule-temporal';

/** When maintenance comes again: an RRULE of RFC 5545 on the wall clock of one zone. */
export interface Recurrence {
  /** DTSTART, epoch milliseconds. The first occurrence is the first instant of the rule from then on. */
  firstAt: number;
  timeZone: string;
  /** `FREQ=MONTHLY;BYDAY=1SU`. */
  rule: string;
}

const longestRule = 300;
// Maintenance every few minutes is none; and a COUNT or UNTIL ends a series by itself.
const known = /^(FREQ|INTERVAL|BYDAY|BYMONTH|BYMONTHDAY|BYSETPOS|WKST|COUNT|UNTIL)=/;

/** Why a rule cannot be used, in words; undefined when it can. */
export function ruleFault({ firstAt, timeZone, rule }: Recurrence): string | undefined {
  if (rule.length > longestRule) return `at most ${longestRule} characters`;
  if (!/^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)/.test(rule)) {
    return 'begins with FREQ=DAILY, FREQ=WEEKLY, FREQ=MONTHLY or FREQ=YEARLY';
  }
  const strange = rule.split(';').find((part) => !known.test(part));
  if (strange !== undefined) return `cannot hold ${strange.slice(0, 40)}`;
  try {
    if (nextOccurrence({ firstAt, timeZone, rule }, firstAt - 1) === undefined) return 'never comes';
  } catch {
    // The library says in several ways that it cannot read a rule, or finds no day in ten thousand tries.
    return 'is no rule that comes again (RFC 5545)';
  }
  return undefined;
}

/**
 * The first occurrence that starts after `after`; undefined when there is none. The wall clock stays through a change of the clocks; a day on which that
 * time does not exist is left out, as RFC 5545 (3.3.10) has it. Throws for a rule that `ruleFault` refuses.
 */
export function nextOccurrence({ firstAt, timeZone, rule }: Recurrence, after: number): number | undefined {
  const dtstart = Temporal.Instant.fromEpochMilliseconds(firstAt).toZonedDateTimeISO(timeZone);
  const start = dtstart.toPlainDateTime().toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '');
  const series = new RRuleTemporal({ rruleString: `DTSTART;TZID=${timeZone}:${start}\nRRULE:${rule}` });
  return series.next(new Date(after))?.epochMilliseconds;
}
