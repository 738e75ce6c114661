import type { EpochMs } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import type { ComponentRow, DesiredRows, GroupRow } from './desired-rows.ts';
import { changedColumns } from './diff-rows.ts';
import type { ExistingRows } from './existing-rows.ts';

/**
 * Brings the status page up to date. A page that vanished from the file is handed to the console as it is, because its readers
 * and subscribers are still there. Returns whether anything changed.
 */
export async function writePage(ctx: Ctx, wanted: DesiredRows, existing: ExistingRows, now: EpochMs): Promise<boolean> {
  const { page } = wanted;
  if (page === undefined) {
    const released = await ctx.db
      .updateTable('status_pages')
      .set({ owned_by: 'console', updated_at: now })
      .where('owned_by', '=', 'file')
      .returning('id')
      .execute();
    return released.length > 0;
  }
  const before = existing.pages.find(({ id }) => id === page.row.id);
  let changed = false;
  if (before === undefined) {
    const row = { ...page.row, owned_by: 'file' as const, created_at: now, updated_at: now };
    await ctx.db.insertInto('status_pages').values(row).execute();
    changed = true;
  } else {
    const set = changedColumns(before, page.row);
    if (Object.keys(set).length > 0 || before.owned_by !== 'file') {
      const row = { ...set, owned_by: 'file' as const, updated_at: now };
      await ctx.db.updateTable('status_pages').set(row).where('id', '=', page.row.id).execute();
      changed = true;
    }
  }
  const groups = existing.groups.filter((row) => row.page_id === page.row.id);
  const components = existing.components.filter((row) => row.page_id === page.row.id);
  // Groups first and their removal last: a component moves before its old group goes, which would take it along.
  const newGroups = await writeGroups(ctx, page.groups, groups);
  const newComponents = await writeComponents(ctx, page.components, components, now);
  const goneGroups = groups.filter((row) => !page.groups.some(({ id }) => id === row.id)).map(({ id }) => id);
  if (goneGroups.length > 0) await ctx.db.deleteFrom('component_groups').where('id', 'in', goneGroups).execute();
  const isNew = changed || newGroups || newComponents || goneGroups.length > 0;
  if (isNew) await ctx.db.updateTable('status_pages').set({ updated_at: now }).where('id', '=', page.row.id).execute();
  return isNew;
}

async function writeGroups(ctx: Ctx, wanted: readonly GroupRow[], existing: readonly GroupRow[]): Promise<boolean> {
  let changed = false;
  for (const row of wanted) {
    const before = existing.find(({ id }) => id === row.id);
    if (before !== undefined && Object.keys(changedColumns(before, row)).length === 0) continue;
    await ctx.db
      .insertInto('component_groups')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    changed = true;
  }
  return changed;
}

async function writeComponents(
  ctx: Ctx,
  wanted: readonly ComponentRow[],
  existing: readonly (ComponentRow & { created_at: EpochMs })[],
  now: EpochMs,
): Promise<boolean> {
  const ids = new Set(wanted.map(({ id }) => id));
  const gone = existing.filter((row) => !ids.has(row.id)).map(({ id }) => id);
  if (gone.length > 0) await ctx.db.deleteFrom('components').where('id', 'in', gone).execute();
  let changed = gone.length > 0;
  for (const row of wanted) {
    const before = existing.find(({ id }) => id === row.id);
    if (before !== undefined && Object.keys(changedColumns(before, row)).length === 0) continue;
    await ctx.db
      .insertInto('components')
      .values({ ...row, created_at: now, updated_at: now })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...row, updated_at: now }))
      .execute();
    changed = true;
  }
  return changed;
}
