import ical from 'ical-generator';
import { turnsBetween } from '../../domain/schedule-on-call.ts';
import type { Shift } from '../../domain/schedule.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { expandRule } from '../expand-rule.ts';
import { readSchedules } from '../on-call.ts';

const dayMs = 86_400_000;
const behindMs = 31 * dayMs;
const aheadMs = 183 * dayMs;

/** Whose calendar: one person's shifts in every schedule, or all of a schedule. */
export type CalendarOf = { personId: string } | { scheduleId: string };

/**
 * Shifts as an iCalendar (RFC 5545), from a month ago to half a year ahead. A shift keeps its UID for as long as it begins when it
 * begins and is the same person's, so that a calendar program changes its entry instead of adding one.
 */
export async function shiftsAsCalendar(ctx: Ctx, of: CalendarOf, now: EpochMs): Promise<string> {
  const fromAt = now - behindMs;
  const schedules = await readSchedules(ctx, fromAt, 'scheduleId' in of ? [of.scheduleId] : undefined);
  const names = new Map(
    (await ctx.db.selectFrom('people').select(['id', 'name']).execute()).map(({ id, name }) => [id, name]),
  );
  const { hostname } = new URL(ctx.publicUrl);
  const [only] = schedules;
  const title = 'scheduleId' in of ? (only?.name ?? 'Schedule') : (names.get(of.personId) ?? of.personId);
  const calendar = ical({
    name: `On call: ${title}`,
    prodId: { company: 'HugOps', product: 'HugOps', language: 'EN' },
    // Calendar programs ask again after this long; most have a mind of their own.
    ttl: 3_600,
  });
  for (const schedule of schedules) {
    for (const shift of turnsBetween(schedule, fromAt, now + aheadMs, expandRule)) {
      if ('personId' in of && shift.personId !== of.personId) continue;
      const person = names.get(shift.personId) ?? shift.personId;
      calendar.createEvent({
        id: `${uidOf(shift)}@${hostname}`,
        stamp: new Date(now),
        start: new Date(shift.fromAt),
        end: new Date(shift.untilAt),
        summary: 'personId' in of ? `On call: ${schedule.name}` : `${person} on call: ${schedule.name}`,
        url: `${ctx.publicUrl}/console/on-call`,
      });
    }
  }
  return calendar.toString();
}

const uidOf = ({ scheduleId, fromAt, personId }: Shift): string => `shift-${scheduleId}-${fromAt}-${personId}`;
