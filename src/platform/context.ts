import type { Kysely } from 'kysely';
import type { Clock } from './clock.ts';
import type { Tables } from './db/tables.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Random } from './random.ts';
import { newId } from './random.ts';

/** The loops that a committed row may wake. Waking only saves waiting: each loop polls as well. */
export type Loop = 'signals' | 'escalation' | 'pages' | 'publish' | 'push' | 'mails' | 'thanks' | 'live';

/** What every verb is handed: `verb(ctx, input)`. Within transact(), `db` is the transaction and wake-ups wait for the commit. */
export interface Ctx {
  db: Kysely<Tables>;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  /** The public address without a trailing slash, as in `https://status.example.com`. */
  publicUrl: string;
  /** The installation's own secret (settings.secret), from which link and form signatures are derived. */
  secret: string;
  /** Names this process in leases, so that a row says who holds it. */
  nodeId: string;
  wake(loop: Loop): void;
}

/** A new id of the given kind at the context's time. */
export const idFor = (ctx: Ctx, prefix: string): string => newId(prefix, ctx.clock.now(), ctx.random);

// PostgreSQL asks for a retry with these: serialization_failure and deadlock_detected.
const retryable = new Set(['40001', '40P01']);
const maxAttempts = 5;

/**
 * Runs `work` in one transaction; nested calls join the outer one. Loops woken inside are woken after the commit, so that they find the rows.
 * Retries when PostgreSQL asks for it, therefore `work` must have no effect but its rows.
 */
export async function transact<T>(ctx: Ctx, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.db.isTransaction) return work(ctx);
  for (let attempt = 1; ; attempt++) {
    const woken = new Set<Loop>();
    try {
      const result = await ctx.db
        .transaction()
        .execute((trx) => work({ ...ctx, db: trx, wake: (loop) => void woken.add(loop) }));
      for (const loop of woken) ctx.wake(loop);
      return result;
    } catch (error) {
      if (attempt < maxAttempts && retryable.has((error as { code?: string }).code ?? '')) continue;
      throw error;
    }
  }
}
