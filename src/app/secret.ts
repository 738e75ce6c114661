import type { Kysely } from 'kysely';
import type { Tables } from '../platform/db/tables.ts';
import { newSecret, type Random } from '../platform/random.ts';

/** The installation's secret: made at the first start, kept in the database with everything that it signs. */
export async function readSecret(db: Kysely<Tables>, random: Random, now: number): Promise<string> {
  await db
    .insertInto('settings')
    .values({ key: 'secret', value: JSON.stringify(newSecret(random, 32)), updated_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'secret').executeTakeFirstOrThrow();
  if (typeof row.value !== 'string') throw new Error('settings.secret is not a text');
  return row.value;
}
