import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Tables } from '../../src/platform/db/tables.ts';
import type { Gate, Pass } from './gate.ts';

/** What every await of a process that died ends with. */
export class Crash extends Error {}

/** A process of HugOps, which may die before any statement. */
export interface SimNode {
  /** A new one after each start. */
  id: string;
  alive: boolean;
  /** Statements left until it dies; Infinity as long as it is well. */
  lives: number;
}

/** Whether tasks take turns with each transaction (one connection, as in the embedded database) or with each statement. */
export type Grain = 'transaction' | 'statement';

/** The database as this process sees it: every access waits at the gate, and none succeeds after the process's death. */
export function nodeDatabase(root: Kysely<Tables>, node: SimNode, gate: Gate, grain: Grain): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new NodeDriver(root, node, gate, grain),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

class NodeConnection implements DatabaseConnection {
  readonly #ask: (query: CompiledQuery) => Promise<QueryResult<unknown>>;
  readonly release: () => Promise<void>;

  constructor(ask: (query: CompiledQuery) => Promise<QueryResult<unknown>>, release: () => Promise<void>) {
    this.#ask = ask;
    this.release = release;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return (await this.#ask(query)) as QueryResult<R>;
  }

  // eslint-disable-next-line require-yield -- nothing here streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('nothing in respond streams');
  }
}

class NodeDriver implements Driver {
  readonly #root: Kysely<Tables>;
  readonly #node: SimNode;
  readonly #gate: Gate;
  readonly #grain: Grain;

  constructor(root: Kysely<Tables>, node: SimNode, gate: Gate, grain: Grain) {
    this.#root = root;
    this.#node = node;
    this.#gate = gate;
    this.#grain = grain;
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}

  async acquireConnection(): Promise<NodeConnection> {
    const pass = this.#grain === 'transaction' ? await this.#gate.enter() : undefined;
    try {
      this.#live();
      return await this.#take(pass);
    } catch (error) {
      if (pass) this.#gate.leave(pass);
      throw error;
    }
  }

  async #take(turn: Pass | undefined): Promise<NodeConnection> {
    const taken = Promise.withResolvers<Kysely<Tables>>();
    const freed = Promise.withResolvers<void>();
    const used = this.#root.connection().execute(async (connection) => {
      taken.resolve(connection);
      await freed.promise;
    });
    used.catch(taken.reject);
    const connection = await taken.promise;
    const ask = async (query: CompiledQuery): Promise<QueryResult<unknown>> => {
      const pass = turn ? undefined : await this.#gate.enter();
      try {
        if (!isEnd(query)) this.#live();
        return await connection.executeQuery(query);
      } finally {
        if (pass) this.#gate.leave(pass);
      }
    };
    return new NodeConnection(ask, async () => {
      freed.resolve();
      try {
        await used;
      } finally {
        if (turn) this.#gate.leave(turn);
      }
    });
  }

  /** Dies here when its time has come. A rollback is the server's own doing when a process is gone, so that one works. */
  #live(): void {
    this.#node.lives -= 1;
    if (this.#node.lives < 0) this.#node.alive = false;
    if (!this.#node.alive) throw new Crash('this process is dead');
  }

  async beginTransaction(connection: NodeConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: NodeConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: NodeConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  releaseConnection(connection: NodeConnection): Promise<void> {
    return connection.release();
  }
}

const isEnd = (query: CompiledQuery): boolean => query.sql === 'rollback';

/** Whoever was in a process that died hears nothing more; any other error is the simulation's to tell. */
export async function survive(task: Promise<unknown>): Promise<void> {
  try {
    await task;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
}
