import fc from 'fast-check';
import type { Rotation } from '../../../src/domain/rotation.ts';
import type { Layer, Schedule } from '../../../src/domain/schedule.ts';
import type { WeeklyHours } from '../../../src/domain/weekly-hours.ts';
import { hoursOfRule, transitions } from './schedule-by-hand.ts';

export const ZONES = Intl.supportedValuesOf('timeZone');
export const BEGIN_2020 = Date.UTC(2020, 0, 1);
export const END_2035 = Date.UTC(2036, 0, 1);
const DAY = 86_400_000;
const MINUTE = 60_000;

const changesOf = new Map<string, number[]>();
export function changes(zone: string): number[] {
  let known = changesOf.get(zone);
  if (known === undefined) {
    known = transitions(zone, BEGIN_2020, END_2035);
    changesOf.set(zone, known);
  }
  return known;
}

/** Expands 'hours:5,17,40': the custom rules of the random schedules. */
export function expandHours(rotation: { start: string; handOffTime: string; rule: string }): number[] {
  const first = Date.parse(`${rotation.start}T${rotation.handOffTime}:00Z`);
  return hoursOfRule(rotation.rule).map((hours) => first + hours * 3_600_000);
}

export interface Question {
  readonly schedule: Schedule;
  readonly fromAt: number;
  readonly untilAt: number;
}

/** fast-check prefers the ends of a range; a schedule is most telling in the middle of it. */
function evenly(min: number, max: number): fc.Arbitrary<number> {
  return fc.noBias(fc.integer({ min, max }));
}

const person = fc.constantFrom('alice', 'bob', 'charlie', 'dora', 'emil');
/** Half of all times lie where clocks change. */
const time = fc.oneof(
  fc.constantFrom('00:00', '00:30', '01:00', '01:30', '01:45', '02:00', '02:15', '02:30', '03:00', '03:30', '23:30'),
  fc
    .integer({ min: 0, max: 1439 })
    .map((m) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`),
);
const hours: fc.Arbitrary<WeeklyHours> = fc
  .record({
    days: fc.option(fc.subarray([1, 2, 3, 4, 5, 6, 7]), { nil: undefined }),
    from: time,
    to: fc.oneof({ weight: 9, arbitrary: time }, { weight: 1, arbitrary: fc.constant('24:00') }),
  })
  .map(({ days, from, to }) => (days === undefined ? { from, to } : { days, from, to }));

function rotation(firstDay: Temporal.PlainDate): fc.Arbitrary<Rotation> {
  const start = (maxDays: number): fc.Arbitrary<string> =>
    fc
      .oneof({ weight: 1, arbitrary: evenly(-5, 0) }, { weight: 9, arbitrary: evenly(0, maxDays) })
      .map((days) => firstDay.subtract({ days }).toString());
  return fc.oneof(
    fc.record({
      kind: fc.constant('hourly' as const),
      every: evenly(1, 30),
      handOffTime: time,
      start: start(9),
    }),
    fc.record({
      kind: fc.constant('daily' as const),
      every: fc.integer({ min: 1, max: 9 }),
      handOffTime: time,
      start: start(120),
    }),
    fc.record({
      kind: fc.constant('weekly' as const),
      every: fc.integer({ min: 1, max: 4 }),
      handOffTime: time,
      handOffDay: fc.integer({ min: 1, max: 7 }),
      start: start(500),
    }),
    fc.record({
      kind: fc.constant('monthly' as const),
      every: fc.integer({ min: 1, max: 4 }),
      handOffTime: time,
      handOffDayOfMonth: fc.integer({ min: 1, max: 31 }),
      start: start(1500),
    }),
    fc.record({
      kind: fc.constant('custom' as const),
      rule: fc
        .uniqueArray(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 12 })
        .map((list) => `hours:${list.toSorted((a, b) => a - b).join(',')}`),
      handOffTime: time,
      start: start(20),
    }),
  );
}

/** A schedule in one of all zones and a time of some days, in which, if the zone has any, a change of the clock lies. */
export const question: fc.Arbitrary<Question> = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    otherZone: fc.constantFrom(...ZONES),
    anywhere: evenly(BEGIN_2020, END_2035 - 30 * DAY),
    pick: fc.nat(),
    before: evenly(0, 4 * DAY),
    length: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 1, max: DAY }) },
      { weight: 9, arbitrary: evenly(DAY, 9 * DAY) },
    ),
  })
  .chain(({ zone, otherZone, anywhere, pick, before, length }) => {
    const inside = changes(zone);
    const change = pick % 5 === 0 ? undefined : inside[pick % Math.max(1, inside.length)];
    const fromAt = (change ?? anywhere) - before;
    const untilAt = fromAt + length;
    const firstDay = Temporal.Instant.fromEpochMilliseconds(fromAt).toZonedDateTimeISO(zone).toPlainDate();
    const instant = fc
      .integer({ min: -2 * 1440, max: Math.ceil(length / MINUTE) + 2 * 1440 })
      .map((m) => fromAt + m * MINUTE);
    const span = fc
      .tuple(instant, evenly(1, 3 * 1440))
      .map(([at, minutes]) => ({ fromAt: at, untilAt: at + minutes * MINUTE }));
    const optionalInstant = fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: instant },
    );
    const none: fc.Arbitrary<Omit<Layer, 'id'>[]> = fc.constant([]);
    const layer: fc.Arbitrary<Omit<Layer, 'id'>> = fc
      .record({
        ownZone: fc.boolean(),
        people: fc.oneof(
          { weight: 1, arbitrary: fc.constant([]) },
          { weight: 19, arbitrary: fc.array(person, { minLength: 1, maxLength: 5, size: 'max' }) },
        ),
        rotation: rotation(firstDay),
        restrictions: fc.option(fc.array(hours, { maxLength: 3, size: 'max' }), { nil: undefined }),
        begins: optionalInstant,
        ends: optionalInstant,
      })
      .map(({ ownZone, people, rotation: turns, restrictions, begins, ends }) => ({
        people,
        rotation: turns,
        ...(ownZone ? { timeZone: otherZone } : {}),
        ...(restrictions === undefined ? {} : { restrictions }),
        ...(begins === undefined ? {} : { fromAt: begins }),
        ...(ends === undefined ? {} : { untilAt: ends }),
      }));
    const shift = fc.tuple(span, person).map(([times, personId]) => ({ ...times, personId }));
    const override = fc
      .tuple(shift, fc.option(person, { nil: undefined }))
      .map(([one, insteadOf]) => (insteadOf === undefined ? one : { ...one, insteadOf }));
    return fc
      .record({
        layers: fc.oneof(
          { weight: 1, arbitrary: none },
          { weight: 29, arbitrary: fc.array(layer, { minLength: 1, maxLength: 3, size: 'max' }) },
        ),
        overrides: fc.array(override, { maxLength: 4, size: 'max' }),
        temporary: fc.array(
          fc
            .tuple(span, fc.array(shift, { maxLength: 3, size: 'max' }))
            .map(([times, shifts]) => ({ ...times, shifts })),
          { maxLength: 1 },
        ),
        timeOff: fc.array(shift, { maxLength: 3, size: 'max' }),
      })
      .map(({ layers, overrides, temporary, timeOff }) => ({
        fromAt,
        untilAt,
        schedule: {
          id: 'primary',
          name: 'Primary',
          timeZone: zone,
          layers: layers.map((one, index) => ({ id: String(index), ...one })),
          overrides: overrides.map((one, index) => ({ id: String(index), ...one })),
          temporary: temporary.map((one, index) => ({ id: String(index), ...one })),
          timeOff: timeOff.map((one, index) => ({ id: String(index), ...one })),
        },
      }));
  });
