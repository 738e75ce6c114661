// How long a statement may wait for another's lock before the others go on.
const lockWaitMs = 15;
// A step whose tasks wait for nothing that the gate knows of would hang for ever; this many turns of the event loop are enough.
const maxIdleTurns = 20_000;

/** Somebody's turn, until it is given back. */
export interface Pass {
  waitsForLock: boolean;
}

/**
 * Lets the tasks of a step go on one at a time, in an order that the seed chooses: whoever wants the database, or an answer from a
 * provider, waits here. Where tasks hold connections of their own, one may wait for a lock of another; after 15 ms the next goes on.
 */
export interface Gate {
  enter(): Promise<Pass>;
  /** Nobody else goes on until `leave`: for a look at the database between two moves. */
  hold(): Pass;
  leave(pass: Pass): void;
  /** Runs the tasks to their ends. */
  run(tasks: readonly Promise<unknown>[]): Promise<void>;
}

export function createGate(random: () => number, options: { locksMayWait: boolean }): Gate {
  const waiting: ((pass: Pass) => void)[] = [];
  const turns = new Set<Pass>();
  let onLeave: (() => void) | undefined;

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const moving = (): Pass[] => [...turns].filter((pass) => !pass.waitsForLock);
  const pass = (): Pass => {
    const given = { waitsForLock: false };
    turns.add(given);
    return given;
  };
  /** Until somebody gives a turn back, or is found to wait for a lock. */
  const untilLeft = (): Promise<void> =>
    new Promise((resolve) => {
      const park = (): void => {
        for (const one of moving()) one.waitsForLock = true;
        resolve();
      };
      const timer = options.locksMayWait ? setTimeout(park, lockWaitMs) : undefined;
      onLeave = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return {
    enter: () => new Promise((resolve) => waiting.push(resolve)),
    hold: pass,
    leave(given) {
      turns.delete(given);
      onLeave?.();
    },
    async run(tasks) {
      let left = tasks.length;
      const settled = Promise.allSettled(tasks.map((task) => task.finally(() => (left -= 1))));
      for (let idle = 0; left > 0 || turns.size > 0; idle++) {
        if (idle > maxIdleTurns) throw new Error('a task waits for something that the simulation does not know');
        await turn();
        while (moving().length > 0) {
          await untilLeft();
          await turn();
        }
        const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
        if (next) next(pass());
        // Nobody can move but those that wait for a lock.
        else if (turns.size > 0) await untilLeft();
        idle = next || turns.size > 0 ? 0 : idle;
      }
      for (const result of await settled) if (result.status === 'rejected') throw result.reason;
    },
  };
}
