import { type Kysely, sql } from 'kysely';

interface Line {
  readonly owner: string;
  /** Where the order means something: that of columns. */
  readonly position: number;
  readonly line: string;
}

/**
 * The schema as text: tables with their columns, constraints, indexes and triggers, then views, functions and free
 * sequences. In one order and one spelling whatever PostgreSQL it is read from, so that it can be compared. Partitions
 * are left out: they come and go with time.
 */
export async function describeSchema<T>(db: Kysely<T>): Promise<string> {
  const tables = await lines(db, TABLES);
  const parts = [
    await lines(db, COLUMNS),
    await lines(db, CONSTRAINTS),
    await lines(db, INDEXES),
    await lines(db, TRIGGERS),
  ];
  const blocks = tables.map(({ owner, line }) => {
    const inside = parts.flatMap((part) => part.filter((item) => item.owner === owner).map((item) => `  ${item.line}`));
    return [line, ...inside].join('\n');
  });
  const others = [...(await lines(db, VIEWS)), ...(await lines(db, FUNCTIONS)), ...(await lines(db, SEQUENCES))];
  return [...blocks, ...others.map(({ line }) => line)].join('\n\n') + '\n';
}

async function lines<T>(db: Kysely<T>, query: string): Promise<Line[]> {
  const { rows } = await sql.raw<Line>(query).execute(db);
  // Ordered here, by code points: the server would order by its own locale.
  return rows.toSorted((a, b) => compare(a.owner, b.owner) || a.position - b.position || compare(a.line, b.line));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const TABLE_FILTER = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`;

const TABLES = `
select c.relname as owner, 0 as position,
  'table ' || c.relname || coalesce(' partition by ' || pg_get_partkeydef(c.oid), '') as line
from pg_class c where ${TABLE_FILTER}`;

const COLUMNS = `
select c.relname as owner, a.attnum::int as position,
  a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || case when a.attnotnull then ' not null' else '' end
    || case a.attidentity when 'a' then ' identity always' when 'd' then ' identity by default' else '' end
    || case a.attgenerated when 's' then ' generated as ' || pg_get_expr(d.adbin, d.adrelid) when 'v'
       then ' virtual as ' || pg_get_expr(d.adbin, d.adrelid)
       else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end as line
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where ${TABLE_FILTER}`;

// Not-null constraints have had rows of their own since PostgreSQL 18; they are already said with the column.
const CONSTRAINTS = `
select c.relname as owner, 0 as position, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) as line
from pg_constraint k join pg_class c on c.oid = k.conrelid
where k.contype <> 'n' and ${TABLE_FILTER}`;

const INDEXES = `
select c.relname as owner, 0 as position, 'index ' || i.relname || ' ' || pg_get_indexdef(i.oid) as line
from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
where not exists (select 1 from pg_constraint k where k.conindid = i.oid and k.conrelid = c.oid) and ${TABLE_FILTER}`;

const TRIGGERS = `
select c.relname as owner, 0 as position, 'trigger ' || pg_get_triggerdef(t.oid) as line
from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal and ${TABLE_FILTER}`;

const VIEWS = `
select c.relname as owner, 0 as position, 'view ' || c.relname || ' as ' || pg_get_viewdef(c.oid) as line
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')`;

const FUNCTIONS = `
select p.proname as owner, 0 as position, 'function ' || pg_get_functiondef(p.oid) as line
from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
  and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')`;

const SEQUENCES = `
select c.relname as owner, 0 as position, 'sequence ' || c.relname as line
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'
  and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i'))`;
