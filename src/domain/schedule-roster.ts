import type { ExpandRule } from './rotation.ts';
import { compileSpans } from './schedule-cell.ts';
import { compileLayer } from './schedule-layer.ts';
import { absences } from './schedule.ts';
import type { Absence, OnCall, Override, Schedule, Span, TemporarySchedule } from './schedule.ts';
import type { EpochMs } from './words.ts';

/**
 * Who is on call, holding for the whole span. Neighbouring answers may say the same: a span ends wherever something that was
 * looked at changes.
 */
export interface RosterAnswer extends Span {
  readonly onCall?: OnCall;
  /** Number of the turn in its layer; -1 when the answer comes from no turn. */
  readonly turn: number;
  /** Why nobody, most telling first; empty when somebody is on call. */
  readonly absences: readonly Absence[];
}

export type Roster = (at: EpochMs) => RosterAnswer;

/** Reads a schedule once, for any number of questions. Throws RangeError when it is malformed (see `checkSchedule`). */
export function compileRoster(schedule: Schedule, expand?: ExpandRule): Roster {
  const base = compileBase(schedule, expand);
  const overridesAt = compileSpans(schedule.overrides ?? []);
  return (at) => {
    const { active, fromAt, untilAt } = overridesAt(at);
    return settle(active, active.length - 1, at, base, { fromAt, untilAt });
  };
}

/** The answer of the overrides up to `index`, the last of which is the strongest. */
function settle(active: readonly Override[], index: number, at: EpochMs, base: Roster, cell: Span): RosterAnswer {
  const override = active[index];
  if (override === undefined) return within(base(at), cell);
  const source = { kind: 'override', id: override.id } as const;
  const { personId, insteadOf } = override;
  if (insteadOf === undefined) {
    return { ...cell, onCall: { personId, source, why: 'override' }, turn: -1, absences: [] };
  }
  const below = settle(active, index - 1, at, base, cell);
  if (below.onCall?.personId !== insteadOf) return below;
  return { ...below, onCall: { personId, source, why: 'override-instead-of', insteadOf } };
}

function within(answer: RosterAnswer, cell: Span): RosterAnswer {
  if (answer.fromAt >= cell.fromAt && answer.untilAt <= cell.untilAt) return answer;
  return {
    ...answer,
    fromAt: Math.max(answer.fromAt, cell.fromAt),
    untilAt: Math.min(answer.untilAt, cell.untilAt),
  };
}

/** Everything below the overrides. */
function compileBase(schedule: Schedule, expand?: ExpandRule): Roster {
  const layers = compileLayers(schedule, expand);
  const temporary = schedule.temporary ?? [];
  if (temporary.length === 0) return layers;
  const temporaryAt = compileSpans(temporary);
  const shiftsAt = new Map(temporary.map((one) => [one, compileTemporary(one)]));
  return (at) => {
    const cell = temporaryAt(at);
    const strongest = cell.active.at(-1);
    const answer = strongest === undefined ? undefined : shiftsAt.get(strongest);
    return within(answer === undefined ? layers(at) : answer(at), cell);
  };
}

function compileTemporary(temporary: TemporarySchedule): Roster {
  const shiftsAt = compileSpans(temporary.shifts);
  return (at) => {
    const { active, fromAt, untilAt } = shiftsAt(at);
    const shift = active.at(-1);
    if (shift === undefined) return { fromAt, untilAt, turn: -1, absences: ['temporary-schedule'] };
    const source = { kind: 'temporary', id: temporary.id } as const;
    const onCall = { personId: shift.personId, source, why: 'temporary-schedule' } as const;
    return { fromAt, untilAt, onCall, turn: -1, absences: [] };
  };
}

function compileLayers(schedule: Schedule, expand?: ExpandRule): Roster {
  const layers = schedule.layers.map((layer) => ({ id: layer.id, answerAt: compileLayer(layer, schedule, expand) }));
  layers.reverse();
  return (at) => {
    let fromAt = -Infinity;
    let untilAt = Infinity;
    const why = new Set<Absence>();
    for (const layer of layers) {
      const answer = layer.answerAt(at);
      fromAt = Math.max(fromAt, answer.fromAt);
      untilAt = Math.min(untilAt, answer.untilAt);
      const { personId, insteadOf, turn } = answer;
      if (personId !== undefined) {
        const source = { kind: 'layer', id: layer.id } as const;
        const onCall: OnCall =
          insteadOf === undefined
            ? { personId, source, why: 'turn' }
            : { personId, source, why: 'covers-time-off', insteadOf };
        return { fromAt, untilAt, onCall, turn, absences: [] };
      }
      if (answer.absence !== undefined) why.add(answer.absence);
    }
    if (layers.length === 0) why.add('no-layers');
    return { fromAt, untilAt, turn: -1, absences: absences.filter((absence) => why.has(absence)) };
  };
}
