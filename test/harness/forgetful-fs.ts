import fs from 'node:fs';
import path from 'node:path';

/**
 * A disk that forgets whatever was not synced, put under node:fs for one directory. Everything goes to real files, and for
 * each change the way back is kept until a sync makes it durable, by the letter of POSIX:
 * - bytes and the size of a file become durable by fsync of that file, and by nothing else;
 * - an entry created, renamed or removed becomes durable by fsync of its directory, and by nothing else.
 * At the cut, what was not durable is lost or kept at random: of a file's writes none, all, those up to some moment, or
 * each sector of 512 bytes for itself; the size with or without the data; of a directory's changes those up to some moment.
 */
export interface DiskOptions {
  readonly root: string;
  /** Where removed files wait for the cut; on the same file system, outside root. */
  readonly graveyard: string;
  /** The change, counted from 1 after arm(), at which the power goes. */
  readonly cutAt: number;
  readonly random: () => number;
  /** True: the cut keeps nothing that was not synced. */
  readonly merciless: boolean;
  /** Called when the disk's content is final; must not return. */
  readonly onCut: (what: string) => never;
}

type FileChange =
  | {
      readonly kind: 'write';
      readonly at: number;
      readonly before: Buffer;
      readonly after: Buffer;
      readonly sizeBefore: number;
    }
  | { readonly kind: 'resize'; readonly to: number; readonly tail: Buffer; readonly sizeBefore: number };

interface FileState {
  /** Our own handle: the program may close its own, and rename or remove the file, before the cut. */
  readonly handle: number;
  changes: FileChange[];
}

interface EntryChange {
  /** The directories that still have to be synced. */
  readonly pending: Set<string>;
  readonly undo: () => void;
}

const SECTOR = 512;

export class ForgetfulDisk {
  readonly #options: DiskOptions;
  readonly #real = { ...fs };
  readonly #files = new Map<number, FileState>();
  readonly #handles = new Map<number, { inode: number; file: string; isDirectory: boolean }>();
  #entries: EntryChange[] = [];
  #changes: number | undefined;
  #graves = 0;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** From now on changes are counted towards the cut. */
  arm(): void {
    this.#changes ??= 0;
  }

  /** Replaces the functions of node:fs that change files. */
  install(): void {
    const real = this.#real;
    const owns = (file: unknown): file is string => typeof file === 'string' && file.startsWith(this.#options.root);
    Object.assign(fs, {
      openSync: (file: string, flags: string | number, mode?: number) => {
        const handle = real.openSync(file, flags, mode);
        if (!owns(file)) return handle;
        if (typeof flags === 'number' && (flags & fs.constants.O_TRUNC) !== 0) throw new Error('truncation on open');
        const stat = real.fstatSync(handle);
        this.#handles.set(handle, { inode: stat.ino, file, isDirectory: stat.isDirectory() });
        return handle;
      },
      closeSync: (handle: number) => {
        this.#handles.delete(handle);
        real.closeSync(handle);
      },
      writeSync: (handle: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
        const known = this.#handles.get(handle);
        if (known === undefined) return real.writeSync(handle, bytes, offset, length, position);
        if (typeof position !== 'number') throw new Error('a write without a position');
        return this.#change(`write ${known.file}`, () => {
          this.#recordWrite(this.#stateOf(known), bytes.subarray(offset, offset + length), position);
          return real.writeSync(handle, bytes, offset, length, position);
        });
      },
      ftruncateSync: (handle: number, size = 0) => {
        const known = this.#handles.get(handle);
        if (known === undefined) real.ftruncateSync(handle, size);
        else this.#change(`resize ${known.file}`, () => this.#resize(this.#stateOf(known), size));
      },
      truncateSync: (file: string, size = 0) => {
        if (!owns(file)) throw new Error('truncateSync outside of the disk');
        const { ino } = real.statSync(file);
        this.#change(`resize ${file}`, () => this.#resize(this.#stateOf({ inode: ino, file }), size));
      },
      fsyncSync: (handle: number) => {
        const known = this.#handles.get(handle);
        if (known === undefined) real.fsyncSync(handle);
        else if (this.#isDirty(known)) this.#change(`sync ${known.file}`, () => this.#sync(known));
      },
      writeFileSync: (file: string, data: string, options: object) => {
        if (owns(file) && (data !== '' || real.existsSync(file))) throw new Error('writeFileSync of a whole file');
        this.#created(file, () => real.writeFileSync(file, data, options));
      },
      mkdirSync: (file: string, options: object) => this.#created(file, () => real.mkdirSync(file, options)),
      renameSync: (from: string, to: string) => this.#change(`rename ${from}`, () => this.#rename(from, to)),
      unlinkSync: (file: string) => this.#change(`unlink ${file}`, () => this.#remove(file)),
      rmdirSync: (file: string) => this.#change(`rmdir ${file}`, () => this.#remove(file)),
    });
  }

  /** The power goes before the change, or after it and before anyone hears of it. A half-done one is among the torn. */
  #change<T>(what: string, apply: () => T): T {
    if (this.#changes === undefined) return apply();
    this.#changes += 1;
    if (this.#changes !== this.#options.cutAt) return apply();
    if (this.#options.random() < 0.5) apply();
    this.#cut();
    return this.#options.onCut(what);
  }

  #created(file: string, create: () => void): void {
    this.#change(`create ${file}`, () => {
      create();
      this.#entries.push({ pending: new Set([path.dirname(file)]), undo: () => void this.#bury(file) });
    });
  }

  #rename(from: string, to: string): void {
    const replaced = this.#real.existsSync(to) ? this.#bury(to) : undefined;
    this.#real.renameSync(from, to);
    const undo = (): void => {
      this.#real.renameSync(to, from);
      if (replaced !== undefined) this.#real.renameSync(replaced, to);
    };
    this.#entries.push({ pending: new Set([path.dirname(from), path.dirname(to)]), undo });
  }

  #remove(file: string): void {
    const grave = this.#bury(file);
    this.#entries.push({ pending: new Set([path.dirname(file)]), undo: () => this.#real.renameSync(grave, file) });
  }

  /** Removes by moving away, so that it can come back and its inode number is not given to another. */
  #bury(file: string): string {
    this.#graves += 1;
    const grave = path.join(this.#options.graveyard, String(this.#graves));
    this.#real.renameSync(file, grave);
    return grave;
  }

  #stateOf({ inode, file }: { inode: number; file: string }): FileState {
    let state = this.#files.get(inode);
    if (state === undefined) {
      state = { handle: this.#real.openSync(file, 'r+'), changes: [] };
      this.#files.set(inode, state);
    }
    return state;
  }

  #read(state: FileState, from: number, to: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(to, this.#sizeOf(state)) - from));
    if (bytes.length > 0) this.#real.readSync(state.handle, bytes, 0, bytes.length, from);
    return bytes;
  }

  #sizeOf(state: FileState): number {
    return this.#real.fstatSync(state.handle).size;
  }

  #recordWrite(state: FileState, bytes: Uint8Array, at: number): void {
    const before = this.#read(state, at, at + bytes.length);
    state.changes.push({ kind: 'write', at, before, after: Buffer.from(bytes), sizeBefore: this.#sizeOf(state) });
  }

  #resize(state: FileState, to: number): void {
    const sizeBefore = this.#sizeOf(state);
    state.changes.push({ kind: 'resize', to, tail: this.#read(state, to, sizeBefore), sizeBefore });
    this.#real.ftruncateSync(state.handle, to);
  }

  /** After a crash PostgreSQL syncs every file there is; a sync of nothing is no moment of its own. */
  #isDirty({ inode, file, isDirectory }: { inode: number; file: string; isDirectory: boolean }): boolean {
    if (isDirectory) return this.#entries.some(({ pending }) => pending.has(file));
    return (this.#files.get(inode)?.changes.length ?? 0) > 0;
  }

  #sync({ inode, file, isDirectory }: { inode: number; file: string; isDirectory: boolean }): void {
    if (isDirectory) {
      for (const { pending } of this.#entries) pending.delete(file);
      this.#entries = this.#entries.filter(({ pending }) => pending.size > 0);
      return;
    }
    const state = this.#files.get(inode);
    if (state !== undefined) state.changes = [];
  }

  #cut(): void {
    for (const state of this.#files.values()) {
      if (state.changes.length > 0) this.#forgetWrites(state);
      this.#real.closeSync(state.handle);
    }
    this.#forgetEntries();
  }

  #forgetWrites(state: FileState): void {
    const { random, merciless } = this.#options;
    const { changes } = state;
    const sizeNow = this.#sizeOf(state);
    // Back to what was synced, then forward again over what survives.
    for (const change of changes.toReversed()) {
      if (change.kind === 'resize') this.#write(state, change.tail, change.to);
      else this.#write(state, change.before, change.at);
      this.#real.ftruncateSync(state.handle, change.sizeBefore);
    }
    const mode = merciless ? 0 : Math.floor(random() * 4);
    if (mode === 0) return;
    const hasResize = changes.some(({ kind }) => kind === 'resize');
    if (mode < 3 || hasResize) {
      const kept = mode === 1 ? changes.length : Math.floor(random() * (changes.length + 1));
      for (const change of changes.slice(0, kept)) this.#redo(state, change);
      return;
    }
    this.#tear(state, sizeNow, random() < 0.5);
  }

  #redo(state: FileState, change: FileChange): void {
    if (change.kind === 'resize') this.#real.ftruncateSync(state.handle, change.to);
    else this.#write(state, change.after, change.at);
  }

  /** Each sector holds the outcome of some number of the writes that touched it, independent of its neighbours. */
  #tear(state: FileState, sizeNow: number, sizeSurvives: boolean): void {
    const { random } = this.#options;
    const syncedSize = this.#sizeOf(state);
    const touching = new Map<number, number>();
    const eachSector = (change: FileChange, visit: (sector: number) => void): void => {
      if (change.kind !== 'write') return;
      const last = Math.floor((change.at + change.after.length - 1) / SECTOR);
      for (let sector = Math.floor(change.at / SECTOR); sector <= last; sector += 1) visit(sector);
    };
    for (const change of state.changes) {
      eachSector(change, (sector) => touching.set(sector, (touching.get(sector) ?? 0) + 1));
    }
    const left = new Map([...touching].map(([sector, count]) => [sector, Math.floor(random() * (count + 1))]));
    for (const change of state.changes) {
      eachSector(change, (sector) => {
        const remaining = left.get(sector) ?? 0;
        if (change.kind !== 'write' || remaining === 0) return;
        left.set(sector, remaining - 1);
        const from = Math.max(change.at, sector * SECTOR);
        const to = Math.min(change.at + change.after.length, (sector + 1) * SECTOR);
        this.#write(state, change.after.subarray(from - change.at, to - change.at), from);
      });
    }
    this.#real.ftruncateSync(state.handle, sizeSurvives ? sizeNow : syncedSize);
  }

  #write(state: FileState, bytes: Buffer, at: number): void {
    if (bytes.length > 0) this.#real.writeSync(state.handle, bytes, 0, bytes.length, at);
  }

  #forgetEntries(): void {
    const { random, merciless } = this.#options;
    const directories = new Set(this.#entries.flatMap(({ pending }) => [...pending]));
    const keep = new Map<string, number>();
    for (const directory of directories) {
      const count = this.#entries.filter(({ pending }) => pending.has(directory)).length;
      keep.set(directory, merciless ? 0 : Math.floor(random() * (count + 1)));
    }
    const lost = this.#entries.filter(({ pending }) => {
      let survives = true;
      for (const directory of pending) {
        const remaining = keep.get(directory) ?? 0;
        keep.set(directory, remaining - 1);
        if (remaining <= 0) survives = false;
      }
      return !survives;
    });
    for (const { undo } of lost.toReversed()) undo();
  }
}
