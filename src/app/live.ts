import { streamSSE } from 'hono/streaming';
import type { Context } from 'hono';
import { ServiceError } from '../platform/errors.ts';

// Each open console is a socket and a few kilobytes; more than this is not people.
const maxListeners = 1_000;
// Many rows change in one moment; a screen needs to hear of it once.
const coalesceMs = 150;
const keepAliveMs = 20_000;

export interface LiveHub {
  /** Something that a screen may show has changed. */
  wake(): void;
  /** An event stream that says `change` whenever something did. */
  serve(c: Context): Response;
  close(): void;
}

/** Tells open consoles that something changed; they ask again for what they show. */
export function createLiveHub(): LiveHub {
  const listeners = new Set<() => void>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    for (const listener of listeners) listener();
  };
  return {
    wake() {
      if (listeners.size > 0 && !closed) timer ??= setTimeout(tell, coalesceMs);
    },
    serve(c) {
      if (listeners.size >= maxListeners)
        throw new ServiceError('unavailable', 'Too many consoles are open.', { retryAfterMs: 60_000 });
      return streamSSE(c, async (stream) => {
        let pending = true;
        let notify = (): void => {};
        const listener = (): void => {
          pending = true;
          notify();
        };
        listeners.add(listener);
        stream.onAbort(() => {
          listeners.delete(listener);
          notify();
        });
        while (!stream.aborted && !closed) {
          await stream.writeSSE(pending ? { event: 'change', data: '{}' } : { event: 'ping', data: '{}' });
          pending = false;
          await new Promise<void>((resolve) => {
            const wait = setTimeout(resolve, keepAliveMs);
            notify = () => {
              clearTimeout(wait);
              resolve();
            };
          });
        }
        listeners.delete(listener);
      });
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const listener of listeners) listener();
    },
  };
}
