import { type Clock, machineMs, systemClock } from './clock.ts';
import type { Log } from './log.ts';

export interface LoopOptions {
  name: string;
  /** Does a bounded batch of what is due and returns how much that was; 0 means that nothing is left. */
  run(): Promise<number>;
  /** Polls at this interval also when nobody wakes it, so that progress never hangs on a wake-up. */
  pollMs: number;
  /** Whose milliseconds these are; the machine's when left out. */
  clock?: Clock;
  log: Log;
  onError(error: unknown): void;
}

export interface Loop {
  /** Runs soon. Cheap; may be called a thousand times for one run. */
  wake(): void;
  start(): void;
  /** Stops after the run under way, if any. */
  stop(): Promise<void>;
}

// After an error: long enough not to spin, short enough that an outage of the database ends with it.
const afterErrorMs = 500;
// Under a clock that runs fast.
const shortestPollMs = 100;

/** A loop that does its work until nothing is due, sleeps, and is woken by rows or by its poll. Errors are told and never end it. */
export function createLoop(options: LoopOptions): Loop {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = true;
  let timer: NodeJS.Timeout | undefined;

  const sleep = (ms: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(wake, ms);
  };
  const work = async (): Promise<void> => {
    try {
      do {
        again = false;
        while (!stopped && (await options.run()) > 0);
      } while (again && !stopped);
      sleep(machineMs(options.clock ?? systemClock, options.pollMs, shortestPollMs));
    } catch (error) {
      options.onError(error);
      sleep(afterErrorMs);
    } finally {
      running = undefined;
    }
    // A wake-up between the last look and here must not wait for the poll.
    if (again && !stopped) setImmediate(wake);
  };
  function wake(): void {
    if (stopped) return;
    again = true;
    running ??= work();
  }
  return {
    wake,
    start() {
      stopped = false;
      wake();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
