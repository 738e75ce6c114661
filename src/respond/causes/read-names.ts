import type { NameOf } from '../../domain/cause-words.ts';
import type { Ctx } from '../../platform/context.ts';

/** The names of services; an upstream goes by its id, which is what hugops.yaml and the console call it. */
export async function readNames(ctx: Ctx): Promise<NameOf> {
  const rows = await ctx.db.selectFrom('services').select(['id', 'name']).execute();
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return (id) => names.get(id) ?? id;
}
