import type { ExpandRule } from './rotation.ts';
import { findGaps, shiftsBetween } from './schedule-on-call.ts';
import type { PersonId, Schedule, Shift, Span } from './schedule.ts';
import { DAY_MS, HOUR_MS, wallClock } from './wall-clock.ts';
import { compileWeek } from './weekly-hours.ts';
import type { WeekMoment } from './weekly-hours.ts';
import type { EpochMs } from './words.ts';

/**
 * How kind and how safe a schedule is, 0 to 100: the sum of five parts, each falling linearly from its full points to none.
 *
 * | part     | points | figure                                                                            | none at |
 * |----------|--------|-----------------------------------------------------------------------------------|---------|
 * | coverage | 40     | share of the time in which nobody is on call                                      | 10 %    |
 * | load     | 20     | share of the hours that would have to change hands for everybody to have a fair one | 50 %  |
 * | nights   | 15     | the same for hours from 22:00 to 06:00 on the person's own clock                  | 50 %    |
 * | weekends | 15     | the same for hours of Saturday and Sunday on the person's own clock               | 50 %    |
 * | runs     | 10     | share of the hours that lie beyond the seventh day of a run without 8 free hours  | 50 %    |
 *
 * The share that would have to change hands is the Hoover index, with the time in which each person was not away as what is
 * fair. It is told for the people in the layers; the help of others relieves them and is not held against anybody. With fewer
 * than two people nothing can be shared, so load, nights and weekends give no points. Ask about whole turns of everybody (for
 * three people with weekly turns, a multiple of three weeks): a shorter time looks unfair though it is only too short.
 * The score judges a plan. It says nothing about a person and is no ranking.
 */
export interface QualityScore {
  readonly score: number;
  readonly parts: readonly QualityPart[];
  /** In the order of the layers; who only stood in comes last. */
  readonly people: readonly PersonLoad[];
}

export interface QualityPart {
  readonly kind: 'coverage' | 'load' | 'nights' | 'weekends' | 'runs';
  readonly points: number;
  readonly ofPoints: number;
  /** The figure of the table, 0 to 1. */
  readonly figure: number;
  readonly reason: 'fine' | 'gaps' | 'uneven' | 'too-few-people' | 'long-runs' | 'nobody-on-call';
}

export interface PersonLoad {
  readonly personId: PersonId;
  readonly onCallMs: number;
  readonly nightMs: number;
  readonly weekendMs: number;
  readonly longestRunMs: number;
  /** Time beyond the seventh day of runs without eight free hours. */
  readonly beyondRunMs: number;
  readonly shifts: number;
}

const NIGHT = compileWeek([{ from: '22:00', to: '06:00' }]);
const WEEKEND = compileWeek([{ days: [6, 7], from: '00:00', to: '24:00' }]);
const REST_MS = 8 * HOUR_MS;
const LONG_RUN_MS = 7 * DAY_MS;

export interface QualityQuestion extends Span {
  /** The zone in which a person sleeps; left out: the zone of the schedule. */
  readonly zoneOf?: (personId: PersonId) => string | undefined;
  readonly expand?: ExpandRule;
}

/** See QualityScore. Throws RangeError unless the time asked for is longer than nothing and at most five years. */
export function qualityScore(schedule: Schedule, asked: QualityQuestion): QualityScore {
  const { fromAt, untilAt, expand } = asked;
  if (!(fromAt < untilAt)) throw new RangeError('a quality score needs a time that ends after it begins');
  const shifts = shiftsBetween(schedule, fromAt, untilAt, expand);
  const openMs = total(findGaps(schedule, fromAt, untilAt, expand).map((gap) => gap.untilAt - gap.fromAt));
  const pool = poolOf(schedule, asked);
  const people = [...new Set([...pool, ...shifts.map((shift) => shift.personId)])].map((personId) => {
    const own = shifts.filter((shift) => shift.personId === personId);
    return loadOf(personId, own, asked.zoneOf?.(personId) ?? schedule.timeZone);
  });
  const onCallMs = total(people.map((load) => load.onCallMs));
  const sharers = people.filter((load) => pool.has(load.personId));
  const fair = sharers.map((load) => availableMs(schedule, load.personId, asked));
  const shared = (kind: QualityPart['kind'], ofPoints: number, hours: (load: PersonLoad) => number): QualityPart => {
    if (onCallMs === 0) return { kind, points: 0, ofPoints, figure: 1, reason: 'nobody-on-call' };
    if (pool.size < 2) return { kind, points: 0, ofPoints, figure: 1, reason: 'too-few-people' };
    return part(kind, ofPoints, toChangeHands(sharers.map(hours), fair), 0.5, 'uneven');
  };
  const parts = [
    part('coverage', 40, openMs / (untilAt - fromAt), 0.1, 'gaps'),
    shared('load', 20, (load) => load.onCallMs),
    shared('nights', 15, (load) => load.nightMs),
    shared('weekends', 15, (load) => load.weekendMs),
    runsPart(people, onCallMs),
  ];
  return { score: Math.round(total(parts.map((one) => one.points))), parts, people };
}

function runsPart(people: readonly PersonLoad[], onCallMs: number): QualityPart {
  if (onCallMs === 0) return { kind: 'runs', points: 0, ofPoints: 10, figure: 1, reason: 'nobody-on-call' };
  return part('runs', 10, total(people.map((load) => load.beyondRunMs)) / onCallMs, 0.5, 'long-runs');
}

function part(
  kind: QualityPart['kind'],
  ofPoints: number,
  figure: number,
  noneAt: number,
  reason: QualityPart['reason'],
): QualityPart {
  const points = ofPoints * (1 - Math.min(1, figure / noneAt));
  return { kind, points, ofPoints, figure, reason: figure > 0 ? reason : 'fine' };
}

/** The people of all layers that are in force at some instant of the time asked for. */
function poolOf(schedule: Schedule, asked: Span): Set<PersonId> {
  const inForce = schedule.layers.filter(
    (layer) => (layer.fromAt ?? -Infinity) < asked.untilAt && asked.fromAt < (layer.untilAt ?? Infinity),
  );
  return new Set(inForce.flatMap((layer) => layer.people));
}

/** Time of the span in which the person has no time off; overlapping time off counts once. */
function availableMs(schedule: Schedule, personId: PersonId, asked: Span): number {
  const off = (schedule.timeOff ?? []).filter((one) => one.personId === personId);
  let awayMs = 0;
  let seenUntilAt = asked.fromAt;
  for (const { fromAt, untilAt } of off.toSorted((a, b) => a.fromAt - b.fromAt)) {
    const begin = Math.max(fromAt, seenUntilAt);
    const end = Math.min(untilAt, asked.untilAt);
    if (end <= begin) continue;
    awayMs += end - begin;
    seenUntilAt = end;
  }
  return asked.untilAt - asked.fromAt - awayMs;
}

/** The Hoover index: half the sum of the distances between the share that each has and the share that is fair. */
function toChangeHands(has: readonly number[], fair: readonly number[]): number {
  const all = total(has);
  const allFair = total(fair);
  if (all === 0 || allFair === 0) return 0;
  const figure = total(has.map((hours, index) => Math.abs(hours / all - (fair[index] ?? 0) / allFair))) / 2;
  // Floating-point dust must not turn a fair schedule into an uneven one.
  return figure < 1e-9 ? 0 : figure;
}

function loadOf(personId: PersonId, shifts: readonly Shift[], timeZone: string): PersonLoad {
  let longestRunMs = 0;
  let beyondRunMs = 0;
  let run: Span | undefined;
  for (const shift of shifts) {
    const goesOn = run !== undefined && shift.fromAt - run.untilAt < REST_MS;
    run = { fromAt: goesOn && run !== undefined ? run.fromAt : shift.fromAt, untilAt: shift.untilAt };
    longestRunMs = Math.max(longestRunMs, run.untilAt - run.fromAt);
    beyondRunMs += Math.max(0, shift.untilAt - Math.max(shift.fromAt, run.fromAt + LONG_RUN_MS));
  }
  return {
    personId,
    onCallMs: total(shifts.map((shift) => shift.untilAt - shift.fromAt)),
    nightMs: total(shifts.map((shift) => timeInside(NIGHT, shift, timeZone))),
    weekendMs: total(shifts.map((shift) => timeInside(WEEKEND, shift, timeZone))),
    longestRunMs,
    shifts: shifts.length,
    beyondRunMs,
  };
}

/** How much of a span lies in weekly hours of a zone. */
function timeInside(weekAt: (wall: number) => WeekMoment, span: Span, timeZone: string): number {
  const clock = wallClock(timeZone);
  let insideMs = 0;
  let at: EpochMs = span.fromAt;
  while (at < span.untilAt) {
    const moment = weekAt(clock.furthestAt(at));
    const end = Math.min(span.untilAt, clock.reachedAt(moment.untilWall));
    if (moment.inside) insideMs += end - at;
    at = end;
  }
  return insideMs;
}

function total(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0);
}
