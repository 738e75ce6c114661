import type { EpochMs } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import { type ComponentRow, type DesiredRows, type GroupRow, mainPageId } from './desired-rows.ts';
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
  const newGroups = await writeGroups(ctx, page.groups, groups);
  const newComponents = await writeComponents(ctx, page.components, ownComponents(wanted, existing), now);
  const wantedGroups = new Set(page.groups.map(({ id }) => id));
  const gone = groups.filter(({ id }) => id.startsWith(`${mainPageId}.`) && !wantedGroups.has(id)).map(({ id }) => id);
  if (gone.length > 0) {
    // A group takes its components along when it goes; what the console put into it stays on the page.
    await ctx.db.updateTable('components').set({ group_id: null }).where('group_id', 'in', gone).execute();
    await ctx.db.deleteFrom('component_groups').where('id', 'in', gone).execute();
  }
  const isNew = changed || newGroups || newComponents || gone.length > 0;
  if (isNew) await ctx.db.updateTable('status_pages').set({ updated_at: now }).where('id', '=', page.row.id).execute();
  return isNew;
}

/** The components that the file decides about: all but those of the services that the console owns, which stand on the page, too. */
function ownComponents(wanted: DesiredRows, existing: ExistingRows): Component[] {
  const inFile = new Set(wanted.services.map(({ id }) => id));
  const ofConsole = new Set(existing.services.filter((row) => row.owned_by === 'console').map(({ id }) => id));
  return existing.components.filter(
    (row) => row.page_id === mainPageId && (inFile.has(row.service_id) || !ofConsole.has(row.service_id)),
  );
}

type Component = ExistingRows['components'][number];

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

/** A component is known by its service and keeps its id, by which programs follow it. */
async function writeComponents(
  ctx: Ctx,
  wanted: readonly ComponentRow[],
  existing: readonly Component[],
  now: EpochMs,
): Promise<boolean> {
  const services = new Set(wanted.map((row) => row.service_id));
  const gone = existing.filter((row) => !services.has(row.service_id)).map(({ id }) => id);
  if (gone.length > 0) await ctx.db.deleteFrom('components').where('id', 'in', gone).execute();
  let changed = gone.length > 0;
  const before = new Map(existing.map((row) => [row.service_id, row]));
  for (const row of wanted) {
    const had = before.get(row.service_id);
    if (had === undefined) {
      await ctx.db
        .insertInto('components')
        .values({ ...row, created_at: now, updated_at: now })
        .execute();
    } else {
      const set = changedColumns(had, { ...row, id: had.id });
      if (Object.keys(set).length === 0) continue;
      await ctx.db
        .updateTable('components')
        .set({ ...set, updated_at: now })
        .where('id', '=', had.id)
        .execute();
    }
    changed = true;
  }
  return changed;
}
