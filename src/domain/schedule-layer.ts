import { compileRotation } from './rotation.ts';
import type { ExpandRule, Turn } from './rotation.ts';
import { compileSpans, rememberLast } from './schedule-cell.ts';
import type { Absence, Layer, PersonId, Schedule, Span } from './schedule.ts';
import { wallClock } from './wall-clock.ts';
import { compileWeek } from './weekly-hours.ts';
import type { EpochMs } from './words.ts';

/** What one layer says, holding for the whole span; without `personId` it has nobody, for the reason in `absence`. */
export interface LayerAnswer extends Span {
  readonly personId?: PersonId;
  readonly insteadOf?: PersonId;
  readonly turn: number;
  readonly absence?: Absence;
}

/** Throws RangeError when the layer is malformed. */
export function compileLayer(layer: Layer, schedule: Schedule, expand?: ExpandRule): (at: EpochMs) => LayerAnswer {
  const clock = wallClock(layer.timeZone ?? schedule.timeZone);
  const turnAt = compileRotation(layer.rotation, expand);
  const restrictions = layer.restrictions ?? [];
  const weekAt = restrictions.length === 0 ? undefined : compileWeek(restrictions);
  const members = new Set(layer.people);
  const offAt = compileSpans((schedule.timeOff ?? []).filter((off) => members.has(off.personId)));
  const beginsAt = layer.fromAt ?? -Infinity;
  const endsAt = layer.untilAt ?? Infinity;

  return rememberLast((at) => {
    if (layer.people.length === 0) return nobody('no-people', -Infinity, Infinity);
    if (at >= endsAt) return nobody('ended', endsAt, Infinity);
    if (at < beginsAt) return nobody('not-begun', -Infinity, beginsAt);
    const wall = clock.furthestAt(at);
    const turn = turnAt(wall);
    const week = weekAt?.(wall);
    const off = offAt(at);
    const fromWall = Math.max(turn.fromWall, week?.fromWall ?? -Infinity);
    const untilWall = Math.min(turn.untilWall, week?.untilWall ?? Infinity);
    const fromAt = Math.max(beginsAt, off.fromAt, fromWall === -Infinity ? -Infinity : clock.reachedAt(fromWall));
    const untilAt = Math.min(endsAt, off.untilAt, untilWall === Infinity ? Infinity : clock.reachedAt(untilWall));
    if (turn.index < 0) return nobody('not-begun', fromAt, untilAt);
    if (week?.inside === false) return nobody('outside-hours', fromAt, untilAt);
    const away = off.active.length === 0 ? undefined : new Set(off.active.map((one) => one.personId));
    return { fromAt, untilAt, ...whoTakes(layer.people, turn, away) };
  });
}

function nobody(absence: Absence, fromAt: EpochMs, untilAt: EpochMs): LayerAnswer {
  return { absence, fromAt, untilAt, turn: -1 };
}

/** The person of the turn, or the next in the order who is not away. */
function whoTakes(
  people: readonly PersonId[],
  turn: Turn,
  away: ReadonlySet<PersonId> | undefined,
): Pick<LayerAnswer, 'personId' | 'insteadOf' | 'turn' | 'absence'> {
  const owner = people[turn.index % people.length];
  if (owner === undefined) return { turn: -1, absence: 'no-people' };
  if (away === undefined || !away.has(owner)) return { personId: owner, turn: turn.index };
  for (let next = 1; next < people.length; next += 1) {
    const candidate = people[(turn.index + next) % people.length];
    if (candidate !== undefined && !away.has(candidate)) {
      return { personId: candidate, insteadOf: owner, turn: turn.index };
    }
  }
  return { turn: -1, absence: 'everyone-off' };
}
