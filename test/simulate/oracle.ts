import type { Layer, Schedule } from '../../src/domain/schedule.ts';
import type { PolicyStep, StepCondition, WakingHours } from '../../src/domain/words.ts';
import type { World } from './world.ts';

/** An override that the simulation made, with its place in the order of all events. */
export interface KnownOverride {
  id: string;
  scheduleId: string;
  personId: string;
  fromAt: number;
  untilAt: number;
  /** The last event before it counted, and the last one while it did. */
  afterSeq: number;
  removedSeq: number;
}

/** A second opinion on who is behind a step, made of nothing that the program itself uses. */
export interface Oracle {
  overrides: KnownOverride[];
  /** Everybody who can be called; asked in the order of events, because turns are taken. */
  people(targets: PolicyStep['targets'], at: number, seq: number): Set<string>;
}

export function createOracle(world: World): Oracle {
  const overrides: KnownOverride[] = [];
  const handOffs = new Map<Layer, number[]>();
  const turns = new Map<string, string>();
  const canBeCalled = (person: string): boolean => (world.methods.get(person) ?? []).length > 0;

  const onDuty = (layer: Layer, timeZone: string, at: number): string | undefined => {
    if (layer.people.length === 0) return undefined;
    const known = handOffs.get(layer) ?? [];
    handOffs.set(layer, known);
    for (let next = known.at(-1) ?? -Infinity; next <= at;) {
      next = handOff(layer, timeZone, known.length);
      known.push(next);
    }
    const turn = known.findLastIndex((handedAt) => handedAt <= at);
    return turn < 0 ? undefined : layer.people[turn % layer.people.length];
  };
  const onCall = (schedule: Schedule, at: number, seq: number): string | undefined => {
    const override = overrides.findLast(
      (one) =>
        one.scheduleId === schedule.id &&
        one.fromAt <= at &&
        at < one.untilAt &&
        one.afterSeq < seq &&
        seq <= one.removedSeq,
    );
    if (override) return override.personId;
    for (const layer of schedule.layers.toReversed()) {
      const person = onDuty(layer, schedule.timeZone, at);
      if (person !== undefined) return person;
    }
    return undefined;
  };
  return {
    overrides,
    people(targets, at, seq) {
      const found = new Set<string>();
      for (const { kind, id } of targets) {
        if (kind === 'person') found.add(id);
        if (kind === 'round-robin') {
          const reachable = [...(world.teams.get(id) ?? [])].filter(canBeCalled).toSorted();
          const next = reachable.find((member) => member > (turns.get(id) ?? '')) ?? reachable[0];
          if (next !== undefined) turns.set(id, next);
          if (next !== undefined) found.add(next);
        }
        if (kind === 'team') for (const member of world.teams.get(id) ?? []) found.add(member);
        const schedule = kind === 'schedule' ? world.schedules.find((one) => one.id === id) : undefined;
        const person = schedule && onCall(schedule, at, seq);
        if (person !== undefined) found.add(person);
      }
      return new Set([...found].filter(canBeCalled));
    },
  };
}

/** The instant of the rotation's hand-off number `index`, counted day by day with Temporal's own arithmetic. */
function handOff({ rotation }: Layer, timeZone: string, index: number): number {
  let date = Temporal.PlainDate.from(rotation.start);
  if (rotation.kind === 'weekly') {
    while (date.dayOfWeek !== rotation.handOffDay) date = date.add({ days: 1 });
    date = date.add({ weeks: index * rotation.every });
  } else if (rotation.kind === 'daily') date = date.add({ days: index * rotation.every });
  else throw new Error(`the simulation knows no ${rotation.kind} rotations`);
  const wall = date.toPlainDateTime(Temporal.PlainTime.from(rotation.handOffTime));
  // Of a doubled hour the first; in a missing hour the instant at which the clock jumps.
  const zoned = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (zoned.toPlainDateTime().equals(wall)) return zoned.epochMilliseconds;
  const jump = zoned.getTimeZoneTransition('next');
  if (!jump) throw new Error('a missing hour belongs to a change of the clocks');
  return jump.epochMilliseconds;
}

const localAt = (at: number, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);

/** Whether the clock on the wall shows a time within these hours, by comparing what it shows. */
function isWithin(hours: WakingHours, timeZone: string, at: number): boolean {
  const local = localAt(at, timeZone);
  const shows = local.toPlainTime().toString().slice(0, 5);
  const yesterday = local.dayOfWeek === 1 ? 7 : local.dayOfWeek - 1;
  const overnight = hours.to <= hours.from;
  const isToday = hours.days.includes(local.dayOfWeek) && shows >= hours.from && (overnight || shows < hours.to);
  return isToday || (overnight && hours.days.includes(yesterday) && shows < hours.to);
}

/** Whether a step is taken for trouble of this severity at this time. */
export function isTaken(when: StepCondition | undefined, severity: unknown, at: number): boolean {
  if (when?.severities && !when.severities.some((one) => one === severity)) return false;
  if (!when?.hours) return true;
  const { timeZone, windows, outside } = when.hours;
  return windows.some((hours) => isWithin(hours, timeZone, at)) !== (outside ?? false);
}

/** When quiet hours end that hold at `at`, looked for minute by minute; `at` when none do. */
export function afterQuiet(hours: WakingHours, timeZone: string, at: number): number {
  if (!isWithin(hours, timeZone, at)) return at;
  let next = Math.ceil(at / 60_000) * 60_000;
  while (isWithin(hours, timeZone, next)) next += 60_000;
  return next;
}
