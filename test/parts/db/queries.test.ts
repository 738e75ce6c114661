import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { isUniqueViolation, sqlState } from '../../../src/platform/db/sql-state.ts';
import { both } from './both.ts';

describe.each(both)('queries on $kind', ({ open }) => {
  let opened: Opened;

  beforeAll(async () => {
    opened = await open({ idleInTransactionMs: 400 });
    await sql`create table things (id bigint generated always as identity primary key, name text unique, note text)`.execute(
      opened.db,
    );
  });
  afterAll(async () => {
    await opened.close();
  });

  async function one<T>(query: ReturnType<typeof sql<{ value: T }>>): Promise<T> {
    const { rows } = await query.execute(opened.db);
    const [row] = rows;
    if (row === undefined) throw new Error('no row');
    return row.value;
  }

  test.each([
    ['bigint', sql`1767225600123::int8`, 1_767_225_600_123],
    ['negative bigint', sql`(-5)::int8`, -5],
    ['integer', sql`7::int4`, 7],
    ['smallint', sql`7::int2`, 7],
    ['double', sql`0.1::float8`, 0.1],
    ['real', sql`1.5::float4`, 1.5],
    ['the sum of bigints', sql`(select sum(x) from (values (1::int8), (2::int8)) v(x))`, 3],
    ['count', sql`(select count(*) from generate_series(1, 5))`, 5],
    ['boolean', sql`true`, true],
    ['null', sql`null::text`, null],
    ['text with every kind of character', sql`${'é "quoted" \\ \n 🤗'}::text`, 'é "quoted" \\ \n 🤗'],
    ['empty text', sql`''::text`, ''],
    ['jsonb object', sql`'{"a": [1, null, "x"]}'::jsonb`, { a: [1, null, 'x'] }],
    ['json string', sql`'"x"'::json`, 'x'],
    ['uuid', sql`'7d444840-9dc0-11d1-b245-5ffdce74fad2'::uuid`, '7d444840-9dc0-11d1-b245-5ffdce74fad2'],
    ['date', sql`'2026-03-29'::date`, '2026-03-29'],
    ['timestamptz', sql`'2026-03-29 01:30:00.25+05:30'::timestamptz`, new Date('2026-03-28T20:00:00.250Z')],
    ['timestamp, read as UTC', sql`'2026-03-29 01:30:00'::timestamp`, new Date('2026-03-29T01:30:00.000Z')],
    [
      'text array',
      sql`array['a', null, 'b,"c"', '', 'NULL', '{}', '\\']`,
      ['a', null, 'b,"c"', '', 'NULL', '{}', '\\'],
    ],
    [
      'nested array',
      sql`array[[1, 2], [3, 4]]`,
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['empty array', sql`'{}'::int8[]`, []],
    ['jsonb array', sql`array['{"a": "}"}'::jsonb]`, [{ a: '}' }]],
    ['array with bounds', sql`'[0:1]={5,6}'::int4[]`, [5, 6]],
    ['numeric', sql`1.25::numeric`, 1.25],
  ])('reads %s', async (_name, expression, expected) => {
    expect(await one(sql<{ value: unknown }>`select ${expression} as value`)).toEqual(expected);
  });

  test('reads bytes as bytes', async () => {
    const bytes = await one(sql<{ value: Uint8Array }>`select '\\x00ff10'::bytea as value`);
    expect([...bytes]).toEqual([0, 255, 16]);
  });

  test('refuses to read a bigint that a number cannot hold', async () => {
    await expect(sql`select 9007199254740993::int8 as value`.execute(opened.db)).rejects.toThrow(/does not fit/);
    expect(await one(sql<{ value: number }>`select 1 as value`)).toBe(1);
  });

  test('an answer that cannot be read leaves no transaction open behind it', async () => {
    const unreadable = opened.db
      .transaction()
      .execute((trx) => sql`select 9007199254740993::int8 as value, ${'x'}::text as x`.execute(trx));
    await expect(unreadable).rejects.toThrow(/does not fit/);
    const transaction = sql<{ value: string }>`select pg_current_xact_id()::text as value`;
    expect(await one(transaction)).not.toBe(await one(transaction));
  });

  test.each([
    ['number', sql`${1_767_225_600_123}::int8`, 1_767_225_600_123],
    ['bigint', sql`${5n}::int8`, 5],
    ['boolean', sql`${false}::boolean`, false],
    ['undefined as null', sql`${undefined}::text`, null],
    ['Date', sql`${new Date('2026-10-25T00:30:00.001Z')}::timestamptz`, new Date('2026-10-25T00:30:00.001Z')],
    ['object as json', sql`${{ a: 1 }}::jsonb`, { a: 1 }],
    ['JSON text', sql`${JSON.stringify([1, 2])}::jsonb`, [1, 2]],
    ['array', sql`${['a', null, 'b"\\']}::text[]`, ['a', null, 'b"\\']],
    ['array of numbers', sql`${[1, 2]}::int8[]`, [1, 2]],
    ['array of dates', sql`${[new Date(0)]}::timestamptz[]`, [new Date(0)]],
    ['array of arrays', sql`${[[1], [2]]}::int4[]`, [[1], [2]]],
  ])('writes %s', async (_name, expression, expected) => {
    expect(await one(sql<{ value: unknown }>`select ${expression} as value`)).toEqual(expected);
  });

  test('writes bytes, alone and in an array', async () => {
    const bytes = await one(sql<{ value: Uint8Array }>`select ${new Uint8Array([0, 1, 255])}::bytea as value`);
    expect([...bytes]).toEqual([0, 1, 255]);
    const list = await one(sql<{ value: Uint8Array[] }>`select ${[new Uint8Array([9, 0])]}::bytea[] as value`);
    expect(list.map((item) => [...item])).toEqual([[9, 0]]);
  });

  test('refuses a parameter that means nothing', async () => {
    await expect(sql`select ${Symbol('nothing')}`.execute(opened.db)).rejects.toThrow(
      /symbol cannot be a query parameter/,
    );
    await expect(sql`select ${new Date(Number.NaN)}::timestamptz`.execute(opened.db)).rejects.toThrow(RangeError);
  });

  test('counts the rows that a statement changed', async () => {
    const insert = await sql`insert into things (name) values ('count-1'), ('count-2')`.execute(opened.db);
    expect(insert.numAffectedRows).toBe(2n);
    const update = await sql`update things set note = 'x' where name = ${'count-1'}`.execute(opened.db);
    expect(update.numAffectedRows).toBe(1n);
    const nothing = await sql`delete from things where name = ${'nobody'}`.execute(opened.db);
    expect(nothing.numAffectedRows).toBe(0n);
    const returning = await sql`delete from things where name like 'count-%' returning name`.execute(opened.db);
    expect(returning.rows).toHaveLength(2);
  });

  test('names the SQLSTATE and the constraint of a refusal, and goes on', async () => {
    await sql`insert into things (name) values (${'twice'})`.execute(opened.db);
    const error: unknown = await sql`insert into things (name) values (${'twice'})`
      .execute(opened.db)
      .catch((caught: unknown) => caught);
    expect(sqlState(error)).toBe('23505');
    expect(isUniqueViolation(error, 'things_name_key')).toBe(true);
    expect(isUniqueViolation(error, 'another')).toBe(false);
    const syntax: unknown = await sql`selec 1`.execute(opened.db).catch((caught: unknown) => caught);
    expect(sqlState(syntax)).toBe('42601');
    expect(await one(sql<{ value: number }>`select 1 as value`)).toBe(1);
  });

  test('holds answers of many megabytes', async () => {
    const text = 'hug '.repeat(2_000_000);
    expect(await one(sql<{ value: string }>`select ${text}::text as value`)).toBe(text);
    const { rows } = await sql<{ i: number; t: string }>`
      select i, repeat('x', 100) as t from generate_series(1, 50000) i`.execute(opened.db);
    expect(rows).toHaveLength(50_000);
    expect(rows[49_999]).toEqual({ i: 50_000, t: 'x'.repeat(100) });
  });

  test('runs a script of several statements', async () => {
    await sql.raw(`create table script_a (x int); insert into script_a values (1), (2)`).execute(opened.db);
    expect(await one(sql<{ value: number }>`select count(*) as value from script_a`)).toBe(2);
  });

  test('rolls back what threw, keeps what ended', async () => {
    await expect(
      opened.db.transaction().execute(async (trx) => {
        await sql`insert into things (name) values ('gone')`.execute(trx);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await opened.db.transaction().execute(async (trx) => {
      await sql`insert into things (name) values ('kept')`.execute(trx);
      await sql`update things set note = ${'n'} where name = ${'kept'}`.execute(trx);
    });
    const { rows } = await sql`select name, note from things where name in ('gone', 'kept')`.execute(opened.db);
    expect(rows).toEqual([{ name: 'kept', note: 'n' }]);
  });

  test('an empty transaction is nothing, and a failed statement fails its transaction', async () => {
    await expect(opened.db.transaction().execute(async () => 'done')).resolves.toBe('done');
    const swallowed = opened.db.transaction().execute(async (trx) => {
      await sql`insert into things (name) values ('half')`.execute(trx);
      await sql`select 1 / 0`.execute(trx).catch(() => undefined);
    });
    await expect(swallowed).rejects.toThrow(/aborted|rolled back/i);
    const { rows } = await sql`select 1 from things where name = 'half'`.execute(opened.db);
    expect(rows).toEqual([]);
  });

  test('a savepoint undoes a part', async () => {
    const trx = await opened.db.startTransaction().execute();
    await sql`insert into things (name) values ('before')`.execute(trx);
    const inner = await trx.savepoint('a "b"').execute();
    await sql`insert into things (name) values ('inside')`.execute(inner);
    await inner.rollbackToSavepoint('a "b"').execute();
    await trx.commit().execute();
    const { rows } = await sql`select name from things where name in ('before', 'inside')`.execute(opened.db);
    expect(rows).toEqual([{ name: 'before' }]);
  });

  test('isolation level and access mode are obeyed', async () => {
    const write = opened.db
      .transaction()
      .setAccessMode('read only')
      .setIsolationLevel('repeatable read')
      .execute((trx) => sql`insert into things (name) values ('no')`.execute(trx));
    await expect(write).rejects.toSatisfy((error) => sqlState(error) === '25006');
  });

  test('nobody sees a transaction half done, however many there are', async () => {
    await sql`create table accounts (id int primary key, amount int not null)`.execute(opened.db);
    await sql`insert into accounts values (1, 500), (2, 500)`.execute(opened.db);
    const move = (amount: number): Promise<void> =>
      opened.db.transaction().execute(async (trx) => {
        await sql`update accounts set amount = amount - ${amount} where id = 1`.execute(trx);
        await sql`update accounts set amount = amount + ${amount} where id = 2`.execute(trx);
        if (amount % 5 === 0) throw new Error('no');
      });
    const look = async (): Promise<number> => one(sql<{ value: number }>`select sum(amount) as value from accounts`);
    const work = Array.from({ length: 60 }, (_, index) => [move(index).catch(() => undefined), look()]).flat();
    const seen = (await Promise.all(work)).filter((value) => value !== undefined);
    expect(seen).toHaveLength(60);
    expect(new Set(seen)).toEqual(new Set([1000]));
    const { rows } = await sql`select amount from accounts order by id`.execute(opened.db);
    const moved = Array.from({ length: 60 }, (_, index) => (index % 5 === 0 ? 0 : index)).reduce((a, b) => a + b, 0);
    expect(rows).toEqual([{ amount: 500 - moved }, { amount: 500 + moved }]);
  });

  test('a transaction that says nothing is ended, and its owner is told', async () => {
    const silent = opened.db.transaction().execute(async (trx) => {
      await sql`insert into things (name) values ('silent')`.execute(trx);
      // The mistake that this guards against: `db` where `trx` was meant, on the row that the transaction holds.
      await sql`insert into things (name) values ('silent')`.execute(opened.db);
      await sql`select 1`.execute(trx);
    });
    await expect(silent).rejects.toThrow(/idle-in-transaction|said nothing|terminated|not queryable/);
    const { rows } = await sql`select name from things where name = 'silent'`.execute(opened.db);
    expect(rows).toHaveLength(1);
  });
});
