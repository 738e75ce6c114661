import fs from 'node:fs';
import path from 'node:path';
import { MemoryFS, type PGlite, type postgresMod } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** The parts of Emscripten's NODEFS that this file reads or replaces; its typings leave them untyped. */
interface FsNode {
  readonly name: string;
  readonly mode: number;
  readonly parent: FsNode;
}
interface FsStream {
  readonly nfd: number;
  readonly path: string;
  readonly node: FsNode;
}
interface NodeFsBackend {
  realPath(node: FsNode): string;
  tryFSOperation<T>(operation: () => T): T;
  node_ops: {
    mknod: (parent: FsNode, name: string, mode: number, dev: number) => FsNode;
    rename: (node: FsNode, newParent: FsNode, newName: string) => void;
    unlink: (parent: FsNode, name: string) => void;
    rmdir: (parent: FsNode, name: string) => void;
  };
  stream_ops: {
    write: (stream: FsStream, buffer: Uint8Array, offset: number, length: number, position: number) => number;
    fsync?: (stream: FsStream) => number;
  };
}

/** What PGlite passes to the engine's loader. */
export type EngineOptions = Partial<postgresMod.PostgresMod>;

const DIRECTORY = 0o040000;
const FILE_TYPE = 0o170000;

/**
 * A PGlite file system whose fsync reaches the disk. The shipped NodeFS has no `fsync` stream operation, and the runtime
 * takes its absence for success, so PostgreSQL believes in syncs that never happened. fdatasync is a no-op in the
 * runtime and cannot be replaced from outside: start PostgreSQL with `wal_sync_method=fsync`.
 */
export class DurableNodeFs extends NodeFS {
  /** Bytes written under pg_wal since the start: tells when a checkpoint is due. */
  walBytes = 0;

  readonly #onAbort: (reason: string) => void;

  /** `onAbort` is called, inside the engine, when PostgreSQL panics: a failed fsync is such a case. */
  constructor(directory: string, onAbort: (reason: string) => void) {
    super(directory);
    this.#onAbort = onAbort;
  }

  override async init(pg: PGlite, options: EngineOptions): Promise<{ emscriptenOpts: EngineOptions }> {
    const { emscriptenOpts } = await super.init(pg, options);
    const install = (mod: postgresMod.PostgresMod): void => this.#install(mod.NODEFS as unknown as NodeFsBackend);
    const preRun = [...(emscriptenOpts.preRun ?? []), install];
    return { emscriptenOpts: { ...emscriptenOpts, preRun, onAbort: this.#onAbort } };
  }

  #install(backend: NodeFsBackend): void {
    const { node_ops: nodes, stream_ops: streams } = backend;
    // Directories with an entry created, renamed or removed since they were last synced. PostgreSQL syncs the directory
    // after a rename, but not after it created a table's file; POSIX needs both, ext4 happens to forgive the second.
    const changed = new Set<string>();

    const { mknod, rename, unlink, rmdir } = nodes;
    nodes.mknod = (parent, name, mode, dev) => {
      const node = mknod(parent, name, mode, dev);
      changed.add(backend.realPath(parent));
      return node;
    };
    nodes.rename = (node, newParent, newName) => {
      const from = backend.realPath(node.parent);
      rename(node, newParent, newName);
      changed.add(from).add(backend.realPath(newParent));
    };
    nodes.unlink = (parent, name) => {
      unlink(parent, name);
      changed.add(backend.realPath(parent));
    };
    nodes.rmdir = (parent, name) => {
      rmdir(parent, name);
      const directory = backend.realPath(parent);
      changed.delete(path.join(directory, name));
      changed.add(directory);
    };

    const write = streams.write;
    streams.write = (stream, buffer, offset, length, position) => {
      const written = write(stream, buffer, offset, length, position);
      if (stream.node.parent.name === 'pg_wal') this.walBytes += written;
      return written;
    };

    streams.fsync = (stream) => {
      const isDirectory = (stream.node.mode & FILE_TYPE) === DIRECTORY;
      backend.tryFSOperation(() => {
        if (isDirectory) {
          const directory = backend.realPath(stream.node);
          syncDirectoryHandle(stream.nfd);
          changed.delete(directory);
          return;
        }
        fs.fsyncSync(stream.nfd);
        const directory = backend.realPath(stream.node.parent);
        if (changed.delete(directory)) syncDirectory(directory);
      });
      return 0;
    };
  }
}

/** Keeps everything in memory, and reports an abort of the engine like the durable one does. */
export class WatchedMemoryFs extends MemoryFS {
  readonly #onAbort: (reason: string) => void;

  constructor(onAbort: (reason: string) => void) {
    super();
    this.#onAbort = onAbort;
  }

  override async init(pg: PGlite, options: EngineOptions): Promise<{ emscriptenOpts: EngineOptions }> {
    const { emscriptenOpts } = await super.init(pg, options);
    return { emscriptenOpts: { ...emscriptenOpts, onAbort: this.#onAbort } };
  }
}

/** Syncs the entries of one directory. Errors are those of open and fsync. */
export function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, 'r');
  try {
    syncDirectoryHandle(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function syncDirectoryHandle(handle: number): void {
  try {
    fs.fsyncSync(handle);
  } catch (error) {
    // Windows and some network file systems cannot sync a directory; PostgreSQL ignores the same two codes.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EPERM' && code !== 'EINVAL' && code !== 'EBADF') throw error;
  }
}

/** Syncs every file and directory below and including `root`, deepest first. */
export function syncTree(root: string): void {
  for (const entry of fs.readdirSync(root, { withFileTypes: true })) {
    const child = path.join(root, entry.name);
    if (entry.isDirectory()) {
      syncTree(child);
    } else if (entry.isFile()) {
      // Opened for writing because Windows refuses to sync a read-only handle.
      const handle = fs.openSync(child, 'r+');
      try {
        fs.fsyncSync(handle);
      } finally {
        fs.closeSync(handle);
      }
    }
  }
  syncDirectory(root);
}
