import { describe, expect, test } from 'vitest';
import { findDoubleBookings, findTimeOffConflicts } from '../../../src/domain/schedule-findings.ts';
import type { Schedule } from '../../../src/domain/schedule.ts';

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2026, 0, 5);
const END = MONDAY + 96 * HOUR;

function span(fromHour: number, untilHour: number): { fromAt: number; untilAt: number } {
  return { fromAt: MONDAY + fromHour * HOUR, untilAt: MONDAY + untilHour * HOUR };
}

function schedule(id: string, people: string[], more: Partial<Schedule> = {}): Schedule {
  const rotation = { kind: 'daily', every: 1, handOffTime: '00:00', start: '2026-01-05' } as const;
  return { id, name: id, timeZone: 'UTC', layers: [{ id: 'l', people, rotation }], ...more };
}

describe('double bookings', () => {
  test('one person in two or three schedules at once, joined while it is the same ones', () => {
    const first = schedule('first', ['alice', 'bob']);
    const second = schedule('second', ['alice', 'alice', 'bob']);
    const third = schedule('third', ['zoe', 'zoe', 'alice', 'zoe']);
    const two = { kind: 'person-in-two-schedules', personIds: ['alice'], sourceIds: [] };
    expect(findDoubleBookings([first, second, third], MONDAY, END)).toEqual([
      { ...two, ...span(0, 24), scheduleIds: ['first', 'second'] },
      { ...two, ...span(48, 72), scheduleIds: ['first', 'third'] },
    ]);
    const same = schedule('same', ['alice', 'bob']);
    expect(findDoubleBookings([first, same], MONDAY, MONDAY + 24 * HOUR)).toHaveLength(1);
    const all = findDoubleBookings([first, same, second], MONDAY, MONDAY + 24 * HOUR);
    expect(all.map((one) => one.scheduleIds)).toEqual([['first', 'same', 'second']]);
  });

  test('shifts that only touch are none, nor is a person who follows in the same schedule', () => {
    const early = schedule('early', ['alice', 'bob']);
    const late = schedule('late', ['bob', 'alice']);
    expect(findDoubleBookings([early, late], MONDAY, END)).toEqual([]);
    const swapped = schedule('one', ['alice', 'alice'], {
      overrides: [{ id: 'o', personId: 'alice', ...span(10, 20) }],
    });
    expect(findDoubleBookings([swapped], MONDAY, END)).toEqual([]);
  });

  test('overrides of different people that overlap, unless they are swaps with different colleagues', () => {
    const overlap = (a: object, b: object): unknown => {
      const overrides = [
        { id: 'a', personId: 'dora', ...span(0, 10), ...a },
        { id: 'b', personId: 'emil', ...span(5, 20), ...b },
      ];
      return findDoubleBookings([schedule('s', ['alice', 'bob'], { overrides })], MONDAY, END);
    };
    const found = {
      kind: 'overrides-overlap',
      ...span(5, 10),
      scheduleIds: ['s'],
      personIds: ['dora', 'emil'],
      sourceIds: ['a', 'b'],
    };
    expect(overlap({}, {})).toEqual([found]);
    expect(overlap({ insteadOf: 'bob' }, { insteadOf: 'bob' })).toEqual([found]);
    expect(overlap({ insteadOf: 'alice' }, { insteadOf: 'bob' })).toEqual([]);
    expect(overlap({}, { personId: 'dora' })).toEqual([]);
    expect(overlap({}, span(10, 20))).toEqual([]);
    expect(overlap(span(-20, -10), span(-15, -10))).toEqual([]);
  });

  test('temporary schedules that overlap, and shifts that overlap in one, but not layers', () => {
    const shifts = [
      { personId: 'dora', ...span(0, 12) },
      { personId: 'emil', ...span(6, 24) },
    ];
    const temporary = [
      { id: 'moving', ...span(0, 24), shifts },
      { id: 'party', ...span(20, 30), shifts: [{ personId: 'zoe', ...span(20, 30) }] },
    ];
    const layered = schedule('s', ['alice'], { temporary });
    const twice = { ...layered, layers: [...layered.layers, ...layered.layers] };
    expect(findDoubleBookings([twice], MONDAY, END)).toEqual([
      {
        kind: 'temporary-shifts-overlap',
        ...span(6, 12),
        scheduleIds: ['s'],
        personIds: ['dora', 'emil'],
        sourceIds: ['moving'],
      },
      {
        kind: 'temporary-schedules-overlap',
        ...span(20, 24),
        scheduleIds: ['s'],
        personIds: ['dora', 'emil', 'zoe'],
        sourceIds: ['moving', 'party'],
      },
    ]);
  });
});

test('time-off conflicts are the shifts that a decision put on somebody who is away', () => {
  const timeOff = [
    { id: 'holiday', personId: 'dora', ...span(6, 60) },
    { id: 'dentist', personId: 'alice', ...span(0, 4) },
    { id: 'later', personId: 'dora', ...span(70, 80) },
  ];
  const overrides = [{ id: 'o', personId: 'dora', ...span(0, 12) }];
  const one = schedule('s', ['alice', 'bob'], { timeOff, overrides });
  const conflicts = findTimeOffConflicts(one, MONDAY, END);
  expect(
    conflicts.map(({ personId, timeOffId, fromAt, untilAt }) => ({ personId, timeOffId, fromAt, untilAt })),
  ).toEqual([{ personId: 'dora', timeOffId: 'holiday', ...span(6, 12) }]);
  expect(conflicts[0]?.shift.source).toEqual({ kind: 'override', id: 'o' });
  expect(findTimeOffConflicts({ ...one, overrides: [] }, MONDAY, END)).toEqual([]);
});
