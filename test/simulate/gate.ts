// How long a statement may wait for another's lock before the others go on.
const lockWaitMs = 15;
// A step whose tasks wait for nothing that the gate knows of would hang for ever; this many turns of the event loop are enough.
const maxIdleTurns = 20_000;

/**
 * Lets the tasks of a step go on one at a time, in an order that the seed chooses: whoever wants the database, or an answer from a
 * provider, waits here. Where tasks hold connections of their own, one may wait for a lock of another; after 15 ms the next goes on.
 */
export interface Gate {
  enter(): Promise<void>;
  /** Nobody else goes on until `leave`: for a look at the database between two moves. */
  hold(): void;
  leave(): void;
  /** Runs the tasks to their ends. */
  run(tasks: readonly Promise<unknown>[]): Promise<void>;
}

export function createGate(random: () => number, options: { locksMayWait: boolean }): Gate {
  const waiting: (() => void)[] = [];
  let busy = 0;
  let onLeave: ((how: 'left' | 'waits') => void) | undefined;

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const untilLeft = (): Promise<'left' | 'waits'> =>
    new Promise((resolve) => {
      const timer = options.locksMayWait ? setTimeout(() => resolve('waits'), lockWaitMs) : undefined;
      onLeave = (how) => {
        clearTimeout(timer);
        resolve(how);
      };
    });
  return {
    enter: () => new Promise((resolve) => waiting.push(resolve)),
    hold() {
      busy += 1;
    },
    leave() {
      busy -= 1;
      onLeave?.('left');
    },
    async run(tasks) {
      let left = tasks.length;
      const settled = Promise.allSettled(tasks.map((task) => task.finally(() => (left -= 1))));
      for (let idle = 0; left > 0 || busy > 0; idle++) {
        if (idle > maxIdleTurns) throw new Error('a task waits for something that the simulation does not know');
        await turn();
        while (busy > 0 && (await untilLeft()) === 'left') await turn();
        const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
        if (!next) continue;
        idle = 0;
        busy += 1;
        next();
      }
      for (const result of await settled) if (result.status === 'rejected') throw result.reason;
    },
  };
}
