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

/**
 * Where a reader stands in the log: everything that the snapshot `seen` could see was read. `until` and `seq` are set while a longer stretch
 * is read in pieces: from `seen` to `until`, past `seq`.
 */
export interface Cursor {
  seen: string;
  until: string | null;
  seq: number;
}

// The snapshot before the first transaction of any database (transaction ids below 3 are reserved).
const beginning: Cursor = { seen: '3:3:', until: null, seq: 0 };

/**
 * The next events for the reader, at most `limit`, and where it stands after them. An identity column alone would skip rows of a slower,
 * concurrent transaction; waiting for every older transaction would let any long one hold the reader up. So a reader remembers the snapshot
 * that it has seen, and asks for what a newer one sees and that one did not: nothing is skipped, nothing is waited for. Events of one
 * incident come in order, because each is written under the incident's lock.
 */
export async function readEvents(ctx: Ctx, reader: string, limit: number): Promise<{ events: Event[]; next: Cursor }> {
  const cursor = await readCursor(ctx, reader);
  const piece = await readPiece(ctx, cursor, limit);
  if (piece.events.length > 0 || cursor.until === null) return piece;
  // The stretch had ended with its last piece: go on behind it.
  return readPiece(ctx, piece.next, limit);
}

async function readPiece(ctx: Ctx, cursor: Cursor, limit: number): Promise<{ events: Event[]; next: Cursor }> {
  const until = cursor.until ?? (await currentSnapshot(ctx));
  const rows = await ctx.db
    .selectFrom('events')
    .selectAll()
    .where(sql<boolean>`txid >= pg_snapshot_xmin(${cursor.seen}::pg_snapshot)`)
    .where(sql<boolean>`not pg_visible_in_snapshot(txid, ${cursor.seen}::pg_snapshot)`)
    .where(sql<boolean>`pg_visible_in_snapshot(txid, ${until}::pg_snapshot)`)
    .where('seq', '>', cursor.seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  const last = rows.at(-1);
  const isWhole = rows.length < limit || last === undefined;
  const next = isWhole ? { seen: until, until: null, seq: 0 } : { seen: cursor.seen, until, seq: last.seq };
  return { events: rows.map(toEvent), next };
}

async function currentSnapshot(ctx: Ctx): Promise<string> {
  const { rows } = await sql<{ snapshot: string }>`select pg_current_snapshot()::text as snapshot`.execute(ctx.db);
  if (!rows[0]) throw new Error('a database has a current snapshot');
  return rows[0].snapshot;
}

export function toEvent(row: {
  seq: number;
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
    id: row.id,
    at: row.at,
    kind: row.kind,
    incidentId: row.incident_id,
    serviceId: row.service_id,
    actor: row.actor_id === null ? { kind: row.actor_kind } : { kind: row.actor_kind, id: row.actor_id },
    data: row.data,
  };
}

async function readCursor(ctx: Ctx, reader: string): Promise<Cursor> {
  const row = await ctx.db
    .selectFrom('cursors')
    .select(['seen', 'until', 'seq'])
    .where('name', '=', reader)
    .executeTakeFirst();
  return row ?? beginning;
}

/** Moves the named reader. Call it in the transaction that holds the work done for the events passed. */
export async function moveCursor(ctx: Ctx, reader: string, to: Cursor): Promise<void> {
  const row = { name: reader, ...to, updated_at: ctx.clock.now() };
  await ctx.db
    .insertInto('cursors')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}
