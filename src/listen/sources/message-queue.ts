import { SourceError } from './source.ts';

/** Messages that are kept while the last ones are being committed: some seconds of the whole of a large network. */
const mostWaiting = 20_000;

/** Messages of a connection, taken in batches: while one is committed, the next gathers. Bounded. */
export interface MessageQueue {
  push(message: string): void;
  /** No more will come; what is there can still be taken. */
  end(error: SourceError): void;
  /**
   * What came since the last time, at most `most`; waits for the first. An empty list after `idleMs` without any. Throws what the connection
   * ended with once all is taken.
   */
  take(most: number, idleMs: number): Promise<string[]>;
}

export function createMessageQueue(onOverflow: () => void): MessageQueue {
  let waiting: string[] = [];
  let ended: SourceError | undefined;
  let wake: (() => void) | undefined;
  return {
    push(message) {
      if (ended) return;
      waiting.push(message);
      if (waiting.length > mostWaiting) {
        // Nothing is lost: it is read again from the position that was committed.
        ended = new SourceError('it sends faster than its posts can be taken; reading on from the last position');
        waiting = [];
        onOverflow();
      }
      wake?.();
    },
    end(error) {
      ended ??= error;
      wake?.();
    },
    async take(most, idleMs) {
      if (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, idleMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      if (waiting.length === 0 && ended) throw ended;
      return waiting.splice(0, most);
    },
  };
}
