/** Refused before anything was tried: too much is waiting already. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
  /** Whether it is this source that fills the queue, or all of them together. */
  readonly bySource: boolean;

  constructor(bySource: boolean) {
    super(bySource ? 'too much of this source is waiting to be stored' : 'too much is waiting to be stored');
    this.bySource = bySource;
  }
}

export interface GroupCommit<T> {
  /**
   * Resolves when the rows are committed, rejects when they are not: all of them or none. `bytes` is about what they weigh in memory.
   * Rows are committed in the order in which they were added.
   */
  add(rows: readonly T[], about: { source: string; bytes: number }): Promise<void>;
  /** Resolves when everything that was added before has been committed or refused. */
  settled(): Promise<void>;
}

export interface GroupCommitOptions<T> {
  /** Stores the rows in one transaction. */
  commit: (rows: readonly T[]) => Promise<void>;
  /** Whether the error lies in the rows; any other would meet each of them alone as well. */
  isRowError: (error: unknown) => boolean;
  /** How long those who came first wait for others, at most; only when there were others a moment ago. As PostgreSQL's commit_delay. */
  gatherMs: number;
  maxRowsPerCommit: number;
  maxWaitingBytes: number;
  maxWaitingBytesPerSource: number;
}

interface Waiting<T> {
  rows: readonly T[];
  source: string;
  bytes: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Lets concurrent callers share a transaction, and with it the one sync to disk that each commit costs: whatever arrives while a commit is
 * under way goes into the next one. When the database refuses a group for one of its rows, each caller's rows are tried alone, so that
 * one bad row harms no other.
 */
export function createGroupCommit<T>(options: GroupCommitOptions<T>): GroupCommit<T> {
  const waiting: Waiting<T>[] = [];
  const weights = new Map<string, number>();
  let allBytes = 0;
  let running = false;
  // How many may be about to ask: those who wait, and those who were just answered.
  let expected = 0;
  let wakeGathering: (() => void) | undefined;

  const settle = (group: readonly Waiting<T>[], failure?: { error: unknown }): void => {
    for (const entry of group) {
      allBytes -= entry.bytes;
      const left = (weights.get(entry.source) ?? 0) - entry.bytes;
      if (left > 0) weights.set(entry.source, left);
      else weights.delete(entry.source);
      if (failure === undefined) entry.resolve();
      else entry.reject(failure.error);
    }
  };

  const commitAlone = async (group: readonly Waiting<T>[]): Promise<void> => {
    for (const entry of group) {
      try {
        await options.commit(entry.rows);
        settle([entry]);
      } catch (error) {
        settle([entry], { error });
      }
    }
  };

  const commitGroup = async (group: readonly Waiting<T>[]): Promise<void> => {
    try {
      await options.commit(group.flatMap((entry) => entry.rows));
    } catch (error) {
      if (group.length > 1 && options.isRowError(error)) await commitAlone(group);
      else settle(group, { error });
      return;
    }
    settle(group);
  };

  /** Those who were answered together come back together, a moment apart: without this the first of them would be committed alone. */
  const gather = async (): Promise<void> => {
    if (waiting.length >= expected) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, options.gatherMs);
      wakeGathering = () => {
        if (waiting.length < expected) return;
        clearTimeout(timer);
        resolve();
      };
    });
    wakeGathering = undefined;
  };

  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      await gather();
      const group = takeGroup(waiting, options.maxRowsPerCommit);
      await commitGroup(group);
      const callers = waiting.length + group.length;
      expected = callers > 1 ? callers : 0;
    }
    running = false;
  };

  const enqueue = (rows: readonly T[], source: string, bytes: number): Promise<void> => {
    weights.set(source, (weights.get(source) ?? 0) + bytes);
    allBytes += bytes;
    return new Promise((resolve, reject) => {
      waiting.push({ rows, source, bytes, resolve, reject });
      if (running) wakeGathering?.();
      else void run();
    });
  };

  return {
    add(rows, { source, bytes }) {
      const ofSource = weights.get(source) ?? 0;
      const bySource = ofSource > 0 && ofSource + bytes > options.maxWaitingBytesPerSource;
      const byAll = allBytes > 0 && allBytes + bytes > options.maxWaitingBytes;
      return bySource || byAll ? Promise.reject(new QueueFullError(bySource)) : enqueue(rows, source, bytes);
    },
    // Nothing, queued behind the rest: done when its turn has come.
    settled: () => enqueue([], '', 0).catch(() => undefined),
  };
}

/** The oldest that fit together; always at least one. */
function takeGroup<T>(waiting: Waiting<T>[], maxRows: number): Waiting<T>[] {
  let rows = 0;
  let count = 0;
  for (const entry of waiting) {
    if (count > 0 && rows + entry.rows.length > maxRows) break;
    rows += entry.rows.length;
    count++;
  }
  return waiting.splice(0, count);
}
