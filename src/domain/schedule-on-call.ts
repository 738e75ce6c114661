import type { ExpandRule } from './rotation.ts';
import { compileRoster } from './schedule-roster.ts';
import type { Roster, RosterAnswer } from './schedule-roster.ts';
import type { Gap, OnCall, PersonId, Schedule, Shift, Span } from './schedule.ts';
import { DAY_MS } from './wall-clock.ts';
import type { EpochMs } from './words.ts';

/** Longest time that one call lists; a longer one is a mistake of the caller, and hourly hand-offs would fill the memory. */
export const MAX_SPAN_MS = 5 * 366 * DAY_MS;
/** How far a next hand-off, or the end of a turn, is looked for. */
const SEARCH_MS = 400 * DAY_MS;

export interface OnCallNow extends OnCall {
  /** When the schedule decides again (the person may stay the same); null when nothing further is planned. */
  readonly untilAt: EpochMs | null;
}

/** A change of the person on call; null is nobody. */
export interface HandOff {
  readonly at: EpochMs;
  readonly from: PersonId | null;
  readonly to: PersonId | null;
}

/** Who is on call at an instant; undefined when nobody is. Computed directly, however old the schedule. */
export function onCallAt(schedule: Schedule, at: EpochMs, expand?: ExpandRule): OnCallNow | undefined {
  const { onCall, untilAt } = compileRoster(schedule, expand)(at);
  return onCall === undefined ? undefined : { ...onCall, untilAt: untilAt === Infinity ? null : untilAt };
}

/**
 * The final schedule, cut at both ends: consecutive turns of one person from one source for one reason are one shift.
 * Throws RangeError when the time asked for is over five years.
 */
export function shiftsBetween(schedule: Schedule, fromAt: EpochMs, untilAt: EpochMs, expand?: ExpandRule): Shift[] {
  const shifts: { -readonly [K in keyof Shift]: Shift[K] }[] = [];
  for (const answer of answersBetween(compileRoster(schedule, expand), fromAt, untilAt)) {
    if (answer.onCall === undefined) continue;
    const last = shifts.at(-1);
    if (last !== undefined && last.untilAt === answer.fromAt && sameDuty(last, answer.onCall)) {
      last.untilAt = answer.untilAt;
    } else {
      shifts.push({ scheduleId: schedule.id, ...answer.onCall, fromAt: answer.fromAt, untilAt: answer.untilAt });
    }
  }
  return shifts;
}

/**
 * Every turn that touches the time asked for, whole: never cut at its ends, and one per hand-off even when the person stays
 * the same. What calendars need, because the start of a turn does not depend on when one asks. A turn that runs on for more
 * than 400 days to either side (a custom rule that has ended) is cut there.
 */
export function turnsBetween(schedule: Schedule, fromAt: EpochMs, untilAt: EpochMs, expand?: ExpandRule): Shift[] {
  checkSpan(fromAt, untilAt);
  const roster = compileRoster(schedule, expand);
  const turns: Shift[] = [];
  let at = fromAt;
  while (at < untilAt) {
    const answer = roster(at);
    if (answer.onCall === undefined) {
      at = answer.untilAt;
      continue;
    }
    const whole = wholeTurn(roster, answer, at);
    turns.push({ scheduleId: schedule.id, ...answer.onCall, ...whole });
    at = whole.untilAt;
  }
  return turns;
}

/** The next change of the person on call after `at`, within 400 days. */
export function nextHandOff(schedule: Schedule, at: EpochMs, expand?: ExpandRule): HandOff | undefined {
  const roster = compileRoster(schedule, expand);
  const now = roster(at);
  const from = now.onCall?.personId ?? null;
  let answer = now;
  while (answer.untilAt < at + SEARCH_MS) {
    const changeAt = answer.untilAt;
    answer = roster(changeAt);
    const to = answer.onCall?.personId ?? null;
    if (to !== from) return { at: changeAt, from, to };
  }
  return undefined;
}

/** The times in which nobody is on call, cut at both ends, with every reason that applied in them. */
export function findGaps(schedule: Schedule, fromAt: EpochMs, untilAt: EpochMs, expand?: ExpandRule): Gap[] {
  const gaps: Gap[] = [];
  for (const answer of answersBetween(compileRoster(schedule, expand), fromAt, untilAt)) {
    if (answer.onCall !== undefined) continue;
    const last = gaps.at(-1);
    if (last !== undefined && last.untilAt === answer.fromAt) {
      const reasons = [...new Set([...last.reasons, ...answer.absences])];
      gaps[gaps.length - 1] = { ...last, untilAt: answer.untilAt, reasons };
    } else {
      const { fromAt: begin, untilAt: end, absences: reasons } = answer;
      gaps.push({ scheduleId: schedule.id, fromAt: begin, untilAt: end, reasons });
    }
  }
  return gaps;
}

function* answersBetween(roster: Roster, fromAt: EpochMs, untilAt: EpochMs): Generator<RosterAnswer> {
  checkSpan(fromAt, untilAt);
  let at = fromAt;
  while (at < untilAt) {
    const answer = roster(at);
    const end = Math.min(answer.untilAt, untilAt);
    yield { ...answer, fromAt: at, untilAt: end };
    at = end;
  }
}

/** Joins the neighbours that belong to the same turn: a change elsewhere in the schedule may have split it. */
function wholeTurn(roster: Roster, answer: RosterAnswer, at: EpochMs): Span {
  const earliestAt = at - SEARCH_MS;
  const latestAt = at + SEARCH_MS;
  let { fromAt, untilAt } = answer;
  while (fromAt > earliestAt) {
    const before = roster(fromAt - 1);
    if (!sameTurn(before, answer)) break;
    fromAt = before.fromAt;
  }
  while (untilAt < latestAt) {
    const after = roster(untilAt);
    if (!sameTurn(after, answer)) break;
    untilAt = after.untilAt;
  }
  return { fromAt: fromAt === -Infinity ? earliestAt : fromAt, untilAt: untilAt === Infinity ? latestAt : untilAt };
}

function sameTurn(a: RosterAnswer, b: RosterAnswer): boolean {
  return a.turn === b.turn && a.onCall !== undefined && b.onCall !== undefined && sameDuty(a.onCall, b.onCall);
}

function sameDuty(a: OnCall, b: OnCall): boolean {
  return (
    a.personId === b.personId &&
    a.why === b.why &&
    a.insteadOf === b.insteadOf &&
    a.source.kind === b.source.kind &&
    a.source.id === b.source.id
  );
}

function checkSpan(fromAt: EpochMs, untilAt: EpochMs): void {
  if (!(untilAt - fromAt <= MAX_SPAN_MS)) throw new RangeError('a schedule is listed for five years at most');
}
