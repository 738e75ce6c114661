import { checkSchedule } from '../../domain/schedule-check.ts';
import { findDoubleBookings } from '../../domain/schedule-findings.ts';
import { findGaps, shiftsBetween } from '../../domain/schedule-on-call.ts';
import { qualityScore } from '../../domain/schedule-quality.ts';
import { wholeRoundsMs } from '../../domain/schedule-span.ts';
import type { Layer, Schedule } from '../../domain/schedule.ts';
import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor } from '../../platform/context.ts';
import { expandRule } from '../expand-rule.ts';
import { readSchedules } from '../on-call.ts';
import { problemText, qualityText, warning } from './finding-texts.ts';
import type { LayerBody, PlanFinding, ScheduleBody, SchedulePreview } from './schemas.ts';

/** Who can be on call, by id. */
export type KnownPeople = ReadonlyMap<string, { name: string; timeZone: string; methods: number }>;

export async function readKnownPeople(ctx: Ctx): Promise<KnownPeople> {
  const rows = await ctx.db
    .selectFrom('people')
    .select(['id', 'name', 'time_zone'])
    .select((select) =>
      select
        .selectFrom('contact_methods')
        .whereRef('contact_methods.person_id', '=', 'people.id')
        .where('contact_methods.archived_at', 'is', null)
        .select((count) => count.fn.countAll<number>().as('count'))
        .as('methods'),
    )
    .where('people.archived_at', 'is', null)
    .execute();
  return new Map(
    rows.map((row) => [row.id, { name: row.name, timeZone: row.time_zone, methods: Number(row.methods ?? 0) }]),
  );
}

/** The layers of a request as the domain computes with them; new ones get an id. */
export function toLayers(ctx: Ctx, layers: readonly LayerBody[]): Layer[] {
  return layers.map(({ id, name, timeZone, people, rotation, restrictions, fromAt, untilAt }) => ({
    id: id ?? idFor(ctx, 'lay'),
    people,
    rotation,
    ...(name === undefined || name === '' ? {} : { name }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(restrictions === undefined || restrictions.length === 0
      ? {}
      : { restrictions: restrictions.map(({ days, ...hours }) => (days === undefined ? hours : { days, ...hours })) }),
    ...(fromAt === undefined ? {} : { fromAt }),
    ...(untilAt === undefined ? {} : { untilAt }),
  }));
}

/** What is wrong with a schedule and what is odd about it. Refusals first. */
export function judgeSchedule(schedule: Schedule, people: KnownPeople, now: EpochMs): PlanFinding[] {
  const problems = checkSchedule(schedule, { people: new Set(people.keys()), expand: expandRule });
  const refusals = problems.filter(({ severity }) => severity === 'refuse');
  if (refusals.length > 0) return refusals.map(problemText);
  const findings = problems.map(problemText);
  const spanMs = wholeRoundsMs(schedule);
  const gaps = findGaps(schedule, now, now + spanMs, expandRule);
  const openMs = gaps.reduce((sum, gap) => sum + gap.untilAt - gap.fromAt, 0);
  if (openMs >= spanMs)
    findings.push(warning('covers-nobody', 'layers', 'This schedule covers nobody: no one would be called.'));
  else if (openMs > 0) findings.push(warning('gaps', 'layers', 'There are times when nobody is on call.'));
  const inLayers = new Set(schedule.layers.flatMap((layer) => layer.people));
  for (const id of inLayers) {
    const person = people.get(id);
    if (person?.methods === 0)
      findings.push(
        warning('no-contact-method', 'layers', `${person.name} cannot be paged: there is no contact method.`),
      );
  }
  return findings;
}

/** A schedule as it would be: who is on call when, where nobody is, who would be in two places, and how kind it is. Nothing is kept. */
export async function previewSchedule(
  ctx: Ctx,
  body: ScheduleBody & { id?: string | undefined },
  now: EpochMs,
): Promise<SchedulePreview> {
  const people = await readKnownPeople(ctx);
  const others = await readSchedules(ctx, now);
  const current = others.find(({ id }) => id === body.id);
  const schedule: Schedule = {
    ...current,
    id: body.id ?? 'new',
    name: body.name,
    timeZone: body.timeZone,
    layers: toLayers(ctx, body.layers),
  };
  const findings = judgeSchedule(schedule, people, now);
  const nothing = { shifts: [], gaps: [], doubleBookings: [], quality: null };
  if (findings.some(({ severity }) => severity === 'refuse'))
    return { findings, fromAt: now, untilAt: now, ...nothing };
  const untilAt = now + wholeRoundsMs(schedule);
  const ref = (id: string): { id: string; name: string } => ({ id, name: people.get(id)?.name ?? id });
  const all = [schedule, ...others.filter(({ id }) => id !== schedule.id)];
  const names = new Map(all.map(({ id, name }) => [id, name]));
  const bookings = findDoubleBookings(all, now, untilAt, expandRule).filter(
    ({ kind, scheduleIds }) => kind === 'person-in-two-schedules' && scheduleIds.includes(schedule.id),
  );
  const zoneOf = (id: string): string | undefined => people.get(id)?.timeZone;
  const quality = qualityScore(schedule, { fromAt: now, untilAt, zoneOf, expand: expandRule });
  return {
    findings,
    fromAt: now,
    untilAt,
    shifts: shiftsBetween(schedule, now, untilAt, expandRule)
      .slice(0, mostShown)
      .map((shift) => ({
        person: ref(shift.personId),
        fromAt: shift.fromAt,
        untilAt: shift.untilAt,
        layerId: shift.source.kind === 'layer' ? shift.source.id : null,
      })),
    gaps: findGaps(schedule, now, untilAt, expandRule)
      .slice(0, mostShown)
      .map((gap) => ({ fromAt: gap.fromAt, untilAt: gap.untilAt })),
    doubleBookings: bookings.slice(0, 50).flatMap((booking) =>
      booking.personIds.map((id) => ({
        person: ref(id),
        schedules: booking.scheduleIds.filter((one) => one !== schedule.id).map((one) => names.get(one) ?? one),
        fromAt: booking.fromAt,
        untilAt: booking.untilAt,
      })),
    ),
    quality: {
      score: quality.score,
      parts: quality.parts.map((part) => ({
        kind: part.kind,
        points: part.points,
        ofPoints: part.ofPoints,
        message: qualityText(part),
      })),
      people: quality.people.map((load) => ({
        person: ref(load.personId),
        onCallMs: load.onCallMs,
        nightMs: load.nightMs,
        weekendMs: load.weekendMs,
      })),
    },
  };
}

/** A month of hourly turns is 720 of them. */
const mostShown = 1_000;
