import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bundleEveryMs,
  busyWaitMs,
  hugDueAt,
  isThankable,
  nextThankable,
  type ThankableHours,
} from '../../../src/domain/hug-delivery.ts';
import { DAY_MS, HOUR_MS } from '../../../src/domain/wall-clock.ts';

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/St_Johns',
  'Africa/Casablanca',
  'Pacific/Kiritimati',
  'UTC',
];
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30'))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${m}`);
const hoursOf = (least: number) =>
  fc.record({
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: least, maxLength: 7 }),
    from: clock,
    to: clock,
  });
// Two years with every change of the clocks in them.
const instant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
const holiday = fc
  .integer({ min: 0, max: 800 })
  .map((day) => new Date(Date.UTC(2026, 0, 1) + day * DAY_MS).toISOString().slice(0, 10));
const span = fc
  .tuple(instant, fc.integer({ min: 1, max: 20 * DAY_MS }))
  .map(([fromAt, length]) => ({ fromAt, untilAt: fromAt + length }));

const anyHours: fc.Arbitrary<ThankableHours> = fc.record({
  waking: fc
    .tuple(fc.constantFrom(...zones), hoursOf(0), fc.array(holiday, { maxLength: 20 }))
    .map(([timeZone, hours, holidays]) => ({ timeZone, ...hours, holidays })),
  working: fc.option(hoursOf(1), { nil: null }),
  timeOff: fc.array(span, { maxLength: 4 }),
});

/** The law once more, by the calendar alone and without a line of the code that is tested. */
function allows(hours: ThankableHours, at: number): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(hours.waking.timeZone);
  const within = ({ days, from, to }: { days: number[]; from: string; to: string }): boolean =>
    [0, 1].some((back) => {
      const day = local.toPlainDate().subtract({ days: back });
      if (!days.includes(day.dayOfWeek) || (hours.waking.holidays ?? []).includes(day.toString())) return false;
      const minute = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
      const now = local.hour * 60 + local.minute + back * 24 * 60;
      const end = minute(to) <= minute(from) ? minute(to) + 24 * 60 : minute(to);
      return minute(from) <= now && now < end;
    });
  const isAway = (hours.timeOff ?? []).some((off) => off.fromAt <= at && at < off.untilAt);
  return within(hours.waking) && (!hours.working || within(hours.working)) && !isAway;
}

test('whatever the zone, hours, holidays and time off: the next moment is allowed, and none before it is', () => {
  fc.assert(
    fc.property(
      anyHours,
      instant,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      (hours, at, parts) => {
        const next = nextThankable(hours, at);
        expect(isThankable(hours, at)).toBe(allows(hours, at));
        if (next === undefined) return;
        expect(next).toBeGreaterThanOrEqual(at);
        expect(allows(hours, next)).toBe(true);
        for (const part of parts) {
          const before = Math.floor(at + part * (next - at));
          if (before < next) expect(allows(hours, before)).toBe(false);
        }
      },
    ),
    { numRuns: 600 },
  );
});

interface Person {
  hours: ThankableHours;
  /** When they have an incident open. */
  incidents: { fromAt: number; untilAt: number }[];
}

/** What the loop does with the hugs of one person, tick by tick: the decisions of the room, without its rows. */
function deliver(
  { hours, incidents }: Person,
  hugs: readonly number[],
  untilAt: number,
): { at: number; hugs: number[] }[] {
  const sent: { at: number; hugs: number[] }[] = [];
  let waiting: number[] = [];
  let dueAt = Infinity;
  let last: number | undefined;
  const tickMs = 10 * 60_000;
  const isBusy = (at: number): boolean => incidents.some((span) => span.fromAt <= at && at < span.untilAt);
  for (let at = Math.min(...hugs); at < untilAt; at += tickMs) {
    const came = hugs.filter((hug) => hug <= at && hug > at - tickMs);
    if (came.length > 0) {
      if (!(dueAt > at && waiting.length > 0)) dueAt = hugDueAt(hours, at, last) ?? Infinity;
      waiting.push(...came);
    }
    if (waiting.length === 0 || dueAt > at) continue;
    if (!isThankable(hours, at)) dueAt = nextThankable(hours, at) ?? Infinity;
    else if (isBusy(at)) dueAt = nextThankable(hours, at + busyWaitMs) ?? Infinity;
    else {
      sent.push({ at, hugs: waiting });
      [waiting, dueAt, last] = [[], Infinity, at];
    }
  }
  return sent;
}

test('every hug arrives once, never outside the hours or during an incident of theirs, within three working days', () => {
  // Somebody who works at least four hours on at least three days of the week; whose incidents end.
  const working = fc
    .tuple(
      fc.constantFrom(...zones),
      fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 7 }),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 4, max: 12 }),
    )
    .map(([timeZone, days, from, length]) => {
      const text = (hour: number): string => `${String(hour % 24).padStart(2, '0')}:00`;
      return { timeZone, days, from: text(from), to: text(from + length) };
    });
  fc.assert(
    fc.property(
      working,
      fc.array(holiday, { maxLength: 6 }),
      fc.array(span, { maxLength: 1 }),
      instant,
      fc.array(fc.integer({ min: 0, max: 6 * DAY_MS }), { minLength: 1, maxLength: 30 }),
      fc.option(fc.tuple(fc.integer({ min: 0, max: 4 * DAY_MS }), fc.integer({ min: 1, max: 2 * HOUR_MS })), {
        nil: undefined,
      }),
      (waking, holidays, timeOff, start, offsets, trouble) => {
        const hours: ThankableHours = { waking: { ...waking, holidays }, timeOff };
        const hugs = offsets.map((offset) => start + offset);
        const incidents =
          trouble === undefined ? [] : [{ fromAt: start + trouble[0], untilAt: start + trouble[0] + trouble[1] }];
        const sent = deliver({ hours, incidents }, hugs, start + 60 * DAY_MS);
        expect(sent.flatMap((bundle) => bundle.hugs).toSorted(byTime)).toEqual(hugs.toSorted(byTime));
        sent.forEach(({ at }, index) => {
          expect(allows(hours, at)).toBe(true);
          expect(incidents.some((span) => span.fromAt <= at && at < span.untilAt)).toBe(false);
          const before = sent[index - 1];
          if (before !== undefined) expect(at - before.at).toBeGreaterThanOrEqual(bundleEveryMs);
        });
        for (const { at, hugs: bundle } of sent) {
          for (const hug of bundle) expect(workingDaysBetween(hours, hug, at)).toBeLessThanOrEqual(3);
        }
      },
    ),
    { numRuns: 60 },
  );
});

const byTime = (a: number, b: number): number => a - b;

/** Stretches of allowed time that were over before it came: each is a working day gone by. */
function workingDaysBetween(hours: ThankableHours, fromAt: number, untilAt: number): number {
  let days = 0;
  for (let at = fromAt, was = false; at <= untilAt; at += 30 * 60_000) {
    const is = allows(hours, at);
    if (was && !is) days++;
    was = is;
  }
  return days;
}
