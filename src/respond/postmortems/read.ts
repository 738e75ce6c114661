import { sql } from 'kysely';
import type { Ctx } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import type { ActionItem, Postmortem, PostmortemSummary } from './schemas.ts';

const summaries = (ctx: Ctx) =>
  ctx.db
    .selectFrom('postmortems')
    .innerJoin('incidents', 'incidents.id', 'postmortems.incident_id')
    .select(['postmortems.title', 'postmortems.state', 'postmortems.on_status_page', 'postmortems.updated_at'])
    .select([
      'postmortems.published_at',
      'incidents.id as incident_id',
      'incidents.number',
      'incidents.title as incident_title',
      'incidents.is_public',
    ])
    .select([
      sql<number>`(select count(*) from action_items a where a.postmortem_id = postmortems.id and a.done_at is null)`.as(
        'open_items',
      ),
      sql<number>`(select count(*) from action_items a where a.postmortem_id = postmortems.id and a.done_at is not null)`.as(
        'done_items',
      ),
    ]);

type SummaryRow = Awaited<ReturnType<ReturnType<typeof summaries>['execute']>>[number];

const toSummary = (row: SummaryRow): PostmortemSummary => ({
  incident: { id: row.incident_id, number: row.number, title: row.incident_title, isPublic: row.is_public },
  title: row.title,
  state: row.state,
  onStatusPage: row.on_status_page,
  updatedAt: row.updated_at,
  publishedAt: row.published_at,
  openItems: Number(row.open_items),
  doneItems: Number(row.done_items),
});

/** Postmortems, those of the newest incidents first; `beforeNumber` continues a list. */
export async function readPostmortems(ctx: Ctx, limit: number, beforeNumber?: number): Promise<PostmortemSummary[]> {
  const rows = await summaries(ctx)
    .$if(beforeNumber !== undefined, (query) => query.where('incidents.number', '<', beforeNumber ?? 0))
    .orderBy('incidents.number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toSummary);
}

/** The postmortem of one incident. Throws `not-found`. */
export async function readPostmortem(ctx: Ctx, incidentId: string): Promise<Postmortem> {
  const row = await summaries(ctx)
    .leftJoin('people', 'people.id', 'postmortems.updated_by')
    .select(['postmortems.id', 'postmortems.body', 'postmortems.public_body', 'postmortems.version'])
    .select(['people.id as writer_id', 'people.name as writer_name'])
    .where('incidents.id', '=', incidentId)
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no postmortem of this incident yet.');
  const reviews = await ctx.db
    .selectFrom('postmortem_reviews')
    .innerJoin('people', 'people.id', 'postmortem_reviews.person_id')
    .select(['people.id', 'people.name', 'postmortem_reviews.version', 'postmortem_reviews.at'])
    .where('postmortem_id', '=', row.id)
    .orderBy('postmortem_reviews.at')
    .execute();
  return {
    ...toSummary(row),
    body: row.body,
    publicBody: row.public_body,
    version: row.version,
    updatedBy: row.writer_id === null ? null : { id: row.writer_id, name: row.writer_name ?? row.writer_id },
    reviews: reviews.map(({ id, name, version, at }) => ({ person: { id, name }, version, at })),
    actionItems: (await actionItems(ctx).where('incidents.id', '=', incidentId).execute()).map(toItem),
  };
}

/** What is still to be done over all postmortems, what is due first, or what was done last. */
export async function readActionItems(ctx: Ctx, state: 'open' | 'done', limit: number): Promise<ActionItem[]> {
  const rows = await actionItems(ctx)
    .where('action_items.done_at', state === 'open' ? 'is' : 'is not', null)
    .$if(state === 'done', (query) => query.clearOrderBy().orderBy('action_items.done_at', 'desc'))
    .limit(limit)
    .execute();
  return rows.map(toItem);
}

const actionItems = (ctx: Ctx) =>
  ctx.db
    .selectFrom('action_items')
    .innerJoin('postmortems', 'postmortems.id', 'action_items.postmortem_id')
    .innerJoin('incidents', 'incidents.id', 'postmortems.incident_id')
    .leftJoin('people', 'people.id', 'action_items.owner_id')
    .select(['action_items.id', 'action_items.text', 'action_items.due_on', 'action_items.created_at'])
    .select([
      'action_items.done_at',
      'people.id as owner_id',
      'people.name as owner_name',
      'incidents.id as incident_id',
      'incidents.number',
      'incidents.title',
    ])
    .orderBy(
      (order) => order.ref('action_items.due_on'),
      (order) => order.asc().nullsLast(),
    )
    .orderBy('action_items.created_at')
    .orderBy('action_items.id');

type ItemRow = Awaited<ReturnType<ReturnType<typeof actionItems>['execute']>>[number];

const toItem = (row: ItemRow): ActionItem => ({
  id: row.id,
  text: row.text,
  owner: row.owner_id === null ? null : { id: row.owner_id, name: row.owner_name ?? row.owner_id },
  dueOn: row.due_on,
  createdAt: row.created_at,
  doneAt: row.done_at,
  incident: { id: row.incident_id, number: row.number, title: row.title },
});
