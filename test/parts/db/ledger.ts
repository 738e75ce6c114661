import type { EmbeddedDatabase } from '../../../src/platform/db/embedded.ts';

interface Group {
  readonly lines: number;
  readonly value: number;
  readonly fillerLength: number;
}

interface Book {
  readonly groups: ReadonlyMap<number, Group>;
  /** Tables that were created on the way. */
  readonly tables: ReadonlySet<string>;
}

/** What a database must hold, kept outside of it: changes of many kinds, with the two states in which a cut may leave them. */
export class Ledger {
  #book: Book = { groups: new Map(), tables: new Set() };
  #next: Book | undefined;
  #lastGroup = 0;
  acknowledged = 0;
  inFlight = 0;
  survived = 0;

  static async create(database: EmbeddedDatabase): Promise<void> {
    await database.script(`
      create table lines (grp int, line int, value int not null, filler text not null, primary key (grp, line));
      create index lines_by_value on lines (value);
      create table totals (id int primary key, groups int not null, lines int not null);
      insert into totals values (1, 0, 0)`);
  }

  /** Makes one change, or keeps the house. Rejects when the database dies of it; what is acknowledged is noted. */
  async act(database: EmbeddedDatabase, random: () => number): Promise<void> {
    const dice = random();
    const groups = [...this.#book.groups.keys()];
    const some = groups[Math.floor(random() * groups.length)];
    if (groups.length > 40 && some !== undefined) await this.#remove(database, some);
    else if (dice < 0.5 || some === undefined) await this.#add(database, random);
    else if (dice < 0.7) await this.#change(database, some, Math.floor(random() * 1e6));
    else if (dice < 0.78) await this.#remove(database, some);
    else if (dice < 0.86) await this.#abandon(database, random);
    else if (dice < 0.93) await this.#alterTables(database, random);
    else await database.script(random() < 0.6 ? 'checkpoint' : 'vacuum analyze');
  }

  /** Throws when the database holds neither what was acknowledged nor that and the whole change in flight. */
  async compare(database: EmbeddedDatabase): Promise<void> {
    const found = await readBook(database);
    const expected = spell(this.#book);
    if (this.#next !== undefined) {
      this.inFlight += 1;
      if (found === spell(this.#next)) {
        this.survived += 1;
        this.#book = this.#next;
        this.#next = undefined;
        return;
      }
    }
    if (found !== expected) {
      const or = this.#next === undefined ? '' : `\n--- or\n${spell(this.#next)}`;
      throw new Error(`acknowledged was\n${expected}${or}\n--- and there is\n${found}`);
    }
    this.#next = undefined;
  }

  /** Notes what is about to be true, and that it is when `work` resolves. */
  async #commit(next: Book, work: () => Promise<unknown>): Promise<void> {
    this.#next = next;
    await work();
    this.#book = next;
    this.#next = undefined;
    this.acknowledged += 1;
  }

  #with(group: number, content: Group | undefined): Book {
    const groups = new Map(this.#book.groups);
    if (content === undefined) groups.delete(group);
    else groups.set(group, content);
    return { ...this.#book, groups };
  }

  async #add(database: EmbeddedDatabase, random: () => number): Promise<void> {
    this.#lastGroup += 1;
    const group = this.#lastGroup;
    const content = newGroup(random);
    const statements = addStatements(group, content);
    const next = this.#with(group, content);
    if (random() < 0.5) {
      await this.#commit(next, () => database.batch(statements));
      return;
    }
    await database.script('begin');
    for (const { sql, parameters } of statements) await database.query(sql, parameters);
    await this.#commit(next, () => database.script('commit'));
  }

  async #change(database: EmbeddedDatabase, group: number, value: number): Promise<void> {
    const before = this.#book.groups.get(group);
    if (before === undefined) throw new Error('only a group that exists is changed');
    await this.#commit(this.#with(group, { ...before, value }), () =>
      database.query('update lines set value = $1 where grp = $2', [value, group]),
    );
  }

  async #remove(database: EmbeddedDatabase, group: number): Promise<void> {
    const lines = this.#book.groups.get(group)?.lines;
    await this.#commit(this.#with(group, undefined), () =>
      database.batch([
        { sql: 'delete from lines where grp = $1', parameters: [group] },
        { sql: 'update totals set groups = groups - 1, lines = lines - $1', parameters: [lines] },
      ]),
    );
  }

  async #abandon(database: EmbeddedDatabase, random: () => number): Promise<void> {
    await database.script('begin');
    for (const { sql, parameters } of addStatements(-1, newGroup(random))) await database.query(sql, parameters);
    await database.script('rollback');
  }

  async #alterTables(database: EmbeddedDatabase, random: () => number): Promise<void> {
    const tables = new Set(this.#book.tables);
    const [oldest] = tables;
    if (oldest !== undefined && random() < 0.5) {
      tables.delete(oldest);
      await this.#commit({ ...this.#book, tables }, () => database.script(`drop table ${oldest}`));
      return;
    }
    this.#lastGroup += 1;
    const name = `extra_${this.#lastGroup}`;
    tables.add(name);
    await this.#commit({ ...this.#book, tables }, () =>
      database.script(`create table ${name} as select 7 as seven, g from generate_series(1, 300) g;
        create index ${name}_g on ${name} (g)`),
    );
  }
}

function newGroup(random: () => number): Group {
  const fillerLength = random() < 0.1 ? 20_000 : Math.floor(random() * 1500);
  return { lines: 1 + Math.floor(random() * 6), value: Math.floor(random() * 1e6), fillerLength };
}

function addStatements(group: number, { lines, value, fillerLength }: Group): { sql: string; parameters: unknown[] }[] {
  return [
    // md5 of many things, so that PostgreSQL cannot compress it away.
    {
      sql: `insert into lines select $1, line, $2,
        left((select string_agg(md5((line * i * $1)::text), '') from generate_series(1, $3 / 32 + 1) i), $3)
        from generate_series(1, $4) line`,
      parameters: [group, value, fillerLength, lines],
    },
    { sql: 'update totals set groups = groups + 1, lines = lines + $1', parameters: [lines] },
  ];
}

function spell({ groups, tables }: Book): string {
  const lines = [...groups].map(([group, { lines: count, value, fillerLength }]) =>
    [group, count, value, value, fillerLength, fillerLength].join(' '),
  );
  const total = [...groups.values()].reduce((sum, group) => sum + group.lines, 0);
  return [`${groups.size} groups, ${total} lines`, ...lines.toSorted(), ...[...tables].toSorted()].join('\n');
}

async function readBook(database: EmbeddedDatabase): Promise<string> {
  const groups = `select concat_ws(' ', grp, count(*), min(value), max(value), min(length(filler)), max(length(filler))) as line
    from lines where value >= 0 group by grp`;
  // Through the heap and through each index: they must agree, or one of them was torn.
  await database.script('set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off');
  const heap = await database.query(groups);
  await database.script(`reset all; set enable_seqscan = off`);
  const byValue = await database.query(groups);
  const byKey = await database.query(`select count(*) from lines where grp > 0`);
  await database.script('reset all');
  const [totals] = (await database.query('select groups, lines from totals')).rows;
  const tables = await database.query(`select relname as name from pg_class where relname ~ '^extra_[0-9]+$'`);
  for (const { name } of tables.rows) {
    const [sum] = (await database.query(`select sum(seven), sum(g) as g from ${String(name)}`)).rows;
    if (sum?.['sum'] !== 2100 || sum['g'] !== 45_150)
      throw new Error(`${String(name)} is damaged: ${JSON.stringify(sum)}`);
  }
  const heapLines = heap.rows.map(({ line }) => String(line)).toSorted();
  const indexLines = byValue.rows.map(({ line }) => String(line)).toSorted();
  if (heapLines.join('\n') !== indexLines.join('\n')) throw new Error('an index and its table disagree');
  if (byKey.rows[0]?.['count'] !== totals?.['lines']) throw new Error('the primary key and the totals disagree');
  return [
    `${String(totals?.['groups'])} groups, ${String(totals?.['lines'])} lines`,
    ...heapLines,
    ...tables.rows.map(({ name }) => String(name)).toSorted(),
  ].join('\n');
}
