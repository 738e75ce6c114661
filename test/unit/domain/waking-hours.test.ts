import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWaking, nextWakingInstant } from '../../../src/domain/waking-hours.ts';
import type { PersonHours } from '../../../src/domain/waking-hours.ts';
import { BEGIN_2020, changes, END_2035, ZONES } from './arbitrary-schedule.ts';

const RUNS = Number(process.env['HUGOPS_ROTATION_RUNS'] ?? '2000');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const office: PersonHours = { timeZone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: '09:00', to: '17:30' };

function next(hours: PersonHours, at: string): string | undefined {
  const found = nextWakingInstant(hours, Date.parse(at));
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
}

describe('a hug', () => {
  test('at three in the morning waits for nine, at noon it goes at once, on Friday evening it waits for Monday', () => {
    expect(next(office, '2026-01-07T02:00Z')).toBe('2026-01-07T08:00');
    expect(next(office, '2026-01-07T11:00Z')).toBe('2026-01-07T11:00');
    expect(next(office, '2026-01-09T16:29Z')).toBe('2026-01-09T16:29');
    expect(next(office, '2026-01-09T16:30Z')).toBe('2026-01-12T08:00');
  });

  test('goes at nine on the clock also when the clocks change in the night before', () => {
    const everyDay = { ...office, days: [1, 2, 3, 4, 5, 6, 7] };
    expect(next(everyDay, '2026-03-28T20:00Z')).toBe('2026-03-29T07:00');
    expect(next(everyDay, '2026-10-24T20:00Z')).toBe('2026-10-25T08:00');
  });

  test('waits through holidays', () => {
    const holidays = ['2026-12-24', '2026-12-25', '2027-01-01'];
    expect(next({ ...office, holidays }, '2026-12-23T18:00Z')).toBe('2026-12-28T08:00');
  });

  test('for somebody awake over midnight: the night belongs to the day on which it begins', () => {
    const late = { ...office, days: [5], from: '18:00', to: '02:00' };
    expect(next(late, '2026-01-10T00:59Z')).toBe('2026-01-10T00:59');
    expect(next(late, '2026-01-10T01:00Z')).toBe('2026-01-16T17:00');
    expect(isWaking(late, Date.parse('2026-01-09T00:30Z'))).toBe(false);
    expect(isWaking({ ...late, holidays: ['2026-01-09'] }, Date.parse('2026-01-10T00:30Z'))).toBe(false);
    expect(isWaking({ ...late, holidays: ['2026-01-10'] }, Date.parse('2026-01-10T00:30Z'))).toBe(true);
  });

  test('in hours that the clock skips waits for the next day; in repeated ones the clock on the wall counts', () => {
    const small = { ...office, days: [1, 2, 3, 4, 5, 6, 7], from: '02:15', to: '02:45' };
    expect(next(small, '2026-03-28T02:00Z')).toBe('2026-03-30T00:15');
    // 25 October: 02:15 to 02:45 is at 00:15Z and again at 01:15Z.
    expect(next(small, '2026-10-25T00:00Z')).toBe('2026-10-25T00:15');
    expect(next(small, '2026-10-25T00:45Z')).toBe('2026-10-25T01:15');
    expect(isWaking(small, Date.parse('2026-10-25T01:00Z'))).toBe(false);
  });

  test('for somebody with no days, or holidays only, waits without an end, and is not lost in an endless search', () => {
    expect(next({ ...office, days: [] }, '2026-01-07T11:00Z')).toBeUndefined();
    const first = Temporal.PlainDate.from('2026-01-01');
    const holidays = Array.from({ length: 500 }, (_, days) => first.add({ days }).toString());
    expect(next({ ...office, holidays }, '2026-01-07T11:00Z')).toBeUndefined();
    expect(next({ ...office, holidays: holidays.slice(0, 380) }, '2026-01-07T11:00Z')).toBe('2027-01-18T08:00');
  });

  test('equal times are the whole day', () => {
    expect(next({ ...office, from: '00:00', to: '00:00' }, '2026-01-07T02:00Z')).toBe('2026-01-07T02:00');
    expect(next({ ...office, from: '00:00', to: '00:00' }, '2026-01-10T02:00Z')).toBe('2026-01-11T23:00');
  });

  test('malformed hours throw instead of waking somebody', () => {
    expect(() => isWaking({ ...office, from: '9' }, 0)).toThrow(RangeError);
    expect(() => nextWakingInstant({ ...office, timeZone: 'Nowhere' }, 0)).toThrow(RangeError);
  });
});

/** What the wall shows, by Intl and without the domain: minutes of the day, ISO weekday and date. */
const faces = new Map<string, Intl.DateTimeFormat>();
function shown(zone: string, at: number): { minutes: number; date: Temporal.PlainDate } {
  let face = faces.get(zone);
  if (face === undefined) {
    face = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    faces.set(zone, face);
  }
  const [date = '', clock = ''] = face.format(at).split(' ');
  const [hour = '', minute = ''] = clock.split(':');
  return { minutes: Number(hour) * 60 + Number(minute), date: Temporal.PlainDate.from(date) };
}

function allowedByIntl(hours: PersonHours, at: number): boolean {
  const { minutes, date } = shown(hours.timeZone, at);
  const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const from = minutesOf(hours.from);
  const to = minutesOf(hours.to);
  const counts = (day: Temporal.PlainDate): boolean =>
    hours.days.includes(day.dayOfWeek) && !(hours.holidays ?? []).includes(day.toString());
  if (from < to) return counts(date) && minutes >= from && minutes < to;
  return (counts(date) && minutes >= from) || (counts(date.subtract({ days: 1 })) && minutes < to);
}

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '45'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
const question = fc
  .record({
    timeZone: fc.constantFrom(...ZONES),
    days: fc.subarray([1, 2, 3, 4, 5, 6, 7]),
    from: time,
    to: time,
    anywhere: fc.integer({ min: BEGIN_2020 / MINUTE, max: END_2035 / MINUTE }),
    pick: fc.nat(),
    before: fc.integer({ min: 0, max: 3 * 1440 }),
    holidays: fc.array(fc.integer({ min: -2, max: 9 }), { maxLength: 4 }),
  })
  .map(({ timeZone, days, from, to, anywhere, pick, before, holidays }) => {
    const inside = changes(timeZone);
    const change = inside[pick % Math.max(1, inside.length)];
    const at = Math.floor((change ?? anywhere * MINUTE) / MINUTE) * MINUTE - before * MINUTE;
    const today = shown(timeZone, at).date;
    const hours: PersonHours = {
      timeZone,
      days,
      from,
      to,
      holidays: holidays.map((add) => today.add({ days: add }).toString()),
    };
    return { hours, at };
  });

describe('in any zone, near any change of the clock', () => {
  test(
    `the next waking instant is allowed, and no minute before it is, in ${RUNS} random cases`,
    () => {
      const property = fc.property(question, ({ hours, at }) => {
        const found = nextWakingInstant(hours, at);
        if (found === undefined) {
          expect(hours.days).toEqual([]);
          return;
        }
        expect(found).toBeGreaterThanOrEqual(at);
        expect(allowedByIntl(hours, found)).toBe(true);
        expect(isWaking(hours, found)).toBe(true);
        // Every allowed time begins on a quarter of an hour, so quarters and the last minute before prove that none was missed.
        const quarter = 15 * MINUTE;
        for (let now = at; now < found; now = Math.floor(now / quarter) * quarter + quarter) {
          if (allowedByIntl(hours, now)) expect.fail(`${new Date(now).toISOString()} was allowed`);
        }
        if (found > at) expect(allowedByIntl(hours, found - MINUTE)).toBe(false);
      });
      fc.assert(property, { numRuns: RUNS });
    },
    30_000 + RUNS * 5,
  );

  test('it is at most three days away for everybody with a working day in every three', () => {
    const days = fc.subarray([1, 2, 3, 4, 5, 6, 7]).map((some) => [...new Set([...some, 1, 4, 6])]);
    const property = fc.property(question, days, ({ hours, at }, working) => {
      const found = nextWakingInstant({ ...hours, days: working, holidays: [] }, at);
      // A change of the clock may add its jump; hours that it swallows whole cost one more working day.
      const length = allowedLength(hours);
      const limit = (length <= 3 * HOUR ? 6 : 3) * DAY + 3 * HOUR;
      expect(found === undefined ? Infinity : found - at).toBeLessThanOrEqual(limit);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});

function allowedLength({ from, to }: PersonHours): number {
  const of = (text: string): number => Number(text.slice(0, 2)) * HOUR + Number(text.slice(3)) * MINUTE;
  return (of(to) - of(from) + DAY) % DAY || DAY;
}
