import { RRuleTemporal } from 'rrule-temporal';
import { describe, expect, test } from 'vitest';
import { rememberHandOffs } from '../../../src/domain/rotation-custom.ts';
import type { ExpandBetween } from '../../../src/domain/rotation-custom.ts';
import type { Rotation } from '../../../src/domain/rotation.ts';
import { onCallAt, shiftsBetween, turnsBetween } from '../../../src/domain/schedule-on-call.ts';
import type { Schedule } from '../../../src/domain/schedule.ts';

const DAY = 86_400_000;

/** As a room does it: the rule is expanded in UTC, so that the readings are of the wall and the domain gives them to the zone. */
const byLibrary: ExpandBetween = (rule, startWall, fromWall, untilWall) => {
  const dtstart = Temporal.Instant.fromEpochMilliseconds(startWall).toZonedDateTimeISO('UTC');
  const compact = dtstart.toPlainDateTime().toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '');
  const library = new RRuleTemporal({ rruleString: `DTSTART;TZID=UTC:${compact}\nRRULE:${rule}` });
  const between = library.between(new Date(fromWall), new Date(untilWall), true);
  return between.map((date) => date.epochMilliseconds).filter((wall) => wall >= fromWall && wall < untilWall);
};

function withRotation(rotation: Rotation, timeZone = 'Europe/Berlin'): Schedule {
  return { id: 's', name: 's', timeZone, layers: [{ id: 'l', people: ['alice', 'bob', 'charlie'], rotation }] };
}

function custom(rule: string, start: string, handOffTime: string): Rotation {
  return { kind: 'custom', rule, start, handOffTime };
}

describe('a custom rule', () => {
  test.each([
    [
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=TH',
      { kind: 'weekly', every: 2, handOffDay: 4, handOffTime: '02:30', start: '2026-01-01' },
    ],
    ['FREQ=DAILY;INTERVAL=3', { kind: 'daily', every: 3, handOffTime: '02:30', start: '2026-01-01' }],
    [
      'FREQ=MONTHLY;BYMONTHDAY=1',
      { kind: 'monthly', every: 1, handOffDayOfMonth: 1, handOffTime: '02:30', start: '2026-01-01' },
    ],
  ] satisfies [string, Rotation][])(
    '%s is the regular rotation of the same days, also over the missing 02:30',
    (rule, regular) => {
      const expand = rememberHandOffs(byLibrary);
      const from = Date.UTC(2026, 0, 1);
      const until = Date.UTC(2029, 0, 1);
      const same = withRotation(custom(rule, regular.start, regular.handOffTime));
      expect(shiftsBetween(same, from, until, expand)).toEqual(shiftsBetween(withRotation(regular), from, until));
    },
  );

  test('hands over on Mondays and Fridays: a weekend crew', () => {
    const schedule = withRotation(custom('FREQ=WEEKLY;BYDAY=MO,FR', '2026-03-23', '18:00'));
    const shifts = shiftsBetween(schedule, Date.UTC(2026, 2, 23), Date.UTC(2026, 3, 4), rememberHandOffs(byLibrary));
    expect(shifts.map((shift) => `${new Date(shift.fromAt).toISOString().slice(0, 16)} ${shift.personId}`)).toEqual([
      '2026-03-23T17:00 alice',
      '2026-03-27T17:00 bob',
      '2026-03-30T16:00 charlie',
      '2026-04-03T16:00 alice',
    ]);
  });

  test('that ends leaves the last person on call, without an end', () => {
    const expand = rememberHandOffs(byLibrary);
    const schedule = withRotation(custom('FREQ=DAILY;COUNT=2', '2026-01-01', '09:00'));
    const now = onCallAt(schedule, Date.UTC(2040, 0, 1), expand);
    expect(now).toEqual({ personId: 'bob', source: { kind: 'layer', id: 'l' }, why: 'turn', untilAt: null });
    const [turn] = turnsBetween(schedule, Date.UTC(2026, 0, 10), Date.UTC(2026, 0, 11), expand);
    expect(turn?.fromAt).toBe(Date.UTC(2026, 0, 2, 8));
    expect(turn?.untilAt).toBe(Date.UTC(2026, 0, 10) + 400 * DAY);
  });

  test('is expanded once however often one asks, and only as far as needed', () => {
    let asked = 0;
    const counting: ExpandBetween = (...span) => {
      asked += 1;
      return byLibrary(...span);
    };
    const expand = rememberHandOffs(counting);
    const schedule = withRotation(custom('FREQ=DAILY', '2026-01-01', '09:00'));
    for (let day = 0; day < 300; day += 1) {
      expect(onCallAt(schedule, Date.UTC(2026, 0, 1, 12) + day * DAY, expand)?.personId).toBe(
        ['alice', 'bob', 'charlie'][day % 3],
      );
    }
    expect(asked).toBeLessThanOrEqual(2);
  });

  test('counts a hand-off once though the expansion names it at the end of one span and the begin of the next', () => {
    const bothEnds: ExpandBetween = (_rule, _start, fromWall, untilWall) => [fromWall, untilWall];
    const schedule = withRotation(custom('FREQ=DAILY;INTERVAL=400', '2026-01-01', '00:00'), 'UTC');
    const shifts = shiftsBetween(
      schedule,
      Date.UTC(2026, 0, 1),
      Date.UTC(2026, 0, 1) + 1_500 * DAY,
      rememberHandOffs(bothEnds),
    );
    expect(shifts.map((shift) => shift.personId)).toEqual(['alice', 'bob', 'charlie', 'alice']);
  });

  test('that makes hand-offs without measure is refused, and not remembered', () => {
    const everySecond: ExpandBetween = (_rule, _start, fromWall) =>
      Array.from({ length: 200_001 }, (_, second) => fromWall + second * 1_000);
    const expand = rememberHandOffs(everySecond);
    const schedule = withRotation(custom('FREQ=SECONDLY', '2026-01-01', '09:00'));
    expect(() => onCallAt(schedule, Date.UTC(2026, 0, 2), expand)).toThrow(RangeError);
    expect(() => onCallAt(schedule, Date.UTC(2026, 0, 2), expand)).toThrow(RangeError);
  });

  test('without a function that expands it is an error, never silence', () => {
    const schedule = withRotation(custom('FREQ=DAILY', '2026-01-01', '09:00'));
    expect(() => onCallAt(schedule, Date.UTC(2026, 0, 2))).toThrow('expands its rule');
  });
});
