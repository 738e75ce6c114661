import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CheckError, type CheckEnv } from './check-kind.ts';
import { explainSocket, openSocket, type Target, type Trace } from './connect.ts';
import { startTls, type TlsWish } from './start-tls.ts';

/** A conversation over one connection. Every wait ends at the time-out, and all that is read together is bounded. */
export interface Wire {
  /** Set once TLS is on. */
  readonly tls: TLSSocket | undefined;
  send(bytes: Buffer | string): void;
  /** Exactly so many bytes. `what` names them in errors, as in "the greeting". */
  read(count: number, what: string): Promise<Buffer>;
  /** All up to and including the mark, which must come within `maxBytes`. */
  readUntil(mark: string, maxBytes: number, what: string): Promise<Buffer>;
  /** A line without its end, CRLF or LF; latin1, so that nothing is lost. */
  readLine(what: string): Promise<string>;
  /** What has come and nobody read yet. */
  unread(): number;
  /** Goes on over TLS. What came in the clear before would be a stranger's word, and ends the run. */
  secure(wish: TlsWish): Promise<TLSSocket>;
}

interface WireOptions {
  /** TLS from the first byte. */
  tls?: TlsWish | undefined;
  /** Bytes that may be read in all; 1 MiB by default. */
  maxBytes?: number;
}

/** Connects to the target, talks, and closes the connection however that ends. Rejects with the signal's reason, or CheckError. */
export async function overWire<T>(
  target: Target,
  env: CheckEnv,
  trace: Trace,
  talk: (wire: Wire) => Promise<T>,
  options: WireOptions = {},
): Promise<T> {
  const plain = await openSocket(target, env, trace);
  const socket = options.tls === undefined ? plain : await startTls(plain, options.tls, env, trace);
  const wire = new SocketWire(socket, env, trace, options);
  try {
    return await talk(wire);
  } finally {
    wire.close();
  }
}

const maxLineBytes = 8192;
const nothing: Buffer = Buffer.alloc(0);

interface Wanted {
  what: string;
  /** How many bytes to hand over; 0 when more must come first. Throws CheckError when they will never do. */
  measure(): number;
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
}

class SocketWire implements Wire {
  tls: TLSSocket | undefined;
  #socket: Socket;
  readonly #env: CheckEnv;
  readonly #trace: Trace;
  readonly #maxBytes: number;
  readonly #openedAt = performance.now();
  #chunks: Buffer[] = [];
  #size = 0;
  #total = 0;
  #wanted: Wanted | undefined;
  #failure: Error | undefined;
  #ended = false;

  constructor(socket: Socket, env: CheckEnv, trace: Trace, options: WireOptions) {
    this.#socket = socket;
    this.#env = env;
    this.#trace = trace;
    this.#maxBytes = options.maxBytes ?? 1_048_576;
    this.tls = options.tls === undefined ? undefined : (socket as TLSSocket);
    trace.stage = 'answer';
    this.#listen();
    this.#watchTime();
  }

  send(bytes: Buffer | string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  read(count: number, what: string): Promise<Buffer> {
    if (count === 0) return Promise.resolve(nothing);
    return this.#want(what, () => (this.#size >= count ? count : 0));
  }

  readUntil(mark: string, maxBytes: number, what: string): Promise<Buffer> {
    let searched = 0;
    return this.#want(what, () => {
      const bytes = this.#joined();
      const at = bytes.indexOf(mark, searched, 'latin1');
      if (at >= 0 && at <= maxBytes) return at + mark.length;
      if (bytes.length > maxBytes) {
        throw new CheckError('bad-answer', `${this.#trace.peer} sent ${what} of more than ${maxBytes} bytes`);
      }
      searched = Math.max(0, bytes.length - mark.length + 1);
      return 0;
    });
  }

  async readLine(what: string): Promise<string> {
    const line = await this.readUntil('\n', maxLineBytes, what);
    return line.toString('latin1', 0, line.at(-2) === 13 ? line.length - 2 : line.length - 1);
  }

  unread(): number {
    return this.#size;
  }

  async secure(wish: TlsWish): Promise<TLSSocket> {
    if (this.#size > 0) {
      throw new CheckError('bad-answer', `${this.#trace.peer} sent something in the clear that belongs behind TLS`);
    }
    if (this.#failure) throw this.#failure;
    this.#unlisten();
    // Until TLS stands, ending it is startTls' own business: Node 26.10 crashes when the socket below a handshake is destroyed.
    this.#env.signal.removeEventListener('abort', this.#onAbort);
    this.tls = await startTls(this.#socket, wish, this.#env, this.#trace);
    this.#socket = this.tls;
    this.#trace.stage = 'answer';
    this.#listen();
    this.#watchTime();
    return this.tls;
  }

  close(): void {
    this.#env.signal.removeEventListener('abort', this.#onAbort);
    this.#failure ??= new CheckError('closed-early', 'the conversation is over');
    this.#socket.destroy();
  }

  #want(what: string, measure: () => number): Promise<Buffer> {
    this.#trace.waitingFor = what;
    return new Promise((resolve, reject) => {
      this.#wanted = { what, measure, resolve, reject };
      this.#serve();
    });
  }

  /** Answers whoever waits, when that can be done. */
  #serve(): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    try {
      const count = wanted.measure();
      if (count > 0) {
        this.#wanted = undefined;
        wanted.resolve(this.#take(count));
        return;
      }
      if (this.#failure) throw this.#failure;
      if (this.#ended) {
        const { peer } = this.#trace;
        throw new CheckError('closed-early', `${peer} closed the connection before ${wanted.what} came`);
      }
    } catch (error) {
      this.#wanted = undefined;
      wanted.reject(error as Error);
    }
  }

  #joined(): Buffer {
    const [first = nothing] = this.#chunks;
    if (this.#chunks.length < 2) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(count: number): Buffer {
    const bytes = this.#joined();
    const rest = bytes.subarray(count);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return bytes.subarray(0, count);
  }

  readonly #onAbort = (): void => this.#fail(this.#env.signal.reason as Error);

  readonly #onError = (error: Error): void => {
    this.#fail(error === this.#env.signal.reason ? error : explainSocket(error, this.#trace));
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#serve();
  };

  readonly #onData = (bytes: Buffer): void => {
    const { phases } = this.#trace;
    phases.firstByteMs ??= performance.now() - this.#openedAt;
    this.#trace.stage = 'transfer';
    this.#trace.bytes += bytes.length;
    this.#total += bytes.length;
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#total > this.#maxBytes) {
      const { peer } = this.#trace;
      this.#fail(new CheckError('bad-answer', `${peer} sent more than ${this.#maxBytes / 1024} KiB`));
    }
    this.#serve();
  };

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#serve();
  }

  #watchTime(): void {
    const { signal } = this.#env;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  #listen(): void {
    this.#socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onEnd);
  }

  #unlisten(): void {
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
    this.#socket.off('error', this.#onError).pause();
  }
}
