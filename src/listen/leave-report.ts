import { reportAgainMs } from '../domain/reports.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { visitorHash } from '../platform/visitor.ts';
import { stepSeries } from './step-series.ts';
import { countVisitors, weighReports } from './weigh-reports.ts';

export interface LeaveReport {
  serviceId: string;
  address: string;
  userAgent: string;
  now: EpochMs;
}

/**
 * "I have a problem with this", from a visitor of the status page. A visitor counts once in half an hour; saying it again is answered the
 * same way. Returns how many different visitors said so in the last ten minutes.
 */
export async function leaveReport(ctx: Ctx, input: LeaveReport): Promise<{ others: number }> {
  // The scope changes every day: yesterday's reports cannot be joined to today's visitor.
  const day = Math.floor(input.now / 86_400_000);
  const visitor = visitorHash(ctx.secret, `report:${day}`, input.address, input.userAgent);
  return transact(ctx, async (tx) => {
    const onPage = await tx.db
      .selectFrom('components')
      .select('id')
      .where('service_id', '=', input.serviceId)
      .limit(1)
      .executeTakeFirst();
    if (!onPage) {
      throw new ServiceError('invalid', 'There is no such service on this page.', {
        fields: [{ path: 'serviceId', message: 'not on this page' }],
      });
    }
    // Serialises two reports of one visitor in the same moment.
    await tx.db.selectFrom('services').select('id').where('id', '=', input.serviceId).forUpdate().execute();
    const before = await tx.db
      .selectFrom('reports')
      .select('id')
      .where('visitor_hash', '=', visitor)
      .where('service_id', '=', input.serviceId)
      .where('at', '>', input.now - reportAgainMs)
      .limit(1)
      .executeTakeFirst();
    if (!before) {
      await tx.db
        .insertInto('reports')
        .values({ id: idFor(tx, 'rep'), service_id: input.serviceId, at: input.now, visitor_hash: visitor })
        .execute();
      await appendEvents(tx, [
        { kind: 'report.left', at: input.now, actor: { kind: 'visitor' }, serviceId: input.serviceId },
      ]);
      const target = { kind: 'service' as const, id: input.serviceId };
      await stepSeries(tx, { measure: 'reports', events: [{ target, at: input.now }], now: input.now });
      await weighReports(tx, input.serviceId, input.now);
    }
    tx.metrics.reports.inc({ outcome: before ? 'again' : 'counted' });
    return { others: Math.max(0, (await countVisitors(tx, input.serviceId, input.now)) - 1) };
  });
}
