import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type { EmbeddedDatabase } from './embedded.ts';
import type { StatementResult } from './wire.ts';

export interface EmbeddedDialectOptions {
  /**
   * How long a transaction may stay silent while others wait, before it is rolled back. There is one connection: a query
   * on `db` made inside the transaction, in place of one on `trx`, would otherwise wait for itself for ever.
   */
  readonly idleInTransactionMs: number;
}

/** Kysely over the embedded database: PostgreSQL's SQL, one connection, first come first served. */
export class EmbeddedDialect implements Dialect {
  readonly #turns: Turns;

  constructor(database: EmbeddedDatabase, options: EmbeddedDialectOptions) {
    this.#turns = new Turns(database, options.idleInTransactionMs);
  }

  createDriver(): Driver {
    return new EmbeddedDriver(this.#turns);
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }

  /** Runs `work` when no query and no transaction is under way; the ones after it wait. */
  async runAlone<T>(work: () => Promise<T>): Promise<T> {
    const connection = await this.#turns.take();
    try {
      return await work();
    } finally {
      await this.#turns.giveBack(connection);
    }
  }
}

class EmbeddedDriver implements Driver {
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<EmbeddedConnection> {
    return this.#turns.take();
  }

  async beginTransaction(connection: EmbeddedConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel === undefined ? '' : ` isolation level ${settings.isolationLevel}`;
    const access = settings.accessMode === undefined ? '' : ` ${settings.accessMode}`;
    connection.begin(`start transaction${isolation}${access}`);
  }

  commitTransaction(connection: EmbeddedConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: EmbeddedConnection): Promise<void> {
    return connection.rollback();
  }

  async savepoint(connection: EmbeddedConnection, name: string): Promise<void> {
    await connection.run(`savepoint "${name.replaceAll('"', '""')}"`, []);
  }

  async rollbackToSavepoint(connection: EmbeddedConnection, name: string): Promise<void> {
    await connection.run(`rollback to savepoint "${name.replaceAll('"', '""')}"`, []);
  }

  async releaseSavepoint(connection: EmbeddedConnection, name: string): Promise<void> {
    await connection.run(`release savepoint "${name.replaceAll('"', '""')}"`, []);
  }

  releaseConnection(connection: EmbeddedConnection): Promise<void> {
    return this.#turns.giveBack(connection);
  }

  /** The database outlives the driver: whoever opened it closes it. */
  async destroy(): Promise<void> {}
}

/** One turn with the only connection there is. */
class EmbeddedConnection implements DatabaseConnection {
  readonly #database: EmbeddedDatabase;
  /** A BEGIN that has not been sent yet: it travels with the first statement and saves a round trip. */
  #unsentBegin: string | undefined;
  #inTransaction = false;
  #taken: Error | undefined;
  /** Counts statements begun and ended, so that a silent transaction shows. */
  activity = 0;
  lastSql = '';

  constructor(database: EmbeddedDatabase) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  begin(sql: string): void {
    this.#unsentBegin = sql;
  }

  async commit(): Promise<void> {
    if (this.#unsentBegin !== undefined) {
      this.#unsentBegin = undefined;
      return;
    }
    // PostgreSQL answers COMMIT with ROLLBACK when a statement failed before.
    const { command } = await this.run('commit', []);
    if (command === 'ROLLBACK') throw new AbortedTransactionError();
  }

  async rollback(): Promise<void> {
    this.#unsentBegin = undefined;
    if (this.#inTransaction) await this.run('rollback', []);
  }

  /** Ends this turn from outside; whatever its owner still asks is refused. */
  async takeAway(reason: Error): Promise<void> {
    this.#taken = reason;
    if (this.#inTransaction) await this.#database.query('rollback');
    this.#inTransaction = false;
  }

  async run(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    if (this.#taken !== undefined) throw this.#taken;
    const begin = this.#unsentBegin;
    this.#unsentBegin = undefined;
    this.activity += 1;
    this.lastSql = sql;
    try {
      const results =
        parameters.length === 0
          ? // The simple protocol takes several statements at once, as `pg` does when there are no parameters.
            await this.#database.script(begin === undefined ? sql : `${begin};${sql}`)
          : await this.#database.batch([...(begin === undefined ? [] : [{ sql: begin }]), { sql, parameters }]);
      return results.at(-1) ?? { rows: [], command: '', count: undefined };
    } finally {
      this.activity += 1;
      this.#inTransaction = this.#database.inTransaction;
    }
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, command, count } = await this.run(query.sql, query.parameters);
    // The rows are what the query's author declared them to be; PostgreSQL is not asked to prove it.
    const result = { rows: rows as R[] };
    const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
    return changes && count !== undefined ? { ...result, numAffectedRows: BigInt(count) } : result;
  }

  // eslint-disable-next-line require-yield -- the interface asks for a generator, and refusing is all that it does
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error(
      'The embedded database does not stream: read in batches by key, or with a cursor in a transaction.',
    );
  }
}

interface Waiter {
  readonly resolve: (connection: EmbeddedConnection) => void;
}

/** The queue before the one connection. */
class Turns {
  readonly #database: EmbeddedDatabase;
  readonly #idleMs: number;
  readonly #waiting: Waiter[] = [];
  #current: EmbeddedConnection | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(database: EmbeddedDatabase, idleMs: number) {
    this.#database = database;
    this.#idleMs = idleMs;
  }

  take(): Promise<EmbeddedConnection> {
    if (this.#current === undefined) {
      this.#current = new EmbeddedConnection(this.#database);
      return Promise.resolve(this.#current);
    }
    const turn = new Promise<EmbeddedConnection>((resolve) => this.#waiting.push({ resolve }));
    this.#watchForSilence();
    return turn;
  }

  async giveBack(connection: EmbeddedConnection): Promise<void> {
    if (connection !== this.#current) return;
    // Kysely ends its transactions; one begun by hand must not leak into the next turn. A dead engine needs no rollback.
    if (connection.inTransaction) await connection.rollback().catch(() => undefined);
    this.#next(connection);
  }

  #next(connection: EmbeddedConnection): void {
    if (connection !== this.#current) return;
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.#current = undefined;
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return;
    this.#current = new EmbeddedConnection(this.#database);
    waiter.resolve(this.#current);
    if (this.#waiting.length > 0) this.#watchForSilence();
  }

  /** While someone waits: a transaction that says nothing for one whole period is ended. */
  #watchForSilence(): void {
    const connection = this.#current;
    if (this.#watch !== undefined || connection === undefined) return;
    const { activity } = connection;
    this.#watch = setTimeout(() => {
      this.#watch = undefined;
      // Odd means that a statement is running: slow is not silent.
      if (connection.activity !== activity || activity % 2 === 1) {
        this.#watchForSilence();
        return;
      }
      const reason = new Error(
        `A transaction was rolled back because it said nothing for ${this.#idleMs} ms while ${this.#waiting.length} ` +
          'queries waited. A query on `db` inside a transaction waits for itself: use the transaction that the callback is ' +
          `given. Its last statement was: ${connection.lastSql.slice(0, 200)}`,
      );
      void connection
        .takeAway(reason)
        .catch(() => undefined)
        .then(() => this.#next(connection));
    }, this.#idleMs);
    this.#watch.unref();
  }
}
