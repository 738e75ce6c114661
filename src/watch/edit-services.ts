import type { z } from 'zod';
import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { invalid } from '../platform/http/api.ts';
import { newSecret } from '../platform/random.ts';
import { checkConfigSchema } from './checks/index.ts';
import { hashKey, keyHint, newIntegrationKey } from './inbound/integration-key.ts';
import { requireLocations } from './probes/edit-probes.ts';
import type { newCheckSchema, newIntegrationSchema, newServiceSchema } from './schemas.ts';

interface By {
  actor: Actor;
  now: EpochMs;
}

/** Adds a service, on the status page too unless said otherwise. Throws `conflict` when the id is taken. */
export async function addService(ctx: Ctx, input: z.output<typeof newServiceSchema>, by: By): Promise<string> {
  const id = input.id ?? slugOf(input.name, idFor(ctx, 'svc'));
  await transact(ctx, async (tx) => {
    const taken = await tx.db.selectFrom('services').select('id').where('id', '=', id).executeTakeFirst();
    if (taken)
      throw new ServiceError('conflict', `There is a service ${id} already.`, {
        fields: [{ path: 'name', message: 'is taken' }],
      });
    const team = await tx.db
      .selectFrom('teams')
      .select('id')
      .where('archived_at', 'is', null)
      .$if(input.teamId !== undefined, (query) => query.where('id', '=', input.teamId ?? ''))
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst();
    if (!team && input.teamId !== undefined)
      throw new ServiceError('invalid', 'There is no such team.', {
        fields: [{ path: 'teamId', message: 'no such team' }],
      });
    await tx.db
      .insertInto('services')
      .values({
        id,
        name: input.name,
        description: input.description,
        team_id: team?.id ?? null,
        policy_id: null,
        status_since: by.now,
        owned_by: 'console',
        created_at: by.now,
      })
      .execute();
    await tx.db
      .insertInto('service_status_changes')
      .values({ service_id: id, at: by.now, status: 'unknown', reason: 'created' })
      .execute();
    if (input.onStatusPage) await addComponent(tx, id, input.name, by.now);
    await appendEvents(tx, [
      { kind: 'service.added', at: by.now, actor: by.actor, serviceId: id, data: { name: input.name } },
    ]);
  });
  return id;
}

async function addComponent(ctx: Ctx, serviceId: string, name: string, now: EpochMs): Promise<void> {
  const page = await ctx.db.selectFrom('status_pages').select('id').orderBy('created_at').limit(1).executeTakeFirst();
  if (!page) return;
  const last = await ctx.db
    .selectFrom('components')
    .select((select) => select.fn.max('position').as('position'))
    .where('page_id', '=', page.id)
    .executeTakeFirst();
  await ctx.db
    .insertInto('components')
    .values({
      id: idFor(ctx, 'cmp'),
      page_id: page.id,
      group_id: null,
      service_id: serviceId,
      name,
      position: Number(last?.position ?? 0) + 1,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** Takes a service out of use. Its history stays. Its checks' firing alerts clear by themselves (see the scheduler's reload). */
export async function archiveService(ctx: Ctx, serviceId: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const service = await ownedByConsole(tx, serviceId);
    await tx.db.updateTable('services').set({ archived_at: by.now }).where('id', '=', service.id).execute();
    await tx.db
      .updateTable('checks')
      .set({ archived_at: by.now })
      .where('service_id', '=', service.id)
      .where('archived_at', 'is', null)
      .execute();
    await tx.db
      .updateTable('integrations')
      .set({ archived_at: by.now })
      .where('service_id', '=', service.id)
      .where('archived_at', 'is', null)
      .execute();
    await tx.db.deleteFrom('components').where('service_id', '=', service.id).execute();
    await appendEvents(tx, [{ kind: 'service.archived', at: by.now, actor: by.actor, serviceId: service.id }]);
  });
}

/** The service, locked; refuses one that is not there or that hugops.yaml describes. */
export async function ownedByConsole(ctx: Ctx, serviceId: string): Promise<{ id: string; name: string }> {
  const service = await ctx.db
    .selectFrom('services')
    .select(['id', 'name', 'owned_by'])
    .where('id', '=', serviceId)
    .where('archived_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!service) throw new ServiceError('not-found', 'There is no such service.');
  if (service.owned_by === 'file')
    throw new ServiceError('owned-by-file', `${service.name} is described in hugops.yaml. Please change it there.`);
  return service;
}

/** Adds a check to a service. `config` is checked by its kind's schema; fields in errors are named as `config.url`. */
export async function addCheck(
  ctx: Ctx,
  serviceId: string,
  input: z.output<typeof newCheckSchema>,
  by: By,
): Promise<string> {
  const parsed = checkConfigSchema.safeParse(input.config);
  if (!parsed.success) {
    const error = invalid(parsed.error);
    throw new ServiceError('invalid', error.message, {
      fields: error.fields.map((field) => ({ ...field, path: `config.${field.path}` })),
    });
  }
  const { kind, ...config } = parsed.data;
  const id = idFor(ctx, 'chk');
  await transact(ctx, async (tx) => {
    const service = await tx.db
      .selectFrom('services')
      .select('id')
      .where('id', '=', serviceId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!service) throw new ServiceError('not-found', 'There is no such service.');
    await requireLocations(tx, input.locations);
    await tx.db
      .insertInto('checks')
      .values({
        id,
        service_id: serviceId,
        kind,
        name: input.name ?? kind,
        config: JSON.stringify(config),
        interval_ms: input.intervalMs,
        timeout_ms: input.timeoutMs,
        failure_threshold: input.failureThreshold,
        recovery_threshold: input.recoveryThreshold,
        severity: input.severity,
        locations: JSON.stringify(input.locations),
        agreement: String(input.agreement),
        ping_key: kind === 'heartbeat' ? newSecret(tx.random) : null,
        verdict_since: by.now,
        owned_by: 'console',
        created_at: by.now,
      })
      .execute();
    await appendEvents(tx, [
      { kind: 'check.added', at: by.now, actor: by.actor, serviceId, data: { checkId: id, kind } },
    ]);
  });
  return id;
}

/** Takes a check out of use; an alert of it clears when the scheduler learns of it. */
export async function archiveCheck(ctx: Ctx, checkId: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const check = await tx.db
      .selectFrom('checks')
      .select(['id', 'name', 'owned_by', 'service_id'])
      .where('id', '=', checkId)
      .where('archived_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!check) throw new ServiceError('not-found', 'There is no such check.');
    if (check.owned_by === 'file')
      throw new ServiceError('owned-by-file', `${check.name} is described in hugops.yaml. Please change it there.`);
    await tx.db.updateTable('checks').set({ archived_at: by.now }).where('id', '=', checkId).execute();
    await appendEvents(tx, [
      { kind: 'check.archived', at: by.now, actor: by.actor, serviceId: check.service_id, data: { checkId } },
    ]);
  });
}

/** Adds a source of alerts and returns its key, which is shown this once: only its hash is kept. */
export async function addIntegration(
  ctx: Ctx,
  serviceId: string,
  input: z.output<typeof newIntegrationSchema>,
  by: By,
): Promise<{ id: string; key: string }> {
  const id = idFor(ctx, 'int');
  const key = newIntegrationKey(ctx.random);
  await transact(ctx, async (tx) => {
    const service = await tx.db
      .selectFrom('services')
      .select('id')
      .where('id', '=', serviceId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!service) throw new ServiceError('not-found', 'There is no such service.');
    await tx.db
      .insertInto('integrations')
      .values({
        id,
        kind: input.kind,
        name: input.name,
        service_id: serviceId,
        key_hash: hashKey(key),
        key_hint: keyHint(key),
        config: JSON.stringify(input.config),
        owned_by: 'console',
        created_at: by.now,
      })
      .execute();
    await appendEvents(tx, [
      {
        kind: 'integration.added',
        at: by.now,
        actor: by.actor,
        serviceId,
        data: { integrationId: id, kind: input.kind },
      },
    ]);
  });
  return { id, key };
}

/** Withdraws a source's key. Alerts that it raised stay until they are resolved. */
export async function archiveIntegration(ctx: Ctx, integrationId: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const source = await tx.db
      .selectFrom('integrations')
      .select(['id', 'name', 'owned_by', 'service_id'])
      .where('id', '=', integrationId)
      .where('archived_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!source) throw new ServiceError('not-found', 'There is no such source of alerts.');
    if (source.owned_by === 'file')
      throw new ServiceError('owned-by-file', `${source.name} is described in hugops.yaml. Please change it there.`);
    await tx.db.updateTable('integrations').set({ archived_at: by.now }).where('id', '=', source.id).execute();
    await appendEvents(tx, [
      {
        kind: 'integration.archived',
        at: by.now,
        actor: by.actor,
        serviceId: source.service_id,
        data: { integrationId: source.id },
      },
    ]);
  });
}

function slugOf(name: string, otherwise: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return slug === '' ? otherwise : slug;
}
