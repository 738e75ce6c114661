import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { encodeValue } from './encode-value.ts';
import type { CompiledEngine, FromWorker, ToWorker, WorkerStart } from './embedded-worker.ts';
import { type Answer, decodeAnswer, encodeScript, encodeStatements, type StatementResult } from './wire.ts';

export interface EmbeddedOptions {
  /** A directory of the file system, or memory, optionally from a dump of another embedded database. */
  readonly storage: WorkerStart['storage'];
  /** Called once when the engine or its thread dies while it is open; every pending query has been rejected by then. */
  readonly onFatal?: (error: EmbeddedDatabaseError) => void;
  /** PostgreSQL's own log lines. */
  readonly onLog?: (line: string) => void;
  /** Called for each NOTIFY this connection listens to. */
  readonly onNotification?: (channel: string, payload: string) => void;
  /** A worker script other than the shipped one: the power-cut test puts a forgetful disk under the same worker. */
  readonly workerUrl?: URL;
  /** Passed to that script beside its usual start data. */
  readonly workerExtra?: unknown;
  readonly sharedBuffersMb?: number;
  readonly walSegmentMb?: number;
}

export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
  /** `start`: it did not open. `crashed`: it died while open. `closed`: the query came after close(). */
  readonly code: 'start' | 'crashed' | 'closed';

  constructor(code: 'start' | 'crashed' | 'closed', message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The engine runs on the thread's stack, and PostgreSQL's own check against deep recursion (max_stack_depth, 2 MB) counts
 * another one. With Node's 4 MB, JSON nested 50,000 deep or a long sum kills the thread; from 64 MB on, which cost nothing
 * until used, PostgreSQL answers with an error first (54001).
 */
const STACK_MB = 64;

interface Pending {
  readonly resolve: (data: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: Error) => void;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** PGlite in a worker thread, spoken to in PostgreSQL's wire protocol: one message there, one buffer back. */
export class EmbeddedDatabase {
  readonly #worker: Worker;
  readonly #options: EmbeddedOptions;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #dead: EmbeddedDatabaseError | undefined;
  #closing: Promise<void> | undefined;
  #inTransaction = false;

  private constructor(worker: Worker, options: EmbeddedOptions) {
    this.#worker = worker;
    this.#options = options;
  }

  /** Opens, and creates when there is none, the database. Rejects with EmbeddedDatabaseError `start`. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
    const start: WorkerStart = {
      storage: options.storage,
      wasm: await loadEngine(),
      sharedBuffersMb: options.sharedBuffersMb ?? 32,
      walSegmentMb: options.walSegmentMb ?? 16,
    };
    const worker = new Worker(options.workerUrl ?? shippedWorkerUrl(), {
      workerData: { ...start, extra: options.workerExtra },
      resourceLimits: { stackSizeMb: STACK_MB },
    });
    const database = new EmbeddedDatabase(worker, options);
    await database.#started();
    return database;
  }

  /** Whether a transaction, failed or not, was open after the last answer. */
  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  #started(): Promise<void> {
    return new Promise((resolve, reject) => {
      let open = false;
      const fail = (reason: string): void => {
        if (open) {
          this.#die(reason);
          return;
        }
        const error = new EmbeddedDatabaseError('start', reason);
        this.#dead = error;
        void this.#worker.terminate();
        reject(error);
      };
      this.#worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          open = true;
          resolve();
        } else if (message.type === 'done') {
          this.#settle(message.id, message.data);
        } else if (message.type === 'log') {
          this.#options.onLog?.(message.line);
        } else {
          fail(message.reason);
        }
      });
      this.#worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error)));
      this.#worker.on('exit', (code) => fail(`the database thread ended with code ${code}`));
    });
  }

  #settle(id: number, data: Uint8Array<ArrayBuffer>): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.resolve(data);
  }

  #die(reason: string): void {
    if (this.#dead !== undefined) return;
    const error = new EmbeddedDatabaseError('crashed', `The embedded database stopped: ${reason}`);
    this.#dead = error;
    void this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#options.onFatal?.(error);
  }

  #request(message: WithoutId<ToWorker>, transfer: ArrayBuffer[] = []): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ ...message, id }, transfer);
    });
  }

  async #run(message: Uint8Array<ArrayBuffer>): Promise<Answer> {
    const answer = decodeAnswer(await this.#request({ type: 'run', message }, [message.buffer]));
    this.#inTransaction = answer.status === 'T' || answer.status === 'E';
    for (const { channel, payload } of answer.notifications) this.#options.onNotification?.(channel, payload);
    return answer;
  }

  /** Runs one statement with `$1`-parameters. Rejects with SqlError, or EmbeddedDatabaseError when the engine is gone. */
  async query(sql: string, parameters: readonly unknown[] = []): Promise<StatementResult> {
    const [result] = await this.batch([{ sql, parameters }]);
    return result ?? { rows: [], command: '', count: undefined };
  }

  /**
   * Runs statements in one round trip, in one transaction of their own unless one is open. The first error undoes all of
   * them (or fails the open transaction) and rejects with SqlError.
   */
  async batch(
    statements: readonly { readonly sql: string; readonly parameters?: readonly unknown[] }[],
  ): Promise<StatementResult[]> {
    const encoded = statements.map(({ sql, parameters = [] }) => ({ sql, parameters: parameters.map(encodeValue) }));
    const { results, error } = await this.#run(encodeStatements(encoded));
    if (error !== undefined) throw error;
    return results;
  }

  /** Runs SQL text of several statements without parameters. Rejects with SqlError at the first error. */
  async script(sql: string): Promise<StatementResult[]> {
    const { results, error } = await this.#run(encodeScript(sql));
    if (error !== undefined) throw error;
    return results;
  }

  /** A copy of the whole database as a tar, to open another one from. Call it outside a transaction. */
  async dump(): Promise<Uint8Array<ArrayBuffer>> {
    await this.script('CHECKPOINT');
    return this.#request({ type: 'dump' });
  }

  /** Finishes what is queued, writes a checkpoint and ends the thread. Idempotent; never rejects after a crash. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#dead !== undefined) return;
    const closed = this.#request({ type: 'close' });
    this.#dead = new EmbeddedDatabaseError('closed', 'The database is closed.');
    await closed.catch(() => undefined);
    await this.#worker.terminate();
  }
}

declare const WebAssembly: { compile(bytes: Uint8Array): Promise<CompiledEngine> };

let engine: Promise<CompiledEngine> | undefined;

/** The compiled engine, shared by all databases of the process. */
function loadEngine(): Promise<CompiledEngine> {
  engine ??= (async () => {
    const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
    return WebAssembly.compile(await readFile(path.join(path.dirname(entry), 'pglite.wasm')));
  })();
  return engine;
}

/** The worker lies beside this file, as TypeScript in the checkout and as JavaScript in the package. */
function shippedWorkerUrl(): URL {
  return new URL(`./embedded-worker${path.extname(new URL(import.meta.url).pathname)}`, import.meta.url);
}
