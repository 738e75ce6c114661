import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Tells whoever waits that there is something to read. A wake may be lost: whoever waits polls as well. */
interface Wakes {
  /** Calls `fn` whenever the channel is woken, by this process or another one. Returns how to stop. */
  onWake(channel: string, fn: () => void): () => void;
  wake(channel: string): void;
  close(): Promise<void>;
}

const GOODBYE_MS = 1000;
const CHANNEL = /^[a-z_][a-z0-9_-]{0,62}$/;

function checkChannel(channel: string): string {
  if (!CHANNEL.test(channel)) throw new TypeError(`${JSON.stringify(channel)} is not a channel name`);
  return channel;
}

/** Wakes within this process: for the embedded database, which no other process can open. */
export class LocalWakes implements Wakes {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  onWake(channel: string, fn: () => void): () => void {
    this.#emitter.on(checkChannel(channel), fn);
    return () => void this.#emitter.off(channel, fn);
  }

  wake(channel: string): void {
    checkChannel(channel);
    // Later, as with a server: the one who wakes is not interrupted by those who are woken.
    setImmediate(() => this.#emitter.emit(channel));
  }

  async close(): Promise<void> {
    this.#emitter.removeAllListeners();
  }
}

export interface PostgresWakesOptions {
  readonly connection: pg.ClientConfig;
  /** Sends NOTIFY by a connection of the pool. */
  readonly notify: (channel: string) => Promise<unknown>;
  readonly onError: (error: Error) => void;
  readonly retryMs?: { readonly first: number; readonly most: number };
}

/** LISTEN and NOTIFY on a connection of its own, which is made anew whenever it is lost. */
export class PostgresWakes implements Wakes {
  readonly #options: PostgresWakesOptions;
  readonly #local = new LocalWakes();
  readonly #channels = new Map<string, number>();
  #client: pg.Client | undefined;
  #connected = false;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: PostgresWakesOptions) {
    this.#options = options;
  }

  /** Whether other processes' wakes arrive at the moment. */
  get listening(): boolean {
    return this.#connected;
  }

  onWake(channel: string, fn: () => void): () => void {
    const stop = this.#local.onWake(channel, fn);
    const users = this.#channels.get(channel) ?? 0;
    this.#channels.set(channel, users + 1);
    if (this.#client === undefined && this.#retry === undefined) this.#connect();
    else if (users === 0 && this.#connected) this.#listen(channel);
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      stop();
      // The channel stays listened to: a wake that nobody wants costs less than keeping LISTEN and UNLISTEN in order.
      this.#channels.set(channel, (this.#channels.get(channel) ?? 1) - 1);
    };
  }

  wake(channel: string): void {
    checkChannel(channel);
    // Without a listening connection our own notification would not come back to us.
    if (!this.#connected) this.#local.wake(channel);
    this.#options.notify(channel).catch((error: unknown) => this.#report(error));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#local.close();
    const client = this.#client;
    this.#client = undefined;
    this.#connected = false;
    // A connection whose server vanished would say goodbye for ever.
    await Promise.race([client?.end().catch(() => undefined), delay(GOODBYE_MS, undefined, { ref: false })]);
  }

  #connect(): void {
    const client = new pg.Client({ ...this.#options.connection, statement_timeout: 0, query_timeout: 0 });
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the listening connection ended')));
    client.on('notification', ({ channel }) => this.#local.wake(channel));
    client
      .connect()
      .then(() => this.#listenToAll(client))
      .catch((error: unknown) => this.#lost(client, error));
  }

  async #listenToAll(client: pg.Client): Promise<void> {
    // Read anew each round: a channel may be added while the statement before it is under way.
    const done = new Set<string>();
    for (;;) {
      const next = [...this.#channels.keys()].find((channel) => !done.has(channel));
      if (next === undefined) break;
      done.add(next);
      await client.query(`listen "${next}"`);
    }
    if (client !== this.#client) return;
    this.#connected = true;
    this.#failures = 0;
    // Whatever was told while nobody listened is not told again.
    for (const channel of this.#channels.keys()) this.#local.wake(channel);
  }

  #listen(channel: string): void {
    const client = this.#client;
    client?.query(`listen "${channel}"`).catch((error: unknown) => this.#lost(client, error));
  }

  #lost(client: pg.Client, error: unknown): void {
    if (client !== this.#client || this.#closed) return;
    this.#client = undefined;
    this.#connected = false;
    this.#report(error);
    client.end().catch(() => undefined);
    const { first, most } = this.#options.retryMs ?? { first: 500, most: 30_000 };
    const delayMs = Math.min(most, first * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, delayMs);
    this.#retry.unref();
  }

  #report(error: unknown): void {
    if (!this.#closed) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }
}
