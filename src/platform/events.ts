import { sql } from 'kysely';
import type { Actor, JsonObject } from '../domain/words.ts';
import { type Ctx, idFor } from './context.ts';

export interface NewEvent {
  kind: string;
  at: number;
  actor: Actor;
  incidentId?: string | undefined;
  serviceId?: string | undefined;
  data?: JsonObject;
}

export interface Event {
  seq: number;
  txid: string;
  id: string;
  at: number;
  kind: string;
  incidentId: string | null;
  serviceId: string | null;
  actor: Actor;
  data: JsonObject;
}

/** Appends to the log that is timeline, audit trail and outbox in one. Call it inside the transaction that changes the state. */
export async function appendEvents(ctx: Ctx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  if (!ctx.db.isTransaction) throw new Error('an event belongs into the transaction of the change that it tells');
  await ctx.db
    .insertInto('events')
    .values(
      events.map((event) => ({
        id: idFor(ctx, 'evt'),
        at: event.at,
        kind: event.kind,
        incident_id: event.incidentId ?? null,
        service_id: event.serviceId ?? null,
        actor_kind: event.actor.kind,
        actor_id: event.actor.id ?? null,
        data: JSON.stringify(event.data ?? {}),
      })),
    )
    .execute();
  ctx.wake('publish');
  ctx.wake('thanks');
  ctx.wake('live');
}

/** Where a reader stands in the log. */
export interface Position {
  txid: string;
  seq: number;
}

/**
 * Events after `position`, in an order in which nothing can appear later before something already read: only transactions older than every one
 * still running (pg_snapshot_xmin), by (txid, seq). An identity column alone would skip rows of a slower, concurrent transaction.
 */
export async function readEvents(ctx: Ctx, position: Position, limit: number): Promise<Event[]> {
  const rows = await ctx.db
    .selectFrom('events')
    .selectAll()
    .where(sql<boolean>`(txid, seq) > (${position.txid}::xid8, ${position.seq}::bigint)`)
    .where(sql<boolean>`txid < pg_snapshot_xmin(pg_current_snapshot())`)
    .orderBy('txid')
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(toEvent);
}

export function toEvent(row: {
  seq: number;
  txid: string;
  id: string;
  at: number;
  kind: string;
  incident_id: string | null;
  service_id: string | null;
  actor_kind: Actor['kind'];
  actor_id: string | null;
  data: JsonObject;
}): Event {
  return {
    seq: row.seq,
    txid: String(row.txid),
    id: row.id,
    at: row.at,
    kind: row.kind,
    incidentId: row.incident_id,
    serviceId: row.service_id,
    actor: row.actor_id === null ? { kind: row.actor_kind } : { kind: row.actor_kind, id: row.actor_id },
    data: row.data,
  };
}

/** Where the named reader stands; the start of the log when it has never read. */
export async function readCursor(ctx: Ctx, name: string): Promise<Position> {
  const row = await ctx.db.selectFrom('cursors').select(['txid', 'seq']).where('name', '=', name).executeTakeFirst();
  return row ?? { txid: '0', seq: 0 };
}

/** Moves the named reader. Call it in the transaction that holds the work done for the events passed. */
export async function moveCursor(ctx: Ctx, name: string, to: Position): Promise<void> {
  const row = { name, txid: to.txid, seq: to.seq, updated_at: ctx.clock.now() };
  await ctx.db
    .insertInto('cursors')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}
