import type { Kysely } from 'kysely';
import type { EpochMs, OwnedBy } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import type { RowDiff } from './diff-rows.ts';

/** The tables whose rows the file owns one by one: they share these columns, and only these are named here. */
export type OwnedTable =
  | 'people'
  | 'contact_methods'
  | 'policies'
  | 'teams'
  | 'schedules'
  | 'services'
  | 'checks'
  | 'integrations'
  | 'publish_targets';

interface AnyOwnedRow {
  id: string;
  owned_by: OwnedBy;
  created_at: EpochMs;
  archived_at: EpochMs | null;
  [column: string]: unknown;
}

/** The same database, seen so that one function can write them all; the typed rows come from desiredRows. */
const ownedTables = (ctx: Ctx): Kysely<Record<OwnedTable, AnyOwnedRow>> =>
  ctx.db as unknown as Kysely<Record<OwnedTable, AnyOwnedRow>>;

const batchSize = 200;

/** Archives: the rows leave every screen and every loop, and what history refers to them stays. */
export async function archiveRows(ctx: Ctx, table: OwnedTable, ids: readonly string[], now: EpochMs): Promise<void> {
  for (const batch of batches(ids)) {
    await ownedTables(ctx).updateTable(table).set({ archived_at: now }).where('id', 'in', batch).execute();
  }
}

/** Inserts, revives and changes. `onInsert` and `onRevive` give the columns that the file says nothing about. */
export async function writeRows<D extends { id: string }>(
  ctx: Ctx,
  table: OwnedTable,
  diff: RowDiff<D>,
  now: EpochMs,
  more: { onInsert?: object; onRevive?: object } = {},
): Promise<void> {
  const db = ownedTables(ctx);
  for (const batch of batches(diff.insert)) {
    const rows = batch.map((row) => ({
      ...encode(row),
      ...more.onInsert,
      id: row.id,
      owned_by: 'file' as const,
      created_at: now,
      archived_at: null,
    }));
    await db.insertInto(table).values(rows).execute();
  }
  for (const row of diff.revive) {
    const set = { ...encode(row), ...more.onRevive, owned_by: 'file' as const, archived_at: null };
    await db.updateTable(table).set(set).where('id', '=', row.id).execute();
  }
  for (const { id, set } of diff.change) await db.updateTable(table).set(encode(set)).where('id', '=', id).execute();
}

/** jsonb columns are written as text; an id is never written over. */
function encode(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([column, value]) => column !== 'id' && value !== undefined)
      .map(([column, value]) => [
        column,
        typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as unknown),
      ]),
  );
}

export function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += batchSize) yield items.slice(from, from + batchSize);
}
