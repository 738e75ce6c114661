import type { ExpandRule } from './rotation.ts';
import { shiftsBetween } from './schedule-on-call.ts';
import type { PersonId, Schedule, Shift, Span } from './schedule.ts';
import type { EpochMs } from './words.ts';

/** Two plans that cannot both be meant. `scheduleIds` and `personIds` hold each id once, in the order of the schedules. */
export interface DoubleBooking extends Span {
  readonly kind:
    | 'person-in-two-schedules'
    | 'overrides-overlap'
    | 'temporary-schedules-overlap'
    | 'temporary-shifts-overlap';
  readonly scheduleIds: readonly string[];
  readonly personIds: readonly PersonId[];
  /** Ids of the overrides or temporary schedules that overlap; empty for 'person-in-two-schedules'. */
  readonly sourceIds: readonly string[];
}

/** Somebody is on call in the final schedule although away. */
export interface TimeOffConflict extends Span {
  readonly scheduleId: string;
  readonly personId: PersonId;
  readonly timeOffId: string;
  readonly shift: Shift;
}

/**
 * One person on call in several schedules at once, and, within a schedule, overrides, temporary schedules or their shifts that
 * overlap with different people, so that two believe to be on call (layers overlap by design). By start, then by schedule.
 */
export function findDoubleBookings(
  schedules: readonly Schedule[],
  fromAt: EpochMs,
  untilAt: EpochMs,
  expand?: ExpandRule,
): DoubleBooking[] {
  const found = [...personsInTwoSchedules(schedules, fromAt, untilAt, expand)];
  for (const schedule of schedules) found.push(...overlapsWithin(schedule, { fromAt, untilAt }));
  return found.toSorted((a, b) => a.fromAt - b.fromAt || a.untilAt - b.untilAt);
}

function* personsInTwoSchedules(
  schedules: readonly Schedule[],
  fromAt: EpochMs,
  untilAt: EpochMs,
  expand?: ExpandRule,
): Generator<DoubleBooking> {
  const shiftsOf = new Map<PersonId, Shift[]>();
  for (const schedule of schedules) {
    for (const shift of shiftsBetween(schedule, fromAt, untilAt, expand)) {
      const known = shiftsOf.get(shift.personId);
      if (known === undefined) shiftsOf.set(shift.personId, [shift]);
      else known.push(shift);
    }
  }
  for (const [personId, shifts] of shiftsOf) {
    for (const span of timesWithTwo(shifts)) {
      yield { kind: 'person-in-two-schedules', ...span, personIds: [personId], sourceIds: [] };
    }
  }
}

/** The times in which shifts of at least two schedules run, with these schedules; a sweep over all begins and ends. */
function* timesWithTwo(shifts: readonly Shift[]): Generator<Span & { readonly scheduleIds: string[] }> {
  const edges = shifts.flatMap(({ fromAt, untilAt, scheduleId }) => [
    { at: fromAt, scheduleId, opens: 1 },
    { at: untilAt, scheduleId, opens: -1 },
  ]);
  edges.sort((a, b) => a.at - b.at);
  const running = new Map<string, number>();
  let last: { fromAt: EpochMs; untilAt: EpochMs; scheduleIds: string[] } | undefined;
  for (const [index, edge] of edges.entries()) {
    const count = (running.get(edge.scheduleId) ?? 0) + edge.opens;
    if (count === 0) running.delete(edge.scheduleId);
    else running.set(edge.scheduleId, count);
    const next = edges[index + 1];
    if (next === undefined || next.at === edge.at || running.size < 2) continue;
    const scheduleIds = [...running.keys()].toSorted();
    if (last !== undefined && last.untilAt === edge.at && last.scheduleIds.join('\n') === scheduleIds.join('\n')) {
      last.untilAt = next.at;
      continue;
    }
    if (last !== undefined) yield last;
    last = { fromAt: edge.at, untilAt: next.at, scheduleIds };
  }
  if (last !== undefined) yield last;
}

function* overlapsWithin(schedule: Schedule, asked: Span): Generator<DoubleBooking> {
  const scheduleIds = [schedule.id];
  // A swap takes only the time of the person it names, so two swaps of different people do not meet.
  for (const [a, b, span] of overlaps(schedule.overrides ?? [], asked)) {
    if (a.personId === b.personId || a.insteadOf !== b.insteadOf) continue;
    const personIds = [a.personId, b.personId];
    yield { kind: 'overrides-overlap', ...span, scheduleIds, personIds, sourceIds: [a.id, b.id] };
  }
  const temporary = schedule.temporary ?? [];
  for (const [a, b, span] of overlaps(temporary, asked)) {
    const personIds = [...new Set([...a.shifts, ...b.shifts].map((shift) => shift.personId))];
    yield { kind: 'temporary-schedules-overlap', ...span, scheduleIds, personIds, sourceIds: [a.id, b.id] };
  }
  for (const one of temporary) {
    const own = { fromAt: Math.max(one.fromAt, asked.fromAt), untilAt: Math.min(one.untilAt, asked.untilAt) };
    for (const [a, b, span] of overlaps(one.shifts, own)) {
      if (a.personId === b.personId) continue;
      const personIds = [a.personId, b.personId];
      yield { kind: 'temporary-shifts-overlap', ...span, scheduleIds, personIds, sourceIds: [one.id] };
    }
  }
}

/** All pairs of spans that share time within `asked`, each in the order of the list. */
function* overlaps<T extends Span>(spans: readonly T[], asked: Span): Generator<readonly [T, T, Span]> {
  const sorted = [...spans.entries()].filter(([, span]) => span.fromAt < span.untilAt);
  sorted.sort(([, a], [, b]) => a.fromAt - b.fromAt);
  for (const [position, [index, a]] of sorted.entries()) {
    for (const [otherIndex, b] of sorted.slice(position + 1)) {
      if (b.fromAt >= a.untilAt) break;
      const fromAt = Math.max(a.fromAt, b.fromAt, asked.fromAt);
      const untilAt = Math.min(a.untilAt, b.untilAt, asked.untilAt);
      if (fromAt < untilAt) yield index < otherIndex ? [a, b, { fromAt, untilAt }] : [b, a, { fromAt, untilAt }];
    }
  }
}

/** Shifts of people who are away at the time: only an override or a temporary schedule can put them there. */
export function findTimeOffConflicts(
  schedule: Schedule,
  fromAt: EpochMs,
  untilAt: EpochMs,
  expand?: ExpandRule,
): TimeOffConflict[] {
  const timeOff = schedule.timeOff ?? [];
  if (timeOff.length === 0) return [];
  return shiftsBetween(schedule, fromAt, untilAt, expand).flatMap((shift) =>
    timeOff
      .filter((off) => off.personId === shift.personId && off.fromAt < shift.untilAt && shift.fromAt < off.untilAt)
      .map((off) => ({
        scheduleId: schedule.id,
        personId: shift.personId,
        timeOffId: off.id,
        shift,
        fromAt: Math.max(off.fromAt, shift.fromAt),
        untilAt: Math.min(off.untilAt, shift.untilAt),
      })),
  );
}
