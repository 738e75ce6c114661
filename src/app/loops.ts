import type { Clock } from '../platform/clock.ts';
import type { Loop as LoopName } from '../platform/context.ts';
import type { Log } from '../platform/log.ts';
import { createLoop, type Loop } from '../platform/loop.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Pulse } from './auditor.ts';

/** A piece of work: a bounded batch of what is due at `now`; returns how much it did, 0 when nothing is left. */
export interface Task {
  name:
    | LoopName
    | 'housekeeping'
    | 'auditor'
    | 'heartbeats'
    | 'network'
    | 'probes'
    | 'subscribers'
    | 'upstreams'
    | 'sources'
    | 'listen';
  run(now: number): Promise<number>;
  /** For a task that starts work without waiting for it: resolves when all of it is done. */
  idle?(): Promise<void>;
  pollMs: number;
}

export interface Loops {
  wake(name: LoopName): void;
  start(): void;
  stop(): Promise<void>;
  /** Runs every task until none finds anything to do: the whole program's work at `now`, for tests under a fake clock. */
  settle(now: number): Promise<void>;
  /** When each last finished a batch without an error. */
  pulse(): Pulse;
}

// A story that is not quiet after so many rounds goes round in circles.
const maxRounds = 200;

/** Drives the tasks, each in a loop of its own, so that a slow one never holds up a page. */
export function createLoops(tasks: readonly Task[], parts: { clock: Clock; log: Log; metrics: Metrics }): Loops {
  const pulse = new Map(tasks.map(({ name, pollMs }) => [name as string, { lastOkAt: parts.clock.now(), pollMs }]));
  const runOnce = async (task: Task, now: number): Promise<number> => {
    const done = await task.run(now);
    pulse.set(task.name, { lastOkAt: parts.clock.now(), pollMs: task.pollMs });
    return done;
  };
  const loops = new Map<string, Loop>(
    tasks.map((task) => [
      task.name,
      createLoop({
        name: task.name,
        run: () => runOnce(task, parts.clock.now()),
        pollMs: task.pollMs,
        clock: parts.clock,
        log: parts.log,
        onError(error) {
          parts.metrics.loopErrors.inc({ loop: task.name });
          parts.log.error({ err: error, loop: task.name }, 'a loop failed; trying again soon');
        },
      }),
    ]),
  );
  return {
    pulse: () => pulse,
    wake: (name) => loops.get(name)?.wake(),
    start() {
      for (const loop of loops.values()) loop.start();
    },
    async stop() {
      await Promise.all([...loops.values()].map((loop) => loop.stop()));
      await Promise.all(tasks.map(async (task) => task.idle?.()));
    },
    async settle(now) {
      for (let round = 0; round < maxRounds; round++) {
        let done = 0;
        for (const task of tasks) {
          done += await runOnce(task, now);
          await task.idle?.();
        }
        if (done === 0) return;
      }
      throw new Error(`the tasks were still busy after ${maxRounds} rounds at the same instant`);
    },
  };
}
