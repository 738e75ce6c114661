import type { Selectable } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';
import { cutText } from '../platform/cut-text.ts';
import { oneLine } from '../platform/one-line.ts';
import { claimSource, LeaseLostError, releaseSource, renewEveryMs, renewLease } from './source-lease.ts';
import { sourceKinds } from './sources/index.ts';
import { SourceError, type SourceIo, type SourceKind } from './sources/source.ts';
import { mostPostsAtOnce, takePosts } from './take-posts.ts';
import { tickListening } from './tick-listening.ts';
import type { Hearing } from './watch-words.ts';

type SourceRow = Selectable<Tables['listen_sources']>;

export interface ListenerOptions {
  hearing: Hearing;
  io: SourceIo;
  /** The value behind a reference in a source's configuration. */
  resolveSecret(source: 'env' | 'file', name: string): string | undefined;
}

export interface Listener {
  /** Reads the words, connects sources that nobody reads, and does what time brings. Returns 0 when nothing is left to do. */
  run(now: EpochMs): Promise<number>;
  /** Lets go of every source. What was read and not committed is read again. */
  stop(): Promise<void>;
}

interface Reader {
  mark: string;
  stop: AbortController;
  done: Promise<void>;
}

const shortestWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
const finalWaitMs = 15 * 60_000;
const refreshEveryMs = 10_000;

/** Follows every source of posts: one reader a source, on one node at a time. */
export function createListener(ctx: Ctx, options: ListenerOptions): Listener {
  const readers = new Map<string, Reader>();
  let refreshedAt = -Infinity;
  let isStopped = false;

  async function settle(now: EpochMs): Promise<void> {
    const rows = await ctx.db
      .selectFrom('listen_sources')
      .selectAll()
      .where('archived_at', 'is', null)
      .where('kind', '!=', 'webhook')
      .where('health', '!=', 'ended')
      .execute();
    const wanted = new Map(rows.map((row) => [row.id, row]));
    for (const [id, reader] of readers) {
      const row = wanted.get(id);
      if (row === undefined || markOf(row) !== reader.mark) reader.stop.abort();
    }
    for (const row of rows) {
      const kind = sourceKinds.get(row.kind);
      if (readers.has(row.id) || kind === undefined || !(await claimSource(ctx, row.id, now))) continue;
      const stop = new AbortController();
      const done = follow(ctx, options, kind, row.id, stop.signal)
        .catch((error: unknown) => ctx.log.error({ err: error, source: row.id }, 'a source could not be followed'))
        .finally(() => readers.delete(row.id));
      readers.set(row.id, { mark: markOf(row), stop, done });
    }
  }
  return {
    async run(now) {
      if (isStopped) return 0;
      if (now - refreshedAt >= refreshEveryMs || now < refreshedAt) {
        await options.hearing.refresh(ctx, now);
        refreshedAt = now;
      }
      await settle(now);
      return tickListening(ctx, now);
    },
    async stop() {
      isStopped = true;
      const open = [...readers.values()];
      for (const reader of open) reader.stop.abort();
      await Promise.all(open.map(({ done }) => done));
    },
  };
}

const markOf = (row: SourceRow): string => JSON.stringify([row.kind, row.config]);

/** Reads one source until it ends, is let go of, or is another node's; waits longer after each failure. */
async function follow(
  ctx: Ctx,
  options: ListenerOptions,
  kind: SourceKind,
  id: string,
  letGo: AbortSignal,
): Promise<void> {
  const lost = new AbortController();
  const stop = AbortSignal.any([letGo, lost.signal]);
  // Also while nothing comes, and while it waits.
  const renewing = setInterval(() => {
    renewLease(ctx, id, ctx.clock.now()).then(
      (isOurs) => isOurs || lost.abort(),
      () => undefined,
    );
  }, renewEveryMs);
  let failures = 0;
  try {
    while (!stop.aborted) {
      let heardAnything = false;
      try {
        await readOnce(ctx, options, kind, id, stop, () => {
          heardAnything = true;
          failures = 0;
        });
        if (!stop.aborted) await noteEnd(ctx, id);
        return;
      } catch (error) {
        if (stop.aborted || error instanceof LeaseLostError) return;
        failures += 1;
        const waitMs = waitAfter(error, failures, heardAnything, ctx);
        await noteFailure(ctx, id, error, failures);
        await options.io.wait(waitMs, stop).catch(() => undefined);
      }
    }
  } finally {
    clearInterval(renewing);
    await releaseSource(ctx, id).catch(() => undefined);
  }
}

/** Doubled with each failure, spread by half, so that a thousand HugOps do not come back in the same second. */
function waitAfter(error: unknown, failures: number, heardAnything: boolean, ctx: Ctx): number {
  if (error instanceof SourceError && error.retryAfterMs !== undefined) return Math.min(error.retryAfterMs, 3_600_000);
  if (error instanceof SourceError && error.isFinal) return finalWaitMs;
  const base = Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.min(20, heardAnything ? 0 : failures - 1));
  const [byte = 0] = ctx.random.bytes(1);
  return Math.round(base * (0.75 + byte / 512));
}

async function readOnce(
  ctx: Ctx,
  options: ListenerOptions,
  kind: SourceKind,
  id: string,
  stop: AbortSignal,
  onBatch: () => void,
): Promise<void> {
  const row = await ctx.db.selectFrom('listen_sources').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const config = kind.schema.parse(fillSecrets(row.config, options.resolveSecret));
  for await (const batch of kind.read({
    config,
    position: row.position,
    io: options.io,
    kept: (most) => keptIds(ctx, id, most),
    stop,
  })) {
    if (stop.aborted) return;
    const now = ctx.clock.now();
    // The position goes with the last piece: whatever was committed before it is known when it comes again.
    const pieces = Math.max(1, Math.ceil(batch.posts.length / mostPostsAtOnce));
    for (let piece = 0; piece < pieces; piece++) {
      const isLast = piece === pieces - 1;
      await takePosts(ctx, {
        hearing: options.hearing,
        source: id,
        batch: {
          posts: batch.posts.slice(piece * mostPostsAtOnce, (piece + 1) * mostPostsAtOnce),
          ...(isLast ? { withdrawals: batch.withdrawals ?? [], position: batch.position } : {}),
        },
        now,
        reader: ctx.nodeId,
      });
    }
    onBatch();
  }
}

async function keptIds(ctx: Ctx, source: string, most: number): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('posts')
    .select('external_id')
    .where('source', '=', source)
    .orderBy('seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(most)
    .execute();
  return rows.map((row) => row.external_id);
}

/** References filled in, as deep as they stand. */
function fillSecrets(value: unknown, resolve: ListenerOptions['resolveSecret']): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{(env|file):([^}]+)\}/g, (written, source: 'env' | 'file', name: string) => {
      const secret = resolve(source, name);
      if (secret === undefined) throw new SourceError(`the secret ${written} is not there`, { isFinal: true });
      return secret.replace(/\r?\n$/, '');
    });
  }
  if (Array.isArray(value)) return value.map((item) => fillSecrets(item, resolve));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillSecrets(item, resolve)]));
}

async function noteEnd(ctx: Ctx, id: string): Promise<void> {
  await ctx.db
    .updateTable('listen_sources')
    .set({ health: 'ended', health_since: ctx.clock.now() })
    .where('id', '=', id)
    .where('lease_owner', '=', ctx.nodeId)
    .execute();
}

async function noteFailure(ctx: Ctx, id: string, error: unknown, failures: number): Promise<void> {
  const now = ctx.clock.now();
  const reason = error instanceof SourceError ? error.message : 'an error within HugOps; its log says more';
  if (!(error instanceof SourceError))
    ctx.log.error({ err: error, source: id }, 'posts of a source could not be taken');
  await ctx.db
    .updateTable('listen_sources')
    .set((set) => ({
      health: 'failing' as const,
      health_since: set.case().when('health', '=', 'failing').then(set.ref('health_since')).else(now).end(),
      failures,
      last_error_at: now,
      last_error: cutText(oneLine(reason), 300),
    }))
    .where('id', '=', id)
    .where('lease_owner', '=', ctx.nodeId)
    .execute();
}
