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
   * Rows of one source are committed in the order in which they were added. Sources take turns, so that one with much to say holds up no other.
   */
  add(rows: readonly T[], about: { source: string; bytes: number }): Promise<void>;
  /** Resolves when everything of this source that was added before has been committed or refused. */
  settled(source: string): Promise<void>;
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
  const waiting = openTurns<Waiting<T>>();
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
    if (waiting.size() >= expected) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, options.gatherMs);
      wakeGathering = () => {
        if (waiting.size() < expected) return;
        clearTimeout(timer);
        resolve();
      };
    });
    wakeGathering = undefined;
  };

  const run = async (): Promise<void> => {
    running = true;
    while (waiting.size() > 0) {
      await gather();
      const group = takeGroup(waiting, options.maxRowsPerCommit);
      await commitGroup(group);
      const callers = waiting.size() + group.length;
      expected = callers > 1 ? callers : 0;
    }
    running = false;
  };

  const enqueue = (rows: readonly T[], source: string, bytes: number): Promise<void> => {
    weights.set(source, (weights.get(source) ?? 0) + bytes);
    allBytes += bytes;
    return new Promise((resolve, reject) => {
      waiting.add(source, { rows, source, bytes, resolve, reject });
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
    settled: (source) => enqueue([], source, 0).catch(() => undefined),
  };
}

/** Those whose turn it is, as many as fit together; always at least one. */
function takeGroup<T>(waiting: Turns<Waiting<T>>, maxRows: number): Waiting<T>[] {
  const group: Waiting<T>[] = [];
  let rows = 0;
  for (let next = waiting.peek(); next !== undefined; next = waiting.peek()) {
    if (group.length > 0 && rows + next.rows.length > maxRows) break;
    rows += next.rows.length;
    group.push(next);
    waiting.next();
  }
  return group;
}

interface Turns<E> {
  add(source: string, entry: E): void;
  size(): number;
  /** The entry whose turn it is. */
  peek(): E | undefined;
  /** Takes it; its source goes to the end of the round. */
  next(): void;
}

/** A queue for each source. They take turns, entry by entry, in constant time. */
function openTurns<E>(): Turns<E> {
  // The first source in the map is the one whose turn it is. `head` spares moving a long queue at each step.
  const queues = new Map<string, { entries: E[]; head: number }>();
  let size = 0;
  const first = () => queues.entries().next().value;
  return {
    add(source, entry) {
      const queue = queues.get(source);
      if (queue === undefined) queues.set(source, { entries: [entry], head: 0 });
      else queue.entries.push(entry);
      size++;
    },
    size: () => size,
    peek() {
      const [, queue] = first() ?? [];
      return queue?.entries[queue.head];
    },
    next() {
      const [source, queue] = first() ?? [];
      if (source === undefined || queue === undefined) return;
      size--;
      queue.head++;
      queues.delete(source);
      if (queue.head < queue.entries.length) queues.set(source, queue);
      if (queue.head >= 1_000) {
        queue.entries.splice(0, queue.head);
        queue.head = 0;
      }
    },
  };
}
