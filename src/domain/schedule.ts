import type { Rotation } from './rotation.ts';
import type { WeeklyHours } from './weekly-hours.ts';
import type { EpochMs } from './words.ts';

/**
 * A schedule says who is on call at every instant: one person or nobody. It is plain JSON. The law, from strongest to weakest:
 *
 * 1. An override: its person, whatever the rest says; the later one in the list wins. With `insteadOf` it takes only the
 *    time in which that person would have been on call (a swap).
 * 2. A temporary schedule replaces all layers in its time; what its shifts leave open is a gap. The later one wins.
 * 3. Layers: the later layer in the list wins where it has somebody; where it has nobody, the one before it shows through.
 * 4. In a layer, whoever has time off is stood in for by the next person in the order of that layer who has none, for exactly
 *    that time; nobody's own turn moves. When all are away the layer has nobody. A person named by an override or a temporary
 *    schedule is on call although away: somebody decided that (`findTimeOffConflicts` shows it).
 *
 * Daylight saving: every local time of a schedule (hand-offs, restricted hours) happens at the first instant at which the wall
 * clock of its zone shows that time or a later one. A hand-off at 02:30 in the night without a 02:30 happens when the clock
 * jumps; in the night with two of them, at the first. A turn whose two ends fall on the same instant is skipped.
 *
 * All spans are half open: `fromAt` belongs to them, `untilAt` does not.
 */
export interface Schedule {
  readonly id: string;
  readonly name: string;
  /** IANA name, for example Europe/Berlin. */
  readonly timeZone: string;
  readonly layers: readonly Layer[];
  readonly overrides?: readonly Override[];
  readonly temporary?: readonly TemporarySchedule[];
  readonly timeOff?: readonly TimeOff[];
}

export type PersonId = string;

export interface Span {
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
}

export interface Layer {
  readonly id: string;
  readonly name?: string;
  /** Follow-the-sun: the layer keeps its own clock. Left out: the zone of the schedule. */
  readonly timeZone?: string;
  /** In the order of their turns; a person may stand in it twice. */
  readonly people: readonly PersonId[];
  readonly rotation: Rotation;
  /** The layer has somebody only in these hours; the turns go on counting outside of them. Left out or empty: always. */
  readonly restrictions?: readonly WeeklyHours[];
  readonly fromAt?: EpochMs;
  readonly untilAt?: EpochMs;
}

export interface Override extends Span {
  readonly id: string;
  readonly personId: PersonId;
  readonly insteadOf?: PersonId;
}

export interface TemporarySchedule extends Span {
  readonly id: string;
  readonly name?: string;
  /** Where they overlap, the later in the list wins. What lies outside the temporary schedule is ignored. */
  readonly shifts: readonly TemporaryShift[];
}

export interface TemporaryShift extends Span {
  readonly personId: PersonId;
}

export interface TimeOff extends Span {
  readonly id: string;
  readonly personId: PersonId;
}

export type OnCallSource =
  | { readonly kind: 'layer'; readonly id: string }
  | { readonly kind: 'override'; readonly id: string }
  | { readonly kind: 'temporary'; readonly id: string };

/** Why this person: the own turn, standing in for a colleague with time off, or named by somebody's decision. */
export type OnCallReason = 'turn' | 'covers-time-off' | 'override' | 'override-instead-of' | 'temporary-schedule';

/** Why nobody, most telling first. */
export const absences = [
  'temporary-schedule',
  'everyone-off',
  'outside-hours',
  'not-begun',
  'ended',
  'no-people',
  'no-layers',
] as const;
export type Absence = (typeof absences)[number];

export interface OnCall {
  readonly personId: PersonId;
  readonly source: OnCallSource;
  readonly why: OnCallReason;
  /** Whose turn it would have been, for 'covers-time-off' and 'override-instead-of'. */
  readonly insteadOf?: PersonId;
}

/** A time in which one person is on call for one reason. */
export interface Shift extends OnCall, Span {
  readonly scheduleId: string;
}

export interface Gap extends Span {
  readonly scheduleId: string;
  readonly reasons: readonly Absence[];
}
