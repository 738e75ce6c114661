import { findGaps, onCallAt, shiftsBetween } from '../domain/schedule-on-call.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { expandRule } from './expand-rule.ts';
import { readSchedules } from './on-call.ts';
import type { OnCallView } from './schemas.ts';

const dayMs = 86_400_000;

/** Who is on call now in every schedule, and the shifts and gaps of the next `days` days. */
export async function readOnCall(ctx: Ctx, now: EpochMs, days: number): Promise<OnCallView> {
  const schedules = await readSchedules(ctx, now);
  const owners = new Map(
    (await ctx.db.selectFrom('schedules').select(['id', 'owned_by']).execute()).map((row) => [row.id, row.owned_by]),
  );
  const people = new Map(
    (await ctx.db.selectFrom('people').select(['id', 'name']).execute()).map((row) => [row.id, row.name]),
  );
  const person = (id: string): { id: string; name: string } => ({ id, name: people.get(id) ?? id });
  return {
    schedules: schedules.map((schedule) => {
      const current = onCallAt(schedule, now, expandRule);
      return {
        id: schedule.id,
        name: schedule.name,
        timeZone: schedule.timeZone,
        ownedBy: owners.get(schedule.id) ?? 'console',
        now: current
          ? {
              person: person(current.personId),
              untilAt: current.untilAt,
              isOverride: current.source.kind === 'override',
            }
          : null,
        shifts: shiftsBetween(schedule, now, now + days * dayMs, expandRule).map((shift) => ({
          person: person(shift.personId),
          fromAt: shift.fromAt,
          untilAt: shift.untilAt,
          overrideId: shift.source.kind === 'override' ? shift.source.id : null,
        })),
        gaps: findGaps(schedule, now, now + days * dayMs, expandRule).map((gap) => ({
          fromAt: gap.fromAt,
          untilAt: gap.untilAt,
        })),
      };
    }),
  };
}
