import { didYouMean } from '../domain/closest.ts';
import { buildTopology, type Dependency, findCircles, isUpstream } from '../domain/topology.ts';
import type { UpstreamImpact } from '../domain/upstream.ts';
import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { type FieldError, ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import type { DependencyMap, EditDependencies } from './dependency-schemas.ts';
import { readProviders } from './upstreams/catalogue.ts';
import { providerOf } from './upstreams/in-use.ts';
import { ownedByConsole } from './edit-services.ts';

/** What stands on what, with the state of each and the incidents that are open. */
export async function readDependencyMap(ctx: Ctx): Promise<DependencyMap> {
  const services = await ctx.db
    .selectFrom('services')
    .select(['id', 'name', 'status', 'status_since'])
    .where('archived_at', 'is', null)
    .orderBy('name')
    .limit(5_000)
    .execute();
  const upstreams = await ctx.db.selectFrom('upstreams').select(['id', 'state', 'state_since']).orderBy('id').execute();
  const dependencies = await readAll(ctx);
  const open = await ctx.db
    .selectFrom('incident_services')
    .innerJoin('incidents', 'incidents.id', 'incident_services.incident_id')
    .select(['incident_services.service_id', 'incidents.id', 'number'])
    .where('incidents.status', '!=', 'resolved')
    .where('incident_services.impact', '!=', 'operational')
    .orderBy('incidents.id', 'desc')
    .execute();
  const causes = await ctx.db
    .selectFrom('incident_causes')
    .innerJoin('incidents', 'incidents.id', 'incident_causes.incident_id')
    .select(['cause_id', 'incidents.id', 'number'])
    .where('rank', '=', 1)
    .where('incidents.status', '!=', 'resolved')
    .execute();
  const incidentOf = new Map(open.map((row) => [row.service_id, { id: row.id, number: row.number }]));
  const causeOf = new Map(causes.map((row) => [row.cause_id, { id: row.id, number: row.number }]));
  const about = (id: string) => ({ incident: incidentOf.get(id) ?? null, causeOf: causeOf.get(id) ?? null });
  return {
    services: services.map((row) => ({
      id: row.id,
      name: row.name,
      status: row.status,
      since: row.status_since,
      ...about(row.id),
    })),
    upstreams: upstreams.map((row) => ({
      id: row.id,
      state: row.state as UpstreamImpact,
      since: row.state_since,
      ...about(row.id),
    })),
    dependencies: dependencies.map(({ serviceId, on, hardness }) => ({ from: serviceId, on, hardness })),
    circles: findCircles(buildTopology(dependencies)),
  };
}

async function readAll(ctx: Ctx): Promise<Dependency[]> {
  const rows = await ctx.db
    .selectFrom('service_dependencies')
    .innerJoin('services', 'services.id', 'service_dependencies.service_id')
    .select(['service_id', 'depends_on', 'hardness'])
    .where('services.archived_at', 'is', null)
    .orderBy('service_id')
    .orderBy('depends_on')
    .execute();
  return rows.map((row) => ({ serviceId: row.service_id, on: row.depends_on, hardness: row.hardness }));
}

/**
 * Says what a service stands on, in place of what was said before. Unknown names are refused with the one that was probably meant. Returns the circles
 * of hard dependencies that the service is part of now: allowed, and worth a warning, because inside one nobody can tell cause from effect.
 */
export async function setDependencies(
  ctx: Ctx,
  serviceId: string,
  { dependsOn }: EditDependencies,
  by: { actor: Actor; now: EpochMs },
): Promise<{ circles: string[][] }> {
  return transact(ctx, async (tx) => {
    await ownedByConsole(tx, serviceId);
    await requireKnown(tx, serviceId, dependsOn);
    await tx.db.deleteFrom('service_dependencies').where('service_id', '=', serviceId).execute();
    if (dependsOn.length > 0) {
      await tx.db
        .insertInto('service_dependencies')
        .values(dependsOn.map(({ on, hardness }) => ({ service_id: serviceId, depends_on: on, hardness })))
        .execute();
    }
    await appendEvents(tx, [
      { kind: 'service.dependencies-changed', at: by.now, actor: by.actor, serviceId, data: { dependsOn } },
    ]);
    const circles = findCircles(buildTopology(await readAll(tx)));
    return { circles: circles.filter((circle) => circle.includes(serviceId)) };
  });
}

async function requireKnown(ctx: Ctx, serviceId: string, dependsOn: EditDependencies['dependsOn']): Promise<void> {
  const services = await ctx.db.selectFrom('services').select('id').where('archived_at', 'is', null).execute();
  const ids = new Set(services.map((row) => row.id));
  const providers = await readProviders(ctx);
  const seen = new Set<string>();
  const fields: FieldError[] = [];
  dependsOn.forEach(({ on }, place) => {
    const path = `dependsOn.${place}.on`;
    if (on === serviceId) fields.push({ path, message: 'is this service itself' });
    else if (seen.has(on)) fields.push({ path, message: 'is there twice' });
    else if (isUpstream(on)) {
      const provider = providerOf(on);
      if (!providers.has(provider))
        fields.push({ path, message: `there is no provider ${provider}${didYouMean(provider, providers.keys())}` });
    } else if (!ids.has(on)) fields.push({ path, message: `there is no service ${on}${didYouMean(on, ids)}` });
    seen.add(on);
  });
  if (fields.length > 0)
    throw new ServiceError('invalid', fields[0]?.message ?? 'These dependencies cannot be.', { fields });
}
