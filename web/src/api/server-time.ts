import { useSyncExternalStore } from 'react';

// A phone whose clock is wrong must not say that an outage begins tomorrow: the server's time counts.
let skewMs = 0;

/** Learns the server's time from an answer that was asked for and came at these times of this device. */
export function learnTime(serverNow: number, askedAt: number, cameAt: number): void {
  // Within the journey's own uncertainty this device's clock is as good.
  // Whole milliseconds, as the API takes them.
  const skew = Math.round(serverNow - (askedAt + cameAt) / 2);
  const next = Math.abs(skew) > 2_000 + (cameAt - askedAt) ? skew : 0;
  if (Math.abs(next - skewMs) < 1_000) return;
  skewMs = next;
  tell();
}

/** The time now, as the server has it. */
export const serverNow = (): number => Date.now() + skewMs;

// All relative times on the screen move together, once in a while: nothing on a calm page ticks.
const tickMs = 10_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let shown = 0;

function tell(): void {
  shown = serverNow();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tell, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function current(): number {
  if (serverNow() - shown >= tickMs) shown = serverNow();
  return shown;
}

/** The time now, renewed every ten seconds while somebody looks. */
export const useNow = (): number => useSyncExternalStore(subscribe, current);
