import type { Ctx } from '../platform/context.ts';
import type { MaintenanceModel } from './model.ts';
import type { ComponentOf } from './read-incidents.ts';

const completedForMs = 15 * 86_400_000;
const maxMaintenances = 100;

/** Planned and running maintenance by start, then what was completed lately, newest first. Cancelled plans are not shown. */
export async function readMaintenances(ctx: Ctx, components: ComponentOf, now: number): Promise<MaintenanceModel[]> {
  const [coming, completed] = await Promise.all([
    ctx.db
      .selectFrom('maintenances')
      .selectAll()
      .where('status', 'in', ['in_progress', 'scheduled'])
      .orderBy('starts_at')
      .limit(maxMaintenances)
      .execute(),
    ctx.db
      .selectFrom('maintenances')
      .selectAll()
      .where('status', '=', 'completed')
      .where('updated_at', '>', now - completedForMs)
      .orderBy('starts_at', 'desc')
      .limit(maxMaintenances)
      .execute(),
  ]);
  const rows = [...coming, ...completed];
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const services = await ctx.db
    .selectFrom('maintenance_services')
    .selectAll()
    .where('maintenance_id', 'in', ids)
    .execute();
  return rows.flatMap((row) => {
    if (row.status === 'cancelled') return [];
    const affected = [...components].flatMap(([serviceId, component]) =>
      services.some((service) => service.maintenance_id === row.id && service.service_id === serviceId)
        ? [{ ...component, impact: 'under_maintenance' as const }]
        : [],
    );
    return [
      {
        id: row.id,
        title: row.title,
        body: row.body,
        status: row.status,
        startsAt: row.starts_at,
        endsAt: row.ends_at,
        createdAt: row.created_at,
        updatedAt: row.updated_at,
        affected,
      },
    ];
  });
}
