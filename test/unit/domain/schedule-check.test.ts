import { describe, expect, test } from 'vitest';
import { checkSchedule } from '../../../src/domain/schedule-check.ts';
import type { Layer, Schedule } from '../../../src/domain/schedule.ts';

const layer: Layer = {
  id: 'l',
  people: ['alice', 'bob'],
  rotation: { kind: 'weekly', every: 1, handOffDay: 1, handOffTime: '09:00', start: '2026-01-05' },
};
const good: Schedule = { id: 's', name: 's', timeZone: 'Europe/Berlin', layers: [layer] };

function told(schedule: Schedule, people?: string[]): string[] {
  const facts = people === undefined ? {} : { people: new Set(people) };
  return checkSchedule(schedule, facts).map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

function rotation(change: object): Schedule {
  return { ...good, layers: [{ ...layer, rotation: { ...layer.rotation, ...change } }] };
}

describe('a schedule', () => {
  test('that is well has no problems', () => {
    expect(told(good, ['alice', 'bob'])).toEqual([]);
  });

  test.each([
    [{ ...good, timeZone: 'Mars/Olympus' }, 'refuse unknown-time-zone timeZone'],
    [{ ...good, layers: [] }, 'warn no-layers layers'],
    [{ ...good, layers: [{ ...layer, people: [] }] }, 'warn no-people layers[0].people'],
    [{ ...good, layers: [layer, layer] }, 'refuse duplicate-id layers[1].id'],
    [{ ...good, layers: [{ ...layer, timeZone: '' }] }, 'refuse unknown-time-zone layers[0].timeZone'],
    [{ ...good, layers: [{ ...layer, fromAt: 5, untilAt: 5 }] }, 'refuse ends-before-it-begins layers[0]'],
    [rotation({ handOffTime: '9:00' }), 'refuse bad-hand-off-time layers[0].rotation.handOffTime'],
    [rotation({ handOffTime: '24:00' }), 'refuse bad-hand-off-time layers[0].rotation.handOffTime'],
    [rotation({ handOffDay: 0 }), 'refuse bad-hand-off-day layers[0].rotation.handOffDay'],
    [rotation({ start: '2026-02-29' }), 'refuse bad-start layers[0].rotation.start'],
    [rotation({ start: '20260-1-1' }), 'refuse bad-start layers[0].rotation.start'],
    [rotation({ start: '0026-01-05' }), 'refuse bad-start layers[0].rotation.start'],
    [rotation({ every: 1.5 }), 'refuse bad-every layers[0].rotation.every'],
    [rotation({ every: Number.NaN }), 'refuse bad-every layers[0].rotation.every'],
    [
      rotation({ kind: 'monthly', handOffDayOfMonth: 32 }),
      'refuse bad-hand-off-day layers[0].rotation.handOffDayOfMonth',
    ],
    [rotation({ kind: 'custom', rule: 'FREQ=SECONDLY' }), 'refuse bad-rule layers[0].rotation.rule'],
    [rotation({ kind: 'custom', rule: 'every monday' }), 'refuse bad-rule layers[0].rotation.rule'],
    [
      { ...good, layers: [{ ...layer, restrictions: [{ from: '09:00', to: '25:00' }] }] },
      'refuse bad-hours layers[0].restrictions[0]',
    ],
    [
      { ...good, layers: [{ ...layer, restrictions: [{ days: [8], from: '09:00', to: '17:00' }] }] },
      'refuse bad-hours layers[0].restrictions[0]',
    ],
    [
      { ...good, layers: [{ ...layer, restrictions: [{ days: [], from: '09:00', to: '17:00' }] }] },
      'warn no-hours layers[0].restrictions[0].days',
    ],
    [
      { ...good, overrides: [{ id: 'o', personId: 'bob', fromAt: 9, untilAt: 8 }] },
      'refuse ends-before-it-begins overrides[0]',
    ],
    [
      { ...good, overrides: [{ id: 'o', personId: 'bob', fromAt: 9, untilAt: Number.NaN }] },
      'refuse ends-before-it-begins overrides[0]',
    ],
    [
      { ...good, timeOff: [{ id: 'o', personId: 'bob', fromAt: 9, untilAt: 9 }] },
      'refuse ends-before-it-begins timeOff[0]',
    ],
    [
      {
        ...good,
        temporary: [{ id: 't', fromAt: 0, untilAt: 9, shifts: [{ personId: 'bob', fromAt: 5, untilAt: 10 }] }],
      },
      'warn outside-temporary temporary[0].shifts[0]',
    ],
  ] satisfies [Schedule, string][])('%# is told what is wrong: %j', (schedule, problem) => {
    expect(told(schedule)).toEqual([problem]);
  });

  test('whose people are gone can be saved, with a warning for each place', () => {
    const span = { fromAt: 0, untilAt: 9 };
    const full: Schedule = {
      ...good,
      overrides: [{ id: 'o', personId: 'emil', insteadOf: 'bob', ...span }],
      temporary: [{ id: 't', ...span, shifts: [{ personId: 'emil', ...span }] }],
      timeOff: [{ id: 'f', personId: 'emil', ...span }],
    };
    expect(told(full, ['alice'])).toEqual([
      'warn unknown-person layers[0].people[1]',
      'warn unknown-person overrides[0].personId',
      'warn unknown-instead-of overrides[0].insteadOf',
      'warn unknown-person temporary[0].shifts[0].personId',
      'warn unknown-person timeOff[0].personId',
    ]);
  });

  test('a custom rule is proven by expanding it', () => {
    const custom = rotation({ kind: 'custom', rule: 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30' });
    const refused = [{ severity: 'refuse', code: 'bad-rule', path: 'layers[0].rotation.rule' }];
    expect(checkSchedule(custom)).toEqual([]);
    expect(checkSchedule(custom, { expand: () => [] })).toEqual(refused);
    const broken = (): never => {
      throw new Error('not a rule');
    };
    expect(checkSchedule(custom, { expand: broken })).toEqual(refused);
    expect(checkSchedule(custom, { expand: () => [Date.UTC(2026, 1, 1)] })).toEqual([]);
  });

  test('all problems are told at once', () => {
    const bad = { ...rotation({ every: 0, handOffTime: 'noon', start: 'soon' }), timeZone: 'X' };
    expect(told(bad)).toHaveLength(4);
  });
});
