import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { DurableNodeFs, WatchedMemoryFs } from './durable-fs.ts';
import { encodeScript } from './wire.ts';

/** A WebAssembly.Module; TypeScript knows that type only together with the whole DOM. */
export interface CompiledEngine {
  readonly [Symbol.toStringTag]: string;
}

/** What the main thread hands over when it starts this worker. */
export interface WorkerStart {
  readonly storage:
    /** `scratch`: a copy that is thrown away, not worth a sync. */
    | { readonly kind: 'directory'; readonly path: string; readonly scratch?: boolean }
    | { readonly kind: 'memory'; readonly dump: Uint8Array<ArrayBuffer> | undefined };
  /** Compiled once by the main thread; compiling takes longer than everything else at a start. */
  readonly wasm: CompiledEngine;
  readonly sharedBuffersMb: number;
  /** Size of one WAL file; takes effect only when the database is created. */
  readonly walSegmentMb: number;
}

export type ToWorker =
  | { readonly type: 'run'; readonly id: number; readonly message: Uint8Array }
  | { readonly type: 'dump'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly id: number; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly type: 'fatal'; readonly reason: string }
  | { readonly type: 'log'; readonly line: string };

/** The exit status by which PGlite's build of PostgreSQL unwinds to its error handler; see PGlite's src/pglite.ts. */
const ERROR_UNWIND_STATUS = 100;

/**
 * WAL after which a checkpoint is due. A standalone PostgreSQL has no checkpointer and never starts one by WAL volume,
 * so without this pg_wal grows for ever and every restart replays all of it.
 */
const CHECKPOINT_WAL_BYTES = 32 * 1024 * 1024;
/** Within a transaction it can wait, but not without end: a restore is one transaction of any size. */
const CHECKPOINT_IN_TRANSACTION_BYTES = 4 * CHECKPOINT_WAL_BYTES;

/** Runs the database of one worker thread until it is told to close. */
function serve(port: NonNullable<typeof parentPort>, start: WorkerStart): void {
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const opening = openDatabase(start, post);
  let queue: Promise<void> = opening.then(
    () => post({ type: 'ready' }),
    (error: unknown) => post({ type: 'fatal', reason: describeError(error) }),
  );
  port.on('message', (message: ToWorker) => {
    queue = queue.then(async () => {
      const database = await opening;
      if (message.type === 'run') {
        const data = await database.run(message.message);
        post({ type: 'done', id: message.id, data }, [data.buffer]);
        await database.checkpointIfDue();
      } else if (message.type === 'dump') {
        const data = await database.dump();
        post({ type: 'done', id: message.id, data }, [data.buffer]);
      } else {
        await database.close();
        post({ type: 'done', id: message.id, data: new Uint8Array(0) });
        port.close();
      }
    });
    // An error thrown here is the engine's own: the worker dies of it, and the main thread reports that.
    queue.catch((error: unknown) => post({ type: 'fatal', reason: describeError(error) }));
  });
}

interface Database {
  run(message: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  checkpointIfDue(): Promise<void>;
  dump(): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

async function openDatabase(start: WorkerStart, post: (message: FromWorker) => void): Promise<Database> {
  const lastLines: string[] = [];
  const die = (why: string): never => {
    const reason = why === '' ? 'the engine aborted' : why;
    post({ type: 'fatal', reason: [reason, ...lastLines].join('\n') });
    // Nothing of the engine may run any more: after a failed fsync a second try could report a success that is none.
    // The main thread terminates this one, which ends the wait.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    throw new Error(reason);
  };
  const { storage } = start;
  const disk = storage.kind === 'directory' ? new DurableNodeFs(storage.path, die) : undefined;
  const options: PGliteOptions = {
    fs: disk ?? new WatchedMemoryFs(die),
    pgliteWasmModule: start.wasm,
    startParams: startParams(start),
    initDbStartParams: [`--wal-segsize=${start.walSegmentMb}`],
    onStderr: (line) => {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      post({ type: 'log', line });
      return false;
    },
  };
  if (storage.kind === 'memory' && storage.dump !== undefined) options.loadDataDir = asBlob(storage.dump);
  const engine = await PGlite.create(options).catch((error: unknown) => {
    throw new Error([describeError(error), ...lastLines].join('\n'), { cause: error });
  });
  watchForCrash(engine, die);

  const run = async (message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> => {
    const chunks: Uint8Array[] = [];
    await engine.execProtocolRawStream(message, {
      syncToFs: false,
      onRawData: (bytes) => chunks.push(bytes.slice()),
    });
    return joinChunks(chunks);
  };
  return {
    run,
    checkpointIfDue: async () => {
      const limit = engine.isInTransaction() ? CHECKPOINT_IN_TRANSACTION_BYTES : CHECKPOINT_WAL_BYTES;
      if (disk === undefined || disk.walBytes < limit) return;
      disk.walBytes = 0;
      await run(encodeScript('CHECKPOINT'));
    },
    dump: async () => new Uint8Array(await (await engine.dumpDataDir('none')).arrayBuffer()),
    close: () => engine.close(),
  };
}

/** PGlite's own parameters without `-F`, which turns fsync off; parallel workers do not exist in WebAssembly. */
function startParams({ storage, sharedBuffersMb }: WorkerStart): string[] {
  const settings = [
    'search_path=public',
    'exit_on_error=false',
    'log_checkpoints=false',
    'max_worker_processes=0',
    'max_parallel_workers=0',
    'max_parallel_workers_per_gather=0',
    'max_parallel_maintenance_workers=0',
    'io_method=sync',
    `shared_buffers=${sharedBuffersMb}MB`,
    storage.kind === 'memory' || storage.scratch === true ? 'fsync=off' : 'fsync=on',
    'wal_sync_method=fsync',
    // Errors go to whoever asked; the log keeps only what nobody asked for.
    'log_min_messages=log',
    // Old WAL files are reused up to this size; PostgreSQL's 80 MB would be the larger part of a small installation.
    'min_wal_size=32MB',
    'max_wal_size=64MB',
  ];
  return ['--single', '-j', ...settings.flatMap((setting) => ['-c', setting])];
}

/**
 * PGlite swallows every exception of its main loop but PostgreSQL's own error unwinding, so a trap or an exit of the
 * engine would look like an empty answer. Here it becomes the end of this worker.
 */
function watchForCrash(engine: PGlite, die: (reason: string) => never): void {
  const mod = engine.Module;
  const guard = (entry: () => void) => (): void => {
    try {
      entry();
    } catch (error) {
      const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
      if (status !== ERROR_UNWIND_STATUS) die(`the database engine stopped: ${describeError(error)}`);
      throw error;
    }
  };
  mod._PostgresMainLoopOnce = guard(mod._PostgresMainLoopOnce);
  mod._PostgresMainLongJmp = guard(mod._PostgresMainLongJmp);
  mod._PostgresSendReadyForQueryIfNecessary = guard(mod._PostgresSendReadyForQueryIfNecessary);
}

/** As much of a Blob as PGlite reads of one; a real one copies its content three times on the way. */
function asBlob({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Blob {
  const whole = byteOffset === 0 && byteLength === buffer.byteLength;
  const bytes = whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  return { type: 'application/x-tar', arrayBuffer: () => Promise.resolve(bytes) } as Blob;
}

function joinChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (parentPort !== null) serve(parentPort, workerData as WorkerStart);
