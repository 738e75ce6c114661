import { describe, expect, test } from 'vitest';
import {
  findGaps,
  MAX_SPAN_MS,
  nextHandOff,
  onCallAt,
  shiftsBetween,
  turnsBetween,
} from '../../../src/domain/schedule-on-call.ts';
import type { Layer, Schedule } from '../../../src/domain/schedule.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.UTC(2026, 0, 5);

/** Days of alice, bob and charlie from Monday 00:00 UTC. */
const days: Layer = {
  id: 'days',
  people: ['alice', 'bob', 'charlie'],
  rotation: { kind: 'daily', every: 1, handOffTime: '00:00', start: '2026-01-05' },
};
const base: Schedule = { id: 'primary', name: 'Primary', timeZone: 'UTC', layers: [days] };

/** 'person from-until' in hours after MONDAY. */
function told(schedule: Schedule, fromHour: number, untilHour: number): string[] {
  return shiftsBetween(schedule, MONDAY + fromHour * HOUR, MONDAY + untilHour * HOUR).map(
    (shift) => `${shift.personId} ${(shift.fromAt - MONDAY) / HOUR}-${(shift.untilAt - MONDAY) / HOUR} ${shift.why}`,
  );
}

function span(fromHour: number, untilHour: number): { fromAt: number; untilAt: number } {
  return { fromAt: MONDAY + fromHour * HOUR, untilAt: MONDAY + untilHour * HOUR };
}

describe('layers', () => {
  test('the later layer wins in its hours, the one before shows through outside of them', () => {
    const nights: Layer = {
      ...days,
      id: 'nights',
      people: ['nora'],
      restrictions: [{ days: [1], from: '22:00', to: '06:00' }],
    };
    expect(told({ ...base, layers: [days, nights] }, 12, 40)).toEqual([
      'alice 12-22 turn',
      'nora 22-30 turn',
      'bob 30-40 turn',
    ]);
    expect(told({ ...base, layers: [nights, days] }, 12, 40)).toEqual(['alice 12-24 turn', 'bob 24-40 turn']);
  });

  test('a layer is in force from its begin to its end, and counts its turns through both', () => {
    const bounded = { ...days, ...span(30, 60) };
    expect(told({ ...base, layers: [bounded] }, 0, 96)).toEqual(['bob 30-48 turn', 'charlie 48-60 turn']);
  });

  test('the sun is followed by layers with their own clocks', () => {
    const rotation = { kind: 'daily', every: 1, handOffTime: '00:00', start: '2026-01-01' } as const;
    const office = (id: string, timeZone: string): Layer => ({
      id,
      people: [id],
      timeZone,
      rotation,
      restrictions: [{ from: '09:00', to: '17:00' }],
    });
    const schedule = {
      ...base,
      layers: [office('tokyo', 'Asia/Tokyo'), office('berlin', 'Europe/Berlin'), office('denver', 'America/Denver')],
    };
    expect(told(schedule, 0, 24)).toEqual(['tokyo 0-8 turn', 'berlin 8-16 turn', 'denver 16-24 turn']);
  });

  test('one person twice in the order has two turns of three', () => {
    expect(told({ ...base, layers: [{ ...days, people: ['alice', 'alice', 'bob'] }] }, 0, 96)).toEqual([
      'alice 0-48 turn',
      'bob 48-72 turn',
      'alice 72-96 turn',
    ]);
  });
});

describe('time off', () => {
  test('the next in the order stands in for exactly that time, and nobody else moves', () => {
    const timeOff = [{ id: 'a', personId: 'alice', ...span(6, 12) }];
    expect(told({ ...base, timeOff }, 0, 48)).toEqual([
      'alice 0-6 turn',
      'bob 6-12 covers-time-off',
      'alice 12-24 turn',
      'bob 24-48 turn',
    ]);
    const covered = onCallAt({ ...base, timeOff }, MONDAY + 6 * HOUR);
    expect(covered?.insteadOf).toBe('alice');
    expect(covered?.untilAt).toBe(MONDAY + 12 * HOUR);
  });

  test('who is away as well is passed over; when all are away the layer before shows through', () => {
    const away = (personId: string): { id: string; personId: string; fromAt: number; untilAt: number } => ({
      id: personId,
      personId,
      ...span(6, 12),
    });
    const two = [away('alice'), away('bob')];
    expect(told({ ...base, timeOff: two }, 6, 12)).toEqual(['charlie 6-12 covers-time-off']);
    const all = [...two, away('charlie')];
    expect(told({ ...base, timeOff: all }, 5, 13)).toEqual(['alice 5-6 turn', 'alice 12-13 turn']);
    const [gap] = findGaps({ ...base, timeOff: all }, MONDAY, MONDAY + DAY);
    expect(gap).toEqual({ scheduleId: 'primary', ...span(6, 12), reasons: ['everyone-off'] });
    const below: Layer = { ...days, id: 'below', people: ['dora'] };
    expect(told({ ...base, layers: [below, days], timeOff: all }, 6, 12)).toEqual(['dora 6-12 turn']);
  });

  test('does not take out somebody whom an override names', () => {
    const timeOff = [{ id: 'd', personId: 'dora', ...span(0, 48) }];
    const overrides = [{ id: 'o', personId: 'dora', ...span(6, 12) }];
    expect(told({ ...base, timeOff, overrides }, 6, 12)).toEqual(['dora 6-12 override']);
  });
});

describe('overrides and temporary schedules', () => {
  test('the later override wins, over layers and temporary schedules', () => {
    const overrides = [
      { id: '1', personId: 'dora', ...span(2, 8) },
      { id: '2', personId: 'emil', ...span(6, 10) },
    ];
    const temporary = [{ id: 't', ...span(0, 9), shifts: [{ personId: 'zoe', ...span(0, 9) }] }];
    expect(told({ ...base, overrides, temporary }, 0, 12)).toEqual([
      'zoe 0-2 temporary-schedule',
      'dora 2-6 override',
      'emil 6-10 override',
      'alice 10-12 turn',
    ]);
  });

  test('a swap takes only the time of the colleague it names', () => {
    const overrides = [{ id: 'swap', personId: 'dora', insteadOf: 'bob', ...span(0, 72) }];
    expect(told({ ...base, overrides }, 0, 72)).toEqual([
      'alice 0-24 turn',
      'dora 24-48 override-instead-of',
      'charlie 48-72 turn',
    ]);
  });

  test('a swap both ways is two overrides and does not swap back', () => {
    const overrides = [
      { id: '1', personId: 'bob', insteadOf: 'alice', ...span(0, 24) },
      { id: '2', personId: 'alice', insteadOf: 'bob', ...span(24, 48) },
    ];
    expect(told({ ...base, overrides }, 0, 48)).toEqual([
      'bob 0-24 override-instead-of',
      'alice 24-48 override-instead-of',
    ]);
  });

  test('a swap is on top of what earlier overrides made', () => {
    const overrides = [
      { id: '1', personId: 'dora', ...span(0, 12) },
      { id: '2', personId: 'emil', insteadOf: 'dora', ...span(6, 24) },
    ];
    expect(told({ ...base, overrides }, 0, 24)).toEqual([
      'dora 0-6 override',
      'emil 6-12 override-instead-of',
      'alice 12-24 turn',
    ]);
    expect(told({ ...base, overrides: overrides.toReversed() }, 0, 24)).toEqual([
      'dora 0-12 override',
      'alice 12-24 turn',
    ]);
  });

  test('a temporary schedule leaves open what its shifts leave open, and ignores what lies outside it', () => {
    const shifts = [
      { personId: 'zoe', ...span(-5, 12) },
      { personId: 'yan', ...span(18, 40) },
    ];
    const temporary = [{ id: 't', ...span(6, 24), shifts }];
    const schedule = { ...base, temporary };
    expect(told(schedule, 0, 30)).toEqual([
      'alice 0-6 turn',
      'zoe 6-12 temporary-schedule',
      'yan 18-24 temporary-schedule',
      'bob 24-30 turn',
    ]);
    expect(findGaps(schedule, MONDAY, MONDAY + DAY)).toEqual([
      { scheduleId: 'primary', ...span(12, 18), reasons: ['temporary-schedule'] },
    ]);
  });

  test('spans that end before they begin do nothing', () => {
    const overrides = [{ id: '1', personId: 'dora', ...span(8, 2) }];
    expect(told({ ...base, overrides }, 0, 24)).toEqual(['alice 0-24 turn']);
  });
});

describe('asking', () => {
  test('ends are open: at the hand-off the next person is on call', () => {
    expect(onCallAt(base, MONDAY + DAY - 1)?.personId).toBe('alice');
    expect(onCallAt(base, MONDAY + DAY)?.personId).toBe('bob');
    expect(onCallAt(base, MONDAY - 1)).toBeUndefined();
    expect(shiftsBetween(base, MONDAY, MONDAY)).toEqual([]);
  });

  test('the next hand-off is the next change of person, also from and to nobody', () => {
    expect(nextHandOff(base, MONDAY - DAY)).toEqual({ at: MONDAY, from: null, to: 'alice' });
    expect(nextHandOff(base, MONDAY)).toEqual({ at: MONDAY + DAY, from: 'alice', to: 'bob' });
    expect(nextHandOff({ ...base, layers: [{ ...days, people: ['alice'] }] }, MONDAY)).toBeUndefined();
    const ending = { ...base, layers: [{ ...days, people: ['alice'], untilAt: MONDAY + 5 * DAY }] };
    expect(nextHandOff(ending, MONDAY)).toEqual({ at: MONDAY + 5 * DAY, from: 'alice', to: null });
  });

  test('a turn is told whole, and one for each hand-off though the person stays', () => {
    const alone = { ...base, layers: [{ ...days, people: ['alice'] }] };
    expect(shiftsBetween(alone, MONDAY + HOUR, MONDAY + 30 * HOUR)).toHaveLength(1);
    const turns = turnsBetween(alone, MONDAY + HOUR, MONDAY + 30 * HOUR);
    expect(turns.map(({ fromAt, untilAt }) => [fromAt, untilAt])).toEqual([
      [MONDAY, MONDAY + DAY],
      [MONDAY + DAY, MONDAY + 2 * DAY],
    ]);
    const cut = { ...base, overrides: [{ id: 'o', personId: 'dora', ...span(6, 8) }] };
    const parts = turnsBetween(cut, MONDAY, MONDAY + DAY);
    expect(parts.map((one) => `${one.personId} ${(one.fromAt - MONDAY) / HOUR}`)).toEqual([
      'alice 0',
      'dora 6',
      'alice 8',
    ]);
  });

  test('gaps carry every reason, the most telling first', () => {
    const gapOf = (schedule: Schedule): unknown => findGaps(schedule, MONDAY, MONDAY + HOUR).map((gap) => gap.reasons);
    const closed: Layer = { ...days, restrictions: [{ days: [2], from: '09:00', to: '17:00' }] };
    const later: Layer = { ...days, rotation: { ...days.rotation, start: '2027-01-01' } };
    expect(gapOf({ ...base, layers: [] })).toEqual([['no-layers']]);
    expect(gapOf({ ...base, layers: [{ ...days, people: [] }] })).toEqual([['no-people']]);
    expect(gapOf({ ...base, layers: [{ ...days, untilAt: MONDAY }, closed, later] })).toEqual([
      ['outside-hours', 'not-begun', 'ended'],
    ]);
    expect(gapOf({ ...base, layers: [{ ...days, restrictions: [{ days: [], from: '09:00', to: '17:00' }] }] })).toEqual(
      [['outside-hours']],
    );
    expect(gapOf({ ...base, layers: [{ ...days, restrictions: [] }] })).toEqual([]);
  });

  test('more than five years, or a time that is none, is refused', () => {
    expect(() => shiftsBetween(base, MONDAY, MONDAY + MAX_SPAN_MS + 1)).toThrow(RangeError);
    expect(() => findGaps(base, Number.NaN, MONDAY)).toThrow(RangeError);
    expect(() => turnsBetween(base, -Infinity, MONDAY)).toThrow(RangeError);
    expect(() => onCallAt({ ...base, timeZone: 'Europe/Atlantis' }, MONDAY)).toThrow('unknown time zone');
  });
});

test('a layer of a hundred years answers as soon as one of last month: nothing is walked through from its start', () => {
  const scheduleFrom = (start: string): Schedule => {
    const old = { every: 1, handOffTime: '09:00', start };
    return {
      ...base,
      timeZone: 'Europe/Berlin',
      layers: [
        { ...days, rotation: { kind: 'weekly', handOffDay: 1, ...old } },
        { ...days, id: 'hours', rotation: { kind: 'hourly', ...old }, restrictions: [{ from: '22:00', to: '06:00' }] },
        {
          ...days,
          id: 'months',
          rotation: { kind: 'monthly', handOffDayOfMonth: 31, ...old },
          restrictions: [{ days: [7], from: '00:00', to: '24:00' }],
        },
      ],
      overrides: Array.from({ length: 50 }, (_, n) => ({
        id: String(n),
        personId: 'dora',
        ...span(n * 100, n * 100 + 12),
      })),
    };
  };
  const bestMs = (work: () => void): number =>
    Math.min(
      ...Array.from({ length: 7 }, () => {
        const begin = performance.now();
        work();
        return performance.now() - begin;
      }),
    );
  const questions = (schedule: Schedule): number =>
    bestMs(() => {
      for (let n = 0; n < 300; n += 1) onCallAt(schedule, MONDAY + n * 53 * 60_000);
    });
  const shifts = (schedule: Schedule): number => bestMs(() => void shiftsBetween(schedule, MONDAY, MONDAY + 60 * DAY));
  const [old, young] = [scheduleFrom('1926-01-01'), scheduleFrom('2026-01-01')];
  // A walk from the start would take hundreds of times as long.
  expect(questions(old)).toBeLessThan(10 * questions(young));
  expect(shifts(old)).toBeLessThan(10 * shifts(young));
});
