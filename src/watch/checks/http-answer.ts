import type { Socket } from 'node:net';
import { CheckError } from './check-kind.ts';
import { explainSocket, type Trace } from './connect.ts';

/** An HTTP/1 answer as far as it was read. */
export interface HttpAnswer {
  status: number;
  /** Names in lower case; several of one name joined by `, `. */
  headers: Map<string, string>;
  /** As it came: still compressed where `content-encoding` says so. */
  body: Buffer;
  /** True when the body was longer than what was read. */
  truncated: boolean;
}

const maxHeadBytes = 65_536;
const maxChunkLineBytes = 1024;
const maxInterim = 10;
// One for all: the collector looks after every buffer by itself, and pays for it.
const nothing: Buffer = Buffer.alloc(0);

type Part = 'head' | 'sized' | 'until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'done';

/**
 * Reads one answer (RFC 9112) from bytes as they come. It exists because node:http costs about half of a check's processor time (bench/checks.ts);
 * it is strict where a lenient reading would call a broken server healthy, and bounded everywhere.
 */
export class AnswerReader {
  answer: HttpAnswer = { status: 0, headers: new Map(), body: nothing, truncated: false };
  readonly #method: string;
  readonly #maxBodyBytes: number;
  #part: Part = 'head';
  #pending: Buffer = nothing;
  #left = 0;
  #interim = 0;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(method: string, maxBodyBytes: number) {
    this.#method = method;
    this.#maxBodyBytes = maxBodyBytes;
  }

  /** Takes more bytes; true once the answer is complete or as much of it is there as was wanted. Throws CheckError `bad-answer`. */
  push(bytes: Buffer): boolean {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#part !== 'done' && this.#step());
    return this.#part === 'done';
  }

  /** The other side has closed; true when the answer is complete by that. */
  end(): boolean {
    if (this.#part === 'until-close') this.#finish(false);
    return this.#part === 'done';
  }

  /** What is missing, for a person. */
  missing(): string {
    if (this.#part === 'head') return this.answer.status === 0 ? 'no answer' : 'only half of its head';
    return this.#part === 'sized'
      ? `only ${this.#size} of the ${this.#size + this.#left} bytes that it announced`
      : `only ${this.#size} bytes, without the end of the last chunk`;
  }

  /** Works on what is pending; false when it needs more. */
  #step(): boolean {
    switch (this.#part) {
      case 'head':
        return this.#readHead();
      case 'sized':
      case 'chunk-data':
      case 'until-close':
        return this.#readData();
      case 'chunk-size':
        return this.#readChunkSize();
      case 'chunk-end':
        return this.#readChunkEnd();
      case 'trailer':
        return this.#readTrailer();
      default:
        return false;
    }
  }

  #enter(part: Part): true {
    this.#part = part;
    return true;
  }

  #finish(truncated: boolean): void {
    const [only] = this.#chunks;
    const body = this.#chunks.length < 2 ? (only ?? nothing) : Buffer.concat(this.#chunks);
    this.answer = { ...this.answer, body, truncated };
    this.#chunks = [];
    this.#part = 'done';
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0 || end > maxHeadBytes) {
      if (!'HTTP/1.'.startsWith(this.#pending.toString('latin1', 0, 7))) throw notHttp(this.#pending);
      if (this.#pending.length > maxHeadBytes) throw bad(`the headers are longer than ${maxHeadBytes / 1024} KiB`);
      return false;
    }
    const lines = this.#pending.toString('latin1', 0, end).split('\r\n');
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0] ?? '')?.[1];
    if (status === undefined) throw notHttp(this.#pending);
    this.#pending = this.#pending.subarray(end + 4);
    this.answer.status = Number(status);
    if (this.answer.status < 200 && this.answer.status !== 101) {
      if (++this.#interim > maxInterim) throw bad('one interim answer after another');
      return true;
    }
    this.answer.headers = readHeaders(lines);
    return this.#chooseBody();
  }

  /** How long the body is: RFC 9112, section 6.3. */
  #chooseBody(): true {
    const { status, headers } = this.answer;
    if (this.#method === 'HEAD' || status === 204 || status === 304 || status === 101) {
      this.#finish(false);
      return true;
    }
    const coding = headers.get('transfer-encoding')?.toLowerCase();
    if (coding !== undefined) {
      if (/(?:^|,)\s*chunked$/.test(coding)) return this.#enter('chunk-size');
      throw bad(`a transfer encoding that is not understood: ${coding.slice(0, 100)}`);
    }
    const length = headers.get('content-length');
    if (length === undefined) {
      this.#left = Number.POSITIVE_INFINITY;
      return this.#enter('until-close');
    }
    const sizes = new Set(length.split(/\s*,\s*/));
    const [size = ''] = sizes;
    if (sizes.size !== 1 || !/^\d{1,15}$/.test(size))
      throw bad(`a content-length that is no length: ${length.slice(0, 100)}`);
    this.#left = Number(size);
    if (this.#left === 0) this.#finish(false);
    else this.#part = 'sized';
    return true;
  }

  #readData(): boolean {
    if (this.#pending.length === 0) return false;
    const room = this.#maxBodyBytes - this.#size;
    const part = this.#pending.subarray(0, Math.min(this.#left, room));
    this.#chunks.push(part);
    this.#size += part.length;
    this.#left -= part.length;
    const more = this.#pending.length > part.length;
    this.#pending = this.#pending.subarray(part.length);
    if (this.#left === 0) {
      if (this.#part === 'chunk-data') return this.#enter('chunk-end');
      this.#finish(false);
    } else if (more || (this.#size === this.#maxBodyBytes && this.#part === 'sized')) {
      this.#finish(true);
    }
    return true;
  }

  #readLine(): string | undefined {
    const end = this.#pending.indexOf('\r\n');
    if (end < 0 || end > maxChunkLineBytes) {
      if (this.#pending.length > maxChunkLineBytes) throw bad('chunks that are not readable');
      return undefined;
    }
    const line = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + 2);
    return line;
  }

  #readChunkSize(): boolean {
    const line = this.#readLine();
    if (line === undefined) return false;
    const size = /^([0-9a-f]{1,12})\s*(?:;|$)/i.exec(line)?.[1];
    if (size === undefined) throw bad('chunks that are not readable');
    this.#left = parseInt(size, 16);
    return this.#enter(this.#left === 0 ? 'trailer' : 'chunk-data');
  }

  #readChunkEnd(): boolean {
    const line = this.#readLine();
    if (line === undefined) return false;
    if (line !== '') throw bad('chunks that are not readable');
    return this.#enter('chunk-size');
  }

  #readTrailer(): boolean {
    const line = this.#readLine();
    if (line === undefined) return false;
    if (line === '') this.#finish(false);
    else if (++this.#interim > 100) throw bad('trailers without end');
    return true;
  }
}

const bad = (what: string): CheckError => new CheckError('bad-answer', `the answer is not valid HTTP: ${what}`);

function notHttp(bytes: Buffer): CheckError {
  const start = bytes.toString('latin1', 0, 40).replace(/[^\x20-\x7e]/g, '.');
  return bad(`it begins with "${start}"`);
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || /[\s\0]/.test(name)) throw bad(`a header line that is none: ${line.slice(0, 60)}`);
    const value = line.slice(colon + 1).trim();
    const known = headers.get(name);
    headers.set(name, known === undefined ? value : `${known}, ${value}`);
  }
  return headers;
}

/** Writes a request on a connected socket and reads the answer. The socket is destroyed in every case. */
export function exchange(
  socket: Socket,
  request: { method: string; bytes: Buffer },
  options: { maxBodyBytes: number; signal: AbortSignal },
  trace: Trace,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const reader = new AnswerReader(request.method, options.maxBodyBytes);
    const startedAt = performance.now();
    let firstAt = 0;
    trace.stage = 'answer';
    trace.bytes = 0;
    let open = true;
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      signal.removeEventListener('abort', abort);
      if (firstAt > 0) trace.phases.transferMs = (trace.phases.transferMs ?? 0) + performance.now() - firstAt;
      socket.destroy();
      return true;
    };
    const fail = (error: Error): void => {
      if (close()) reject(error === signal.reason ? error : explainSocket(error, trace));
    };
    const abort = (): void => fail(signal.reason as Error);
    const finish = (): void => {
      if (close()) resolve(reader.answer);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', fail);
    socket.on('data', (bytes: Buffer) => {
      if (firstAt === 0) {
        firstAt = performance.now();
        trace.phases.firstByteMs = (trace.phases.firstByteMs ?? 0) + firstAt - startedAt;
        trace.stage = 'transfer';
      }
      trace.bytes += bytes.length;
      try {
        if (reader.push(bytes)) finish();
      } catch (error) {
        fail(error as Error);
      }
    });
    const ended = (): void => {
      if (reader.end()) return finish();
      fail(new CheckError('closed-early', `${trace.peer} closed the connection after ${reader.missing()}`));
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.write(request.bytes);
  });
}
