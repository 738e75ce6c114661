import type { Selectable } from 'kysely';
import type { Ctx } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { ServiceError } from '../../platform/errors.ts';

export type PostmortemRow = Selectable<Tables['postmortems']>;

/** The incident's postmortem, locked until the transaction ends. Throws `not-found`. */
export async function lockPostmortem(ctx: Ctx, incidentId: string): Promise<PostmortemRow> {
  const row = await ctx.db
    .selectFrom('postmortems')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no postmortem of this incident yet.');
  return row;
}

/** Refuses what was made from another version than the one that is stored: nobody's words are overwritten unseen. */
export function requireVersion(row: PostmortemRow, version: number): void {
  if (row.version === version) return;
  throw new ServiceError('conflict', 'Somebody else has saved it in the meantime. Look at their version first.', {
    fields: [{ path: 'version', message: `is ${row.version} by now` }],
  });
}
