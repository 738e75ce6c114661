import { createRoute, z } from '@hono/zod-openapi';
import type { JsonObject } from '../domain/words.ts';
import { actorOf } from '../platform/auth/principal.ts';
import { atLeast } from '../platform/auth/sign-in.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { type Api, bodyOf, jsonOf, newApi, problemResponses } from '../platform/http/api.ts';
import type { Site } from './publisher.ts';
import { describeTarget, publishTargetSchema } from './push/push-target.ts';
import { newPublishTargetSchema, publicationSchema, type PublicationView } from './schemas.ts';

const idParam = z.object({ id: z.string().min(1).max(100) });
const mostTargets = 50;

/** How old the published page is, here and at every place it is pushed to, under /api/v1. */
export function publicationRoutes(ctx: Ctx, site: Site): Api {
  const api = newApi();
  api.openapi(
    createRoute({
      method: 'get',
      path: '/publication',
      summary: 'When the status page was published, and what each target has of it',
      responses: { 200: jsonOf(publicationSchema, 'The publication'), ...problemResponses },
    }),
    async (c) => c.json(await readPublication(ctx, site), 200),
  );
  api.openapi(
    createRoute({
      method: 'post',
      path: '/publish-targets',
      summary: 'Push the status page to one more place',
      description: 'A directory of this machine can be named in hugops.yaml only.',
      middleware: atLeast('admin'),
      request: { body: bodyOf(newPublishTargetSchema) },
      responses: { 201: jsonOf(z.object({ id: z.string() }), 'Added'), ...problemResponses },
    }),
    async (c) => {
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      return c.json({ id: await addTarget(ctx, { ...c.req.valid('json'), ...by }) }, 201);
    },
  );
  api.openapi(
    createRoute({
      method: 'delete',
      path: '/publish-targets/{id}',
      summary: 'Push there no more; what is there stays',
      middleware: atLeast('admin'),
      request: { params: idParam },
      responses: { 204: { description: 'Done' }, ...problemResponses },
    }),
    async (c) => {
      const by = { actor: actorOf(c.get('principal')), now: ctx.clock.now() };
      await removeTarget(ctx, { id: c.req.valid('param').id, ...by });
      return c.body(null, 204);
    },
  );
  return api;
}

interface By {
  actor: ReturnType<typeof actorOf>;
  now: number;
}

async function addTarget(ctx: Ctx, input: z.output<typeof newPublishTargetSchema> & By): Promise<string> {
  return transact(ctx, async (tx) => {
    const { count } = await tx.db
      .selectFrom('publish_targets')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('archived_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= mostTargets) throw new ServiceError('conflict', `There are ${mostTargets} targets already.`);
    const page = await tx.db.selectFrom('status_pages').select('id').where('id', '=', input.pageId).executeTakeFirst();
    if (page === undefined) {
      const message = `there is no page ${input.pageId}`;
      throw new ServiceError('invalid', message, { fields: [{ path: 'pageId', message }] });
    }
    const id = idFor(tx, 'tgt');
    const row = { id, page_id: page.id, kind: input.target.kind, config: JSON.stringify(input.target) };
    await tx.db
      .insertInto('publish_targets')
      .values({
        ...row,
        owned_by: 'console',
        created_at: input.now,
        archived_at: null,
        published_at: null,
        pushed_at: null,
        error: null,
      })
      .execute();
    await appendEvents(tx, [
      { kind: 'publication.target-added', at: input.now, actor: input.actor, data: { targetId: id, kind: row.kind } },
    ]);
    tx.wake('push');
    return id;
  });
}

async function removeTarget(ctx: Ctx, input: { id: string } & By): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await tx.db
      .selectFrom('publish_targets')
      .select(['owned_by', 'archived_at'])
      .where('id', '=', input.id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw new ServiceError('not-found', `There is no publish target ${input.id}.`);
    if (row.owned_by === 'file') {
      throw new ServiceError('owned-by-file', 'This target stands in hugops.yaml; take it out there.');
    }
    if (row.archived_at !== null) return;
    await tx.db.updateTable('publish_targets').set({ archived_at: input.now }).where('id', '=', input.id).execute();
    await appendEvents(tx, [
      { kind: 'publication.target-removed', at: input.now, actor: input.actor, data: { targetId: input.id } },
    ]);
  });
}

async function readPublication(ctx: Ctx, site: Site): Promise<PublicationView> {
  const rows = await ctx.db
    .selectFrom('publish_targets')
    .selectAll()
    .where('archived_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return {
    now: ctx.clock.now(),
    publishedAt: site.publication?.publishedAt ?? null,
    disk: { storedAt: site.disk.storedAt ?? null, error: site.disk.error ?? null },
    targets: rows.map((row) => ({
      id: row.id,
      pageId: row.page_id,
      kind: row.kind,
      where: whereOf(row.config),
      ownedBy: row.owned_by,
      publishedAt: row.published_at,
      pushedAt: row.pushed_at,
      failures: row.failures,
      error: row.error,
      nextAttemptAt: row.failures > 0 ? row.next_attempt_at : null,
    })),
  };
}

function whereOf(config: JsonObject): string {
  const parsed = publishTargetSchema.safeParse(config);
  return parsed.success ? describeTarget(parsed.data) : 'not understood';
}
