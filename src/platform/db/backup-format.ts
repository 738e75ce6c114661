import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';

/**
 * A backup is gzip of lines of JSON: a header, batches of rows, and an end with the SHA-256 of every byte before it. Values
 * are PostgreSQL's own text, so nothing is lost between two databases; null is null.
 */
export const BACKUP_FORMAT = 'hugops-backup';
export const BACKUP_VERSION = 1;

const headerSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.number().int(),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  migrations: z.array(z.string()),
  tables: z.array(
    z.object({ name: z.string(), columns: z.array(z.object({ name: z.string(), type: z.string() })).min(1) }),
  ),
  partitions: z.array(z.object({ name: z.string(), parent: z.string(), bound: z.string() })),
  sequences: z.array(z.object({ name: z.string(), lastValue: z.number(), isCalled: z.boolean() })),
});
export type BackupHeader = z.infer<typeof headerSchema>;

const batchSchema = z.object({ table: z.string(), rows: z.array(z.array(z.string().nullable())) });
export type BackupBatch = z.infer<typeof batchSchema>;

const endSchema = z.object({ end: z.literal(true), rows: z.number().int(), sha256: z.string() });

export type BackupErrorCode =
  /** The file cannot be opened or read. */
  | 'unreadable'
  /** It is something else. */
  | 'not-a-backup'
  /** It is cut short, or a byte of it has changed. */
  | 'damaged'
  /** A newer HugOps wrote it. */
  | 'newer'
  /** The database to restore into has rows already. */
  | 'not-empty';

/** Why a backup could not be restored; nothing was changed. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** A batch has about a megabyte; a single row may have much more. Past this the file is no backup of ours. */
const LONGEST_LINE = 400_000_000;
const CHUNK_BYTES = 256 * 1024;

export interface BackupReader {
  readonly header: BackupHeader;
  /** To be read to its end: only then is it known that the file is whole. */
  readonly batches: AsyncGenerator<BackupBatch, { readonly rows: number }>;
}

/** Opens a backup. Rejects, also while the batches are read, with BackupError unreadable, not-a-backup, damaged, newer. */
export async function readBackup(file: string): Promise<BackupReader> {
  const lines = readLines(file);
  const first = await lines.next();
  if (first.done === true) throw new BackupError('not-a-backup', `${file} is empty.`);
  try {
    return { header: parseHeader(file, first.value), batches: readBatches(file, first.value, lines) };
  } catch (error) {
    // Lets go of the file.
    await lines.return(undefined);
    throw error;
  }
}

/** Reads a backup to its end, to know that it is whole. Rejects as readBackup does. */
export async function verifyBackup(file: string): Promise<{ header: BackupHeader; rows: number }> {
  const { header, batches } = await readBackup(file);
  for (;;) {
    const next = await batches.next();
    if (next.done === true) return { header, rows: next.value.rows };
  }
}

function parseHeader(file: string, line: string): BackupHeader {
  const value = parseJson(line);
  const version = z.object({ format: z.literal(BACKUP_FORMAT), version: z.number() }).safeParse(value);
  if (!version.success) throw new BackupError('not-a-backup', `${file} is not a HugOps backup.`);
  if (version.data.version > BACKUP_VERSION) {
    throw new BackupError('newer', `${file} was written by a newer HugOps, in format ${version.data.version}.`);
  }
  const header = headerSchema.safeParse(value);
  if (!header.success) throw damaged(file, 'its header is incomplete');
  return header.data;
}

async function* readBatches(
  file: string,
  firstLine: string,
  lines: AsyncGenerator<string>,
): AsyncGenerator<BackupBatch, { readonly rows: number }> {
  const hash = createHash('sha256').update(firstLine).update('\n');
  let rows = 0;
  for await (const line of lines) {
    const value = parseJson(line);
    const batch = batchSchema.safeParse(value);
    if (batch.success) {
      hash.update(line).update('\n');
      rows += batch.data.rows.length;
      yield batch.data;
      continue;
    }
    const end = endSchema.safeParse(value);
    if (!end.success) throw damaged(file, 'it holds a line that makes no sense');
    if (end.data.sha256 !== hash.digest('hex')) throw damaged(file, 'its checksum does not match');
    if (end.data.rows !== rows) throw damaged(file, `it has ${rows} rows and should have ${end.data.rows}`);
    const more = await lines.next();
    if (more.done !== true) throw damaged(file, 'it goes on after its end');
    return { rows };
  }
  throw damaged(file, 'it ends early');
}

async function* readLines(file: string): AsyncGenerator<string> {
  // The callback hears what the loop below is told as well: errors of the file and of gzip reach it by the stream.
  const stream = pipeline(createReadStream(file), createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
  stream.setEncoding('utf8');
  // Kept apart until the line ends: to join and split them at each chunk would take quadratic time.
  let pieces: string[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      let from = 0;
      for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
        pieces.push(chunk.slice(from, end));
        yield pieces.join('');
        pieces = [];
        length = 0;
        from = end + 1;
      }
      pieces.push(chunk.slice(from));
      length += chunk.length - from;
      if (length > LONGEST_LINE) throw damaged(file, 'a line of it is too long');
    }
  } catch (error) {
    throw explainReadError(file, error);
  }
  if (length > 0) throw damaged(file, 'it ends early');
}

function explainReadError(file: string, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_DATA_ERROR' && error instanceof Error && /incorrect header check/.test(error.message)) {
    return new BackupError('not-a-backup', `${file} is not a HugOps backup: it is not compressed with gzip.`, error);
  }
  if (code.startsWith('Z_')) return damaged(file, 'it ends early or its compression is broken', error);
  const why = error instanceof Error ? error.message : String(error);
  return new BackupError('unreadable', `${file} cannot be read: ${why}`, error);
}

function damaged(file: string, why: string, cause?: unknown): BackupError {
  return new BackupError('damaged', `${file} is damaged: ${why}. Take an older backup. Nothing was changed.`, cause);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
