import { isDeepStrictEqual } from 'node:util';
import type { OwnedBy } from '../../../domain/words.ts';

export interface OwnedRow {
  readonly id: string;
  readonly owned_by: OwnedBy;
  readonly archived_at: number | null;
}

export interface RowDiff<D> {
  readonly insert: D[];
  /** The columns that differ, of rows in use. */
  readonly change: { id: string; set: Partial<D> }[];
  /** Rows that were archived and are wanted again, and those that the file takes over. */
  readonly revive: D[];
  readonly archive: string[];
  /** Ids that the console uses for something of its own. */
  readonly conflicts: string[];
}

/**
 * What has to happen to the rows there are, so that those the file owns are the wanted ones. A wanted column that is undefined
 * is left as it is.
 */
export function diffRows<D extends { id: string }>(
  existing: readonly (OwnedRow & { [C in keyof D]: D[C] | null })[],
  wanted: readonly D[],
  mayTakeOver: (id: string) => boolean = () => false,
): RowDiff<D> {
  const diff: RowDiff<D> = { insert: [], change: [], revive: [], archive: [], conflicts: [] };
  const byId = new Map(existing.map((row) => [row.id, row]));
  for (const row of wanted) {
    const before = byId.get(row.id);
    if (before === undefined) diff.insert.push(row);
    else if (before.archived_at !== null) diff.revive.push(row);
    else if (before.owned_by === 'console' && mayTakeOver(row.id)) diff.revive.push(row);
    else if (before.owned_by === 'console') diff.conflicts.push(row.id);
    else {
      const set = changedColumns(before, row);
      if (Object.keys(set).length > 0) diff.change.push({ id: row.id, set });
    }
  }
  const ids = new Set(wanted.map(({ id }) => id));
  for (const row of existing) {
    if (row.owned_by === 'file' && row.archived_at === null && !ids.has(row.id)) diff.archive.push(row.id);
  }
  return diff;
}

/** The columns of `after` that are not as in `before`. Order of keys and fields left undefined make no difference, as in jsonb. */
export function changedColumns<D extends object>(before: { [C in keyof D]: D[C] | null }, after: D): Partial<D> {
  const set: Partial<D> = {};
  for (const column of Object.keys(after) as (keyof D)[]) {
    if (after[column] !== undefined && !isDeepStrictEqual(asJson(before[column]), asJson(after[column])))
      set[column] = after[column];
  }
  return set;
}

const asJson = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (JSON.parse(JSON.stringify(value)) as unknown) : value;
