import { type Kysely, sql } from 'kysely';

/** What a backup must know of the schema to copy its rows. */
export interface TableShape {
  readonly name: string;
  /** Columns that hold data of their own, in order, with their PostgreSQL types. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface PartitionShape {
  readonly name: string;
  readonly parent: string;
  /** As PostgreSQL spells it: `FOR VALUES FROM ('1') TO ('2')`. */
  readonly bound: string;
}

export interface SequenceShape {
  readonly name: string;
  readonly lastValue: number;
  readonly isCalled: boolean;
}

export interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** The tables with rows of their own, by name; of a partitioned table the whole, not its parts. schema_migrations is no data. */
export async function readTables<T>(db: Kysely<T>): Promise<TableShape[]> {
  const { rows } = await sql<{ name: string; columns: string[]; types: string[] }>`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
      array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum) as types
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'schema_migrations'
    group by c.relname`.execute(db);
  const shapes = rows.map(({ name, columns, types }) => ({
    name,
    columns: columns.map((column, index) => ({ name: column, type: types[index] ?? 'text' })),
  }));
  return shapes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Partitions, outer ones before their own parts. */
export async function readPartitions<T>(db: Kysely<T>): Promise<PartitionShape[]> {
  const { rows } = await sql<PartitionShape>`
    select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
    where c.relispartition and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
    order by p.relispartition, c.relname`.execute(db);
  return rows;
}

/** Where every sequence stands, also those behind identity columns. */
export async function readSequences<T>(db: Kysely<T>): Promise<SequenceShape[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relkind = 'S' and relnamespace = 'public'::regnamespace order by relname`.execute(db);
  const sequences: SequenceShape[] = [];
  for (const { name } of rows) {
    const found = await sql<{ lastValue: number; isCalled: boolean }>`
      select last_value as "lastValue", is_called as "isCalled" from ${sql.table(name)}`.execute(db);
    const [state] = found.rows;
    if (state !== undefined) sequences.push({ name, ...state });
  }
  return sequences;
}

/** Foreign keys as they are declared, without those that partitions inherit. */
export async function readForeignKeys<T>(db: Kysely<T>): Promise<ForeignKey[]> {
  const { rows } = await sql<ForeignKey>`
    select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype = 'f' and k.conparentid = 0 and c.relnamespace = 'public'::regnamespace
    order by c.relname, k.conname`.execute(db);
  return rows;
}
