import { compileRotation, firstWall } from './rotation.ts';
import type { ExpandRule, Rotation } from './rotation.ts';
import type { Layer, PersonId, Schedule, Span } from './schedule.ts';
import { isTimeZone } from './wall-clock.ts';
import { isTimeOfDay, isWeekday } from './weekly-hours.ts';
import type { WeeklyHours } from './weekly-hours.ts';

export type ScheduleProblemCode =
  | 'unknown-time-zone'
  | 'bad-hand-off-time'
  | 'bad-hand-off-day'
  | 'bad-start'
  | 'bad-every'
  | 'bad-rule'
  | 'bad-hours'
  | 'duplicate-id'
  | 'ends-before-it-begins'
  | 'no-layers'
  | 'no-people'
  | 'no-hours'
  | 'unknown-person'
  | 'unknown-instead-of'
  | 'outside-temporary';

/**
 * 'refuse': the schedule cannot be computed. 'warn': it can, and a team must be able to save its work; the warning stands until
 * it is mended.
 */
export interface ScheduleProblem {
  readonly severity: 'refuse' | 'warn';
  readonly code: ScheduleProblemCode;
  /** Where in the JSON, for example `layers[0].rotation.handOffTime`. */
  readonly path: string;
}

/** Hand-offs more often than hourly are no rotation; seconds would fill the memory. */
const RULE = /^(?:RRULE:)?(?:[A-Z-]+=[^;=]+;)*FREQ=(?:HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(?:;[A-Z-]+=[^;=]+)*$/i;
const MAX_EVERY = 1_000;

export interface KnownFacts {
  /** Everybody who can be on call; left out: people are not checked. */
  readonly people?: ReadonlySet<PersonId>;
  /** Proves custom rules by expanding them; left out: only their form is checked. */
  readonly expand?: ExpandRule;
}

/** All problems of a schedule; one without 'refuse' can be handed to every function of the schedule. Never throws. */
export function checkSchedule(schedule: Schedule, facts: KnownFacts = {}): ScheduleProblem[] {
  const problems: ScheduleProblem[] = [];
  const refuse = (code: ScheduleProblemCode, path: string): void =>
    void problems.push({ severity: 'refuse', code, path });
  const warn = (code: ScheduleProblemCode, path: string): void => void problems.push({ severity: 'warn', code, path });
  const person = (id: PersonId, path: string): void => {
    if (facts.people !== undefined && !facts.people.has(id)) warn('unknown-person', path);
  };
  const span = ({ fromAt, untilAt }: Span, path: string): void => {
    if (!(Number.isFinite(fromAt) && Number.isFinite(untilAt) && fromAt < untilAt))
      refuse('ends-before-it-begins', path);
  };

  if (!isTimeZone(schedule.timeZone)) refuse('unknown-time-zone', 'timeZone');
  if (schedule.layers.length === 0) warn('no-layers', 'layers');
  const layerIds = new Set<string>();
  for (const [index, layer] of schedule.layers.entries()) {
    const path = `layers[${index}]`;
    if (layerIds.has(layer.id)) refuse('duplicate-id', `${path}.id`);
    layerIds.add(layer.id);
    checkLayer(layer, path, facts, refuse, warn);
    for (const [turn, id] of layer.people.entries()) person(id, `${path}.people[${turn}]`);
  }
  for (const [index, override] of (schedule.overrides ?? []).entries()) {
    const path = `overrides[${index}]`;
    span(override, path);
    person(override.personId, `${path}.personId`);
    const { insteadOf } = override;
    if (insteadOf !== undefined && facts.people?.has(insteadOf) === false)
      warn('unknown-instead-of', `${path}.insteadOf`);
  }
  for (const [index, temporary] of (schedule.temporary ?? []).entries()) {
    const path = `temporary[${index}]`;
    span(temporary, path);
    for (const [number, shift] of temporary.shifts.entries()) {
      const shiftPath = `${path}.shifts[${number}]`;
      span(shift, shiftPath);
      person(shift.personId, `${shiftPath}.personId`);
      if (shift.fromAt < temporary.fromAt || shift.untilAt > temporary.untilAt) warn('outside-temporary', shiftPath);
    }
  }
  for (const [index, off] of (schedule.timeOff ?? []).entries()) {
    span(off, `timeOff[${index}]`);
    person(off.personId, `timeOff[${index}].personId`);
  }
  return problems;
}

type Note = (code: ScheduleProblemCode, path: string) => void;

function checkLayer(layer: Layer, path: string, facts: KnownFacts, refuse: Note, warn: Note): void {
  if (layer.timeZone !== undefined && !isTimeZone(layer.timeZone)) refuse('unknown-time-zone', `${path}.timeZone`);
  if (layer.people.length === 0) warn('no-people', `${path}.people`);
  const { fromAt = -Infinity, untilAt = Infinity } = layer;
  if (!(fromAt < untilAt)) refuse('ends-before-it-begins', path);
  checkRotation(layer.rotation, `${path}.rotation`, facts, refuse);
  for (const [index, hours] of (layer.restrictions ?? []).entries()) {
    const hoursPath = `${path}.restrictions[${index}]`;
    if (!areHours(hours)) refuse('bad-hours', hoursPath);
    else if (hours.days?.length === 0) warn('no-hours', `${hoursPath}.days`);
  }
}

function areHours({ days, from, to }: WeeklyHours): boolean {
  return isTimeOfDay(from) && (to === '24:00' || isTimeOfDay(to)) && (days ?? []).every(isWeekday);
}

function checkRotation(rotation: Rotation, path: string, facts: KnownFacts, refuse: Note): void {
  const before = { refused: false };
  const note: Note = (code, where) => {
    before.refused = true;
    refuse(code, where);
  };
  if (!isTimeOfDay(rotation.handOffTime)) note('bad-hand-off-time', `${path}.handOffTime`);
  if (!isDate(rotation.start)) note('bad-start', `${path}.start`);
  if (rotation.kind === 'custom') {
    if (!RULE.test(rotation.rule)) note('bad-rule', `${path}.rule`);
  } else if (!Number.isInteger(rotation.every) || rotation.every < 1 || rotation.every > MAX_EVERY) {
    note('bad-every', `${path}.every`);
  }
  if (rotation.kind === 'weekly' && !isWeekday(rotation.handOffDay)) note('bad-hand-off-day', `${path}.handOffDay`);
  if (rotation.kind === 'monthly') {
    const day = rotation.handOffDayOfMonth;
    if (!Number.isInteger(day) || day < 1 || day > 31) note('bad-hand-off-day', `${path}.handOffDayOfMonth`);
  }
  if (rotation.kind !== 'custom' || before.refused || facts.expand === undefined) return;
  try {
    const { index, untilWall } = compileRotation(rotation, facts.expand)(firstWall(rotation) - 1);
    if (index < 0 && untilWall === Infinity) refuse('bad-rule', `${path}.rule`);
  } catch {
    refuse('bad-rule', `${path}.rule`);
  }
}

/** A year outside 1970 to 2200 is a slip of the keyboard. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    const { year } = Temporal.PlainDate.from(text);
    return year >= 1970 && year <= 2200;
  } catch {
    return false;
  }
}
