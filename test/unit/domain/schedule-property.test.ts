import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSchedule } from '../../../src/domain/schedule-check.ts';
import { findGaps, nextHandOff, onCallAt, shiftsBetween, turnsBetween } from '../../../src/domain/schedule-on-call.ts';
import type { Layer, Schedule, Shift } from '../../../src/domain/schedule.ts';
import { expandHours, question } from './arbitrary-schedule.ts';
import type { Question } from './arbitrary-schedule.ts';
import { asStrip, drawSchedule, label, lines } from './schedule-by-hand.ts';
import type { Strip } from './schedule-by-hand.ts';

/** HUGOPS_ROTATION_RUNS=100000 is the full proof; HUGOPS_ROTATION_SEED repeats one. */
const RUNS = Number(process.env['HUGOPS_ROTATION_RUNS'] ?? '2000');
const SEED = process.env['HUGOPS_ROTATION_SEED'];
const DAY = 86_400_000;

function holes(strips: readonly Strip[], fromAt: number, untilAt: number): number[][] {
  const begins = [fromAt, ...strips.map((strip) => strip.untilAt)];
  const ends = [...strips.map((strip) => strip.fromAt), untilAt];
  return begins.map((begin, index) => [begin, ends[index] ?? untilAt]).filter(([begin = 0, end = 0]) => begin < end);
}

/** Everything that the domain says about the time asked for, against the strips drawn by hand. */
function compare({ schedule, fromAt, untilAt }: Question): void {
  const drawn = drawSchedule(schedule, fromAt, untilAt);
  expect(lines(shiftsBetween(schedule, fromAt, untilAt, expandHours).map(asStrip))).toEqual(lines(drawn));
  const gaps = findGaps(schedule, fromAt, untilAt, expandHours);
  expect(gaps.map((gap) => [gap.fromAt, gap.untilAt])).toEqual(holes(drawn, fromAt, untilAt));
  expect(gaps.filter((gap) => gap.reasons.length === 0)).toEqual([]);
  const edges = drawn.flatMap((strip) => [strip.fromAt, strip.untilAt]);
  const instants = [
    fromAt,
    untilAt - 1,
    ...edges,
    ...edges.map((edge) => edge - 1),
    Math.floor((fromAt + untilAt) / 2),
  ];
  for (const at of instants.filter((one) => one >= fromAt && one < untilAt)) {
    const strip = drawn.find((one) => one.fromAt <= at && at < one.untilAt);
    const now = onCallAt(schedule, at, expandHours);
    expect(now?.personId).toBe(strip?.personId);
    expect(now?.why).toBe(strip?.why);
    expect(now?.untilAt === null || now === undefined || now.untilAt > at).toBe(true);
    const next = nextHandOff(schedule, at, expandHours);
    const change = changeAfter(drawn, at, untilAt);
    if (change !== undefined) expect(next).toEqual({ at: change.at, from: strip?.personId ?? null, to: change.to });
    else expect(next === undefined || next.at >= untilAt).toBe(true);
  }
}

function changeAfter(
  drawn: readonly Strip[],
  at: number,
  untilAt: number,
): { at: number; to: string | null } | undefined {
  const who = (one: number): string | null =>
    drawn.find((strip) => strip.fromAt <= one && one < strip.untilAt)?.personId ?? null;
  const edges = drawn.flatMap((strip) => [strip.fromAt, strip.untilAt]).filter((edge) => edge > at && edge < untilAt);
  const first = edges.toSorted((a, b) => a - b).find((edge) => who(edge) !== who(at));
  return first === undefined ? undefined : { at: first, to: who(first) };
}

/** The layer, begun at least `years` earlier by whole cycles of everybody's turns. */
function earlier(layer: Layer, years: number): Layer {
  const { rotation, people } = layer;
  if (rotation.kind === 'custom') return layer;
  const cycle = rotation.every * Math.max(1, people.length);
  const start = Temporal.PlainDate.from(rotation.start);
  const back = (length: number, inYear: number): number => length * Math.ceil((inYear * years) / length);
  const begun =
    rotation.kind === 'monthly'
      ? start.subtract({ months: back(cycle, 12) })
      : start.subtract({ days: back(rotation.kind === 'weekly' ? cycle * 7 : cycle, 366) });
  return { ...layer, rotation: { ...rotation, start: begun.toString() } };
}

function run(property: fc.IProperty<[Question]>, numRuns: number): void {
  fc.assert(property, { numRuns, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
}

describe('any schedule', () => {
  test(
    `says what strips of paper say, in ${RUNS} random schedules`,
    () => run(fc.property(question, compare), RUNS),
    60_000 + RUNS * 20,
  );

  test('is the same after a journey through JSON, and is not changed by being read', () => {
    const journey = ({ schedule, fromAt, untilAt }: Question): void => {
      const text = JSON.stringify(schedule);
      const first = shiftsBetween(schedule, fromAt, untilAt, expandHours);
      expect(JSON.stringify(schedule)).toBe(text);
      expect(shiftsBetween(JSON.parse(text), fromAt, untilAt, expandHours)).toEqual(first);
    };
    run(fc.property(question, journey), Math.ceil(RUNS / 10));
  });

  test('has turns that do not depend on when one asks, and that cover what the shifts cover', () => {
    const whole = ({ schedule, fromAt, untilAt }: Question): void => {
      const turns = turnsBetween(schedule, fromAt, untilAt, expandHours);
      const cut = turns.map((turn) => ({
        ...turn,
        fromAt: Math.max(turn.fromAt, fromAt),
        untilAt: Math.min(turn.untilAt, untilAt),
      }));
      const shifts = shiftsBetween(schedule, fromAt, untilAt, expandHours);
      const joined: Shift[] = [];
      for (const turn of cut) {
        const last = joined.at(-1);
        const same =
          last !== undefined && last.untilAt === turn.fromAt && label(asStrip(last)) === label(asStrip(turn));
        if (same) joined[joined.length - 1] = { ...last, untilAt: turn.untilAt };
        else joined.push(turn);
      }
      expect(joined).toEqual(shifts);
      const middle = Math.floor((fromAt + untilAt) / 2);
      const later = turnsBetween(schedule, middle, untilAt, expandHours);
      // A turn without end is cut 400 days after the question, so only its begin can be compared.
      const key = (turn: Shift): string =>
        `${turn.fromAt} ${turn.untilAt - fromAt > 300 * DAY ? 'open' : turn.untilAt} ${label(asStrip(turn))}`;
      expect(later.map(key)).toEqual(turns.filter((turn) => turn.untilAt > middle).map(key));
    };
    run(fc.property(question, whole), Math.ceil(RUNS / 4));
  });

  test('says the same when it began any number of whole cycles earlier, up to forty years', () => {
    const cycles = fc.tuple(question, fc.integer({ min: 1, max: 40 }));
    const property = fc.property(cycles, ([{ schedule, fromAt, untilAt }, years]) => {
      // With everything begun well before the time asked for, so that no layer is still waiting for its first turn.
      const begun = schedule.layers.map((layer) => earlier(layer, 1));
      const older = begun.map((layer) => earlier(layer, years));
      const told = (layers: Layer[]): Shift[] => shiftsBetween({ ...schedule, layers }, fromAt, untilAt, expandHours);
      expect(told(older)).toEqual(told(begun));
    });
    fc.assert(property, { numRuns: Math.ceil(RUNS / 4) });
  });

  test('that is found computable is computed, and one that is not is refused', () => {
    const broken = fc
      .tuple(question, fc.constantFrom('every', 'time', 'start', 'zone', 'day'))
      .map(([one, what]) => ({ ...one, what }));
    const property = fc.property(broken, ({ schedule, fromAt, untilAt, what }) => {
      const codes = (one: Schedule): string[] =>
        checkSchedule(one)
          .filter(
            (problem) =>
              problem.severity === 'refuse' && problem.code !== 'bad-rule' && problem.code !== 'ends-before-it-begins',
          )
          .map((problem) => problem.code);
      expect(codes(schedule)).toEqual([]);
      const [layer] = schedule.layers;
      if (layer === undefined) return;
      const rotation = { kind: 'weekly', every: 1, handOffDay: 1, handOffTime: '09:00', start: '2026-01-01' } as const;
      const bad = {
        every: { ...layer, rotation: { ...rotation, every: 0 } },
        time: { ...layer, rotation: { ...rotation, handOffTime: '24:30' } },
        start: { ...layer, rotation: { ...rotation, start: '2026-02-30' } },
        day: { ...layer, rotation: { ...rotation, handOffDay: 8 } },
        zone: { ...layer, timeZone: 'Europe/Atlantis' },
      }[what];
      const mended = { ...schedule, layers: [bad] };
      expect(codes(mended)).toHaveLength(1);
      expect(() => shiftsBetween(mended, fromAt, untilAt, expandHours)).toThrow(RangeError);
    });
    fc.assert(property, { numRuns: Math.ceil(RUNS / 10) });
  });
});
