import type { Ctx } from '../../../platform/context.ts';
import type { DesiredRows } from './desired-rows.ts';
import type { ExistingRows } from './existing-rows.ts';
import type { Diffs } from './find-conflicts.ts';

/**
 * Takes e-mail addresses and keys from the rows that give them up before they go to others. PostgreSQL checks uniqueness at
 * each statement, so two people who swap addresses would be refused halfway.
 */
export async function freeUniques(ctx: Ctx, wanted: DesiredRows, existing: ExistingRows, diffs: Diffs): Promise<void> {
  await freeAddresses(ctx, wanted, existing);
  // A key that left the file opens nothing any more, under whatever id it comes back.
  for (const id of diffs.integrations.archive) await revoke(ctx, id);
  const hashes = new Map(wanted.integrations.map((row) => [row.key_hash, row.id]));
  for (const { id, key_hash: hash } of existing.integrations) {
    const next = hashes.get(hash);
    if (next !== undefined && next !== id) await revoke(ctx, id);
  }
  const pingKeys = new Map(wanted.checks.flatMap((row) => (row.ping_key ? [[row.ping_key, row.id] as const] : [])));
  for (const { id, ping_key: key } of existing.checks) {
    const next = key === null ? undefined : pingKeys.get(key);
    if (next === undefined || next === id) continue;
    await ctx.db.updateTable('checks').set({ ping_key: null }).where('id', '=', id).execute();
  }
}

async function freeAddresses(ctx: Ctx, wanted: DesiredRows, existing: ExistingRows): Promise<void> {
  const next = new Map(wanted.people.map((row) => [row.email.toLowerCase(), row.id]));
  const stays = new Set(wanted.people.map((row) => row.id));
  for (const { id, email, archived_at: archivedAt } of existing.people) {
    const address = email.toLowerCase();
    const heir = next.get(address);
    if (archivedAt !== null || heir === undefined || heir === id || !stays.has(id)) continue;
    await ctx.db
      .updateTable('people')
      .set({ email: `${id}@moving.invalid` })
      .where('id', '=', id)
      .execute();
  }
}

const revoke = (ctx: Ctx, id: string): Promise<unknown> =>
  ctx.db
    .updateTable('integrations')
    .set({ key_hash: `revoked:${id}` })
    .where('id', '=', id)
    .execute();
