import type { Clock } from '../platform/clock.ts';
import type { SourceIo } from './sources/source.ts';

/** The world as sources use it. */
export const openSourceIo = (clock: Clock): SourceIo => ({ fetch, now: () => clock.now(), wait });

function wait(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(new Error('stopped'));
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new Error('stopped'));
    };
    const timer = setTimeout(() => {
      stop.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    stop.addEventListener('abort', onAbort, { once: true });
  });
}
