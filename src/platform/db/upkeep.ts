import { type Kysely, sql } from 'kysely';

/** Rows past which a table is worth a vacuum: PostgreSQL's own defaults for its autovacuum. */
const DEAD_ROWS = 50;
const DEAD_SHARE = 0.2;
/** Transactions after which old rows must be frozen, as with autovacuum_freeze_max_age. */
const FREEZE_AGE = 200_000_000;

/**
 * What autovacuum does on a server: the embedded PostgreSQL has no background workers, so without this dead rows stay and
 * the planner learns nothing. One table at a time, so that others get their turn in between. Returns the tables done.
 */
export async function vacuumDue<T>(db: Kysely<T>): Promise<string[]> {
  // Counts are gathered lazily, by a timer that the embedded engine does not have.
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const due = await sql<{ name: string; freeze: boolean }>`
    select c.oid::regclass::text as name, age(c.relfrozenxid) > ${FREEZE_AGE} as freeze
    from pg_class c left join pg_stat_all_tables s on s.relid = c.oid
    where c.relkind = 'r' and c.relpersistence = 'p'
      and (age(c.relfrozenxid) > ${FREEZE_AGE}
        or (c.relnamespace = 'public'::regnamespace
          and (s.n_dead_tup > ${DEAD_ROWS} + ${DEAD_SHARE}::float8 * s.n_live_tup
            or s.n_mod_since_analyze > ${DEAD_ROWS} + ${DEAD_SHARE / 2}::float8 * s.n_live_tup)))`.execute(db);
  for (const { name, freeze } of due.rows) {
    await sql.raw(`vacuum (analyze${freeze ? ', freeze' : ''}) ${name}`).execute(db);
  }
  return due.rows.map(({ name }) => name);
}
