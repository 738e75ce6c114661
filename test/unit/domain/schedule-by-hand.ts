import type { Rotation } from '../../../src/domain/rotation.ts';
import type { Layer, Schedule, Shift, Span } from '../../../src/domain/schedule.ts';

/**
 * The law of schedules a second time, the way a person would do it with paper: write down every hand-off since the start, draw
 * each layer as a strip, and paste strip upon strip, the stronger over the weaker. No arithmetic is shared with src/domain;
 * local times go through Temporal's own disambiguation.
 */
export interface Strip extends Span {
  readonly personId: string;
  readonly source: string;
  readonly why: string;
  readonly insteadOf?: string;
}

/** The wall clock of `zone` first shows `local` or something later at this instant. */
export function instantOf(local: Temporal.PlainDateTime, zone: string): number {
  const zoned = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (zoned.toPlainDateTime().equals(local)) return zoned.epochMilliseconds;
  // The time does not exist, and 'earlier' lies before the jump.
  const jump = zoned.getTimeZoneTransition('next');
  if (jump === null) throw new Error(`no jump after ${zoned.toString()}`);
  return jump.epochMilliseconds;
}

/** The rule of a custom rotation in these tests: hours after the start, 'hours:5,17,40'. */
export function hoursOfRule(rule: string): number[] {
  return rule.replace('hours:', '').split(',').map(Number);
}

/** Every hand-off as local time, until well after `untilAt`; the list ends early when the rule does. */
function handOffs(rotation: Rotation, zone: string, untilAt: number): Temporal.PlainDateTime[] {
  const end = Temporal.Instant.fromEpochMilliseconds(untilAt)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .add({ days: 3 });
  let date = Temporal.PlainDate.from(rotation.start);
  const time = Temporal.PlainTime.from(rotation.handOffTime);
  const list: Temporal.PlainDateTime[] = [];
  if (rotation.kind === 'custom') {
    return hoursOfRule(rotation.rule).map((hours) => date.toPlainDateTime(time).add({ hours }));
  }
  if (rotation.kind === 'monthly') {
    let month = date.toPlainYearMonth();
    const inMonth = (): Temporal.PlainDate =>
      month.toPlainDate({ day: Math.min(rotation.handOffDayOfMonth, month.daysInMonth) });
    if (Temporal.PlainDate.compare(inMonth(), date) < 0) month = month.add({ months: 1 });
    do {
      list.push(inMonth().toPlainDateTime(time));
      month = month.add({ months: rotation.every });
    } while (Temporal.PlainDateTime.compare(list.at(-1) ?? end, end) < 0);
    return list;
  }
  if (rotation.kind === 'weekly') while (date.dayOfWeek !== rotation.handOffDay) date = date.add({ days: 1 });
  const unit = { hourly: 'hours', daily: 'days', weekly: 'weeks' }[rotation.kind];
  let local = date.toPlainDateTime(time);
  do {
    list.push(local);
    local = local.add({ [unit]: rotation.every });
  } while (Temporal.PlainDateTime.compare(list.at(-1) ?? end, end) < 0);
  return list;
}

/** Hours in which the layer is open, one span for each day on which one begins. */
function openHours(layer: Layer, zone: string, asked: Span): Span[] {
  if (layer.restrictions === undefined || layer.restrictions.length === 0)
    return [{ fromAt: -Infinity, untilAt: Infinity }];
  const day = (at: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  const spans: Span[] = [];
  const last = day(asked.untilAt).add({ days: 2 });
  for (
    let date = day(asked.fromAt).subtract({ days: 3 });
    Temporal.PlainDate.compare(date, last) < 0;
    date = date.add({ days: 1 })
  ) {
    for (const { days, from, to } of layer.restrictions) {
      if (days !== undefined && !days.includes(date.dayOfWeek)) continue;
      const endsNextDay = to === '24:00' || to <= from;
      const end = (endsNextDay ? date.add({ days: 1 }) : date).toPlainDateTime(to === '24:00' ? '00:00' : to);
      spans.push({ fromAt: instantOf(date.toPlainDateTime(from), zone), untilAt: instantOf(end, zone) });
    }
  }
  return spans;
}

function drawLayer(layer: Layer, schedule: Schedule, asked: Span): Strip[] {
  const zone = layer.timeZone ?? schedule.timeZone;
  const all = handOffs(layer.rotation, zone, asked.untilAt);
  const near = Temporal.Instant.fromEpochMilliseconds(asked.fromAt)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .subtract({ days: 3 });
  const begin = asked.fromAt - 1;
  // Far hand-offs only have to be counted.
  const at = all.map((local) => (Temporal.PlainDateTime.compare(local, near) < 0 ? begin : instantOf(local, zone)));
  const open = openHours(layer, zone, asked);
  const off = schedule.timeOff ?? [];
  const cuts = [...open, ...off, { fromAt: layer.fromAt ?? -Infinity, untilAt: layer.untilAt ?? Infinity }, asked];
  const edges = [...new Set([...at, ...cuts.flatMap((span) => [span.fromAt, span.untilAt])])]
    .filter((edge) => edge >= asked.fromAt && edge <= asked.untilAt)
    .toSorted((a, b) => a - b);
  const strips: Strip[] = [];
  for (const [index, fromAt] of edges.entries()) {
    const untilAt = edges[index + 1];
    if (untilAt === undefined) break;
    const turn = at.findLastIndex((handOff) => handOff <= fromAt);
    const inForce = (layer.fromAt ?? -Infinity) <= fromAt && fromAt < (layer.untilAt ?? Infinity);
    if (turn < 0 || !inForce || !open.some((span) => span.fromAt <= fromAt && fromAt < span.untilAt)) continue;
    const away = off.filter((one) => one.fromAt <= fromAt && fromAt < one.untilAt).map((one) => one.personId);
    const inOrder = layer.people.map((_, next) => layer.people[(turn + next) % layer.people.length] ?? '');
    const personId = inOrder.find((id) => !away.includes(id));
    const owner = inOrder[0];
    if (personId === undefined || owner === undefined) continue;
    const source = `layer ${layer.id}`;
    if (personId === owner) strips.push({ fromAt, untilAt, personId, source, why: 'turn' });
    else strips.push({ fromAt, untilAt, personId, source, why: 'covers-time-off', insteadOf: owner });
  }
  return strips;
}

/** What is left of the strips outside of a span. */
function tearOut(strips: readonly Strip[], { fromAt, untilAt }: Span): Strip[] {
  return strips.flatMap((strip) => [
    ...(strip.fromAt < fromAt ? [{ ...strip, untilAt: Math.min(strip.untilAt, fromAt) }] : []),
    ...(strip.untilAt > untilAt ? [{ ...strip, fromAt: Math.max(strip.fromAt, untilAt) }] : []),
  ]);
}

function overlap(a: Span, b: Span): Span | undefined {
  const span = { fromAt: Math.max(a.fromAt, b.fromAt), untilAt: Math.min(a.untilAt, b.untilAt) };
  return span.fromAt < span.untilAt ? span : undefined;
}

function paste(strips: readonly Strip[], strip: Strip): Strip[] {
  return [...tearOut(strips, strip), strip];
}

/** The final schedule: strips by start, those that say the same joined. */
export function drawSchedule(schedule: Schedule, fromAt: number, untilAt: number): Strip[] {
  const asked = { fromAt, untilAt };
  let strips: Strip[] = [];
  for (const layer of schedule.layers) {
    for (const strip of drawLayer(layer, schedule, asked)) strips = paste(strips, strip);
  }
  for (const temporary of schedule.temporary ?? []) {
    const range = overlap(temporary, asked);
    if (range === undefined) continue;
    strips = tearOut(strips, range);
    for (const shift of temporary.shifts) {
      const span = overlap(shift, range);
      const strip = { personId: shift.personId, source: `temporary ${temporary.id}`, why: 'temporary-schedule' };
      if (span !== undefined) strips = paste(strips, { ...strip, ...span });
    }
  }
  for (const { id, personId, insteadOf, ...range } of schedule.overrides ?? []) {
    const inAsked = overlap(range, asked);
    if (inAsked === undefined) continue;
    if (insteadOf === undefined) {
      strips = paste(strips, { ...inAsked, personId, source: `override ${id}`, why: 'override' });
      continue;
    }
    for (const strip of strips.filter((one) => one.personId === insteadOf)) {
      const span = overlap(strip, inAsked);
      const swapped = { personId, source: `override ${id}`, why: 'override-instead-of', insteadOf };
      if (span !== undefined) strips = paste(strips, { ...swapped, ...span });
    }
  }
  return join(strips.toSorted((a, b) => a.fromAt - b.fromAt));
}

function join(strips: readonly Strip[]): Strip[] {
  const joined: Strip[] = [];
  for (const strip of strips) {
    const last = joined.at(-1);
    if (last !== undefined && last.untilAt === strip.fromAt && label(last) === label(strip)) {
      joined[joined.length - 1] = { ...last, untilAt: strip.untilAt };
    } else joined.push(strip);
  }
  return joined;
}

export function label({ personId, source, why, insteadOf }: Strip): string {
  return `${personId} ${why} ${source} ${insteadOf ?? ''}`;
}

/** Transitions of a zone's offset in [fromAt, untilAt). */
export function transitions(zone: string, fromAt: number, untilAt: number): number[] {
  const found: number[] = [];
  let zoned = Temporal.Instant.fromEpochMilliseconds(fromAt - 1).toZonedDateTimeISO(zone);
  for (;;) {
    const next = zoned.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds >= untilAt) return found;
    found.push(next.epochMilliseconds);
    zoned = next;
  }
}

/** A shift of src/domain as a strip, for comparison. */
export function asStrip({ personId, source, why, insteadOf, fromAt, untilAt }: Shift): Strip {
  const strip = { personId, source: `${source.kind} ${source.id}`, why, fromAt, untilAt };
  return insteadOf === undefined ? strip : { ...strip, insteadOf };
}

export function lines(strips: readonly Strip[]): string[] {
  return strips.map(
    (strip) => `${new Date(strip.fromAt).toISOString()} ${new Date(strip.untilAt).toISOString()} ${label(strip)}`,
  );
}
