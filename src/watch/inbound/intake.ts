import type { Ctx } from '../../platform/context.ts';
import { isRowError } from '../../platform/db/sql-state.ts';
import { createGroupCommit, type GroupCommit } from '../../platform/group-commit.ts';
import { type IncomingSignal, storeSignals } from './store-signals.ts';

/**
 * Where accepted messages become rows. Limits, for all tools together: 1,000 signals a commit (14 parameters each; PostgreSQL takes 65,535),
 * 64 MB waiting in all and 16 MB from one integration, so that a noisy one is told to wait before it holds up the others.
 */
export function openIntake(ctx: Ctx): GroupCommit<IncomingSignal> {
  return createGroupCommit<IncomingSignal>({
    commit: (signals) => storeSignals(ctx, signals),
    isRowError,
    // Measured with 16 clients in another process: half as many commits, and 1.6 times the events.
    gatherMs: 1,
    maxRowsPerCommit: 1_000,
    maxWaitingBytes: 64_000_000,
    maxWaitingBytesPerSource: 16_000_000,
  });
}
