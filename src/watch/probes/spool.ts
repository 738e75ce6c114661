import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { newSecret, type Random } from '../../platform/random.ts';
import type { DeliveredResult } from './schemas.ts';

export type SpoolRow = Omit<DeliveredResult, 'seq'>;

/**
 * A probe's results on disk until the server has them: numbered lines in files of a thousand. Each is written before it counts, so a killed process
 * loses at most the run under way. Bounded: when the server is away for too long the oldest file is given up, and counted.
 */
export interface Spool {
  /** Names this log: the server remembers how far it has taken it. */
  readonly logId: string;
  append(row: SpoolRow): void;
  /** The oldest that wait, at most `limit` and about `bytes` long. */
  peek(limit: number, bytes: number): DeliveredResult[];
  /** The server has everything up to this number. */
  acknowledge(seq: number): void;
  waiting(): number;
  /** Given up in all. */
  dropped(): number;
  close(): void;
}

interface Segment {
  file: string;
  firstSeq: number;
  lastSeq: number;
  bytes: number;
}

const segmentRows = 1_000;
const logIdFile = 'log-id';
const droppedFile = 'dropped';
const segmentName = /^(\d{16})\.jsonl$/;

/** Opens the log in a directory, or begins one. What a killed process left half written at the end is cut off. */
export function openSpool(directory: string, options: { random: Random; maxBytes: number }): Spool {
  mkdirSync(directory, { recursive: true });
  const logId = readOr(join(directory, logIdFile), () => newSecret(options.random));
  let dropped = Number(readOr(join(directory, droppedFile), () => '0'));
  const waiting: { seq: number; line: string }[] = [];
  const segments: Segment[] = readdirSync(directory)
    .filter((name) => segmentName.test(name))
    .toSorted()
    .map((name) => readSegment(directory, name, waiting));
  let seq = segments.at(-1)?.lastSeq ?? 0;
  let acknowledged = 0;
  let active = begin();

  function begin(): Segment & { fd: number } {
    const file = join(directory, `${String(seq + 1).padStart(16, '0')}.jsonl`);
    const known = segments.at(-1);
    // A last file without a line has this very name.
    if (known?.file === file) segments.pop();
    const segment = { file, firstSeq: seq + 1, lastSeq: seq, bytes: 0, fd: openSync(file, 'a') };
    segments.push(segment);
    return segment;
  }

  function dropOldest(): void {
    const [oldest] = segments;
    if (oldest === undefined || oldest === active) return;
    const before = waiting.length;
    while (waiting[0] !== undefined && waiting[0].seq <= oldest.lastSeq) waiting.shift();
    dropped += before - waiting.length;
    writeWhole(join(directory, droppedFile), String(dropped));
    segments.shift();
    rmSync(oldest.file, { force: true });
  }

  return {
    logId,
    append(row) {
      if (active.lastSeq - active.firstSeq + 1 >= segmentRows) {
        closeSync(active.fd);
        active = begin();
      }
      const line = JSON.stringify({ seq: seq + 1, ...row });
      active.bytes += writeSync(active.fd, `${line}\n`);
      seq += 1;
      active.lastSeq = seq;
      waiting.push({ seq, line });
      while (segments.length > 1 && segments.reduce((sum, one) => sum + one.bytes, 0) > options.maxBytes) dropOldest();
    },
    peek(limit, bytes) {
      const rows: DeliveredResult[] = [];
      let size = 0;
      for (const { line } of waiting) {
        size += line.length;
        if (rows.length === limit || (rows.length > 0 && size > bytes)) break;
        rows.push(JSON.parse(line) as DeliveredResult);
      }
      return rows;
    },
    acknowledge(upTo) {
      acknowledged = Math.max(acknowledged, upTo);
      let done = 0;
      while ((waiting[done]?.seq ?? Infinity) <= acknowledged) done++;
      waiting.splice(0, done);
      while (segments[0] !== undefined && segments[0] !== active && segments[0].lastSeq <= acknowledged)
        rmSync(segments.shift()?.file ?? '', { force: true });
    },
    waiting: () => waiting.length,
    dropped: () => dropped,
    close: () => closeSync(active.fd),
  };
}

/** Reads the lines of a file into `waiting`, up to the last whole one, and cuts off what follows it. */
function readSegment(directory: string, name: string, waiting: { seq: number; line: string }[]): Segment {
  const file = join(directory, name);
  const firstSeq = Number(segmentName.exec(name)?.[1] ?? 1);
  const fd = openSync(file, 'r');
  const { size } = fstatSync(fd);
  closeSync(fd);
  const bytes = readFileSync(file);
  let lastSeq = firstSeq - 1;
  let end = 0;
  for (let next = bytes.indexOf(10, end); next >= 0; next = bytes.indexOf(10, end)) {
    const line = bytes.toString('utf8', end, next);
    if (seqOf(line) !== lastSeq + 1) break;
    lastSeq += 1;
    end = next + 1;
    waiting.push({ seq: lastSeq, line });
  }
  if (end < size) truncateSync(file, end);
  return { file, firstSeq, lastSeq, bytes: end };
}

function seqOf(line: string): number {
  try {
    return Number((JSON.parse(line) as { seq?: unknown }).seq);
  } catch {
    return Number.NaN;
  }
}

function readOr(file: string, make: () => string): string {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text !== '') return text;
  } catch {
    // Not there yet.
  }
  const made = make();
  writeWhole(file, made);
  return made;
}

/** Whole or not at all, whenever the process is killed. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
