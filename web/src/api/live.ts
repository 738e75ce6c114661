import { useSyncExternalStore } from 'react';
import { queryClient } from './queries.ts';

export type LiveState = { kind: 'connecting' } | { kind: 'open' } | { kind: 'lost'; sinceAt: number };

// The screen asks again at most so often; while things keep changing, ever less often, so that a storm of alerts and a room full of open consoles
// do not run into the limit on requests.
const gatherMs = { least: 800, most: 4_000, growth: 1.5 } as const;
// HugOps speaks every 20 seconds; twice that and a little more is silence.
const silenceMs = 45_000;
const pollMs = 30_000;
const retryMs = [1_000, 2_000, 5_000, 10_000, 20_000] as const;
// A tab that nobody looks at gives its connection back: browsers allow six to one server.
const hiddenMs = 60_000;

let state: LiveState = { kind: 'connecting' };
let source: EventSource | undefined;
let failures = 0;
let watchers = 0;
let lastRefreshAt = 0;
let gapMs: number = gatherMs.least;
const timers: Partial<Record<'refresh' | 'retry' | 'silence' | 'poll' | 'hidden', ReturnType<typeof setTimeout>>> = {};
const listeners = new Set<() => void>();

function stopTimer(name: keyof typeof timers): void {
  clearTimeout(timers[name]);
  delete timers[name];
}

function setTimer(name: keyof typeof timers, ms: number, work: () => void): void {
  stopTimer(name);
  timers[name] = setTimeout(() => {
    delete timers[name];
    work();
  }, ms);
}

function become(next: LiveState): void {
  if (next.kind === state.kind) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Asks again for everything on the screen; what is not on it is asked when it comes back. */
function refresh(): void {
  lastRefreshAt = Date.now();
  void queryClient.invalidateQueries({ refetchType: document.hidden ? 'none' : 'active' });
}

function refreshSoon(): void {
  if (timers.refresh !== undefined) return;
  const quietMs = Date.now() - lastRefreshAt;
  gapMs = quietMs < 2 * gapMs ? Math.min(gapMs * gatherMs.growth, gatherMs.most) : gatherMs.least;
  setTimer('refresh', Math.max(0, gapMs - quietMs), refresh);
}

function heard(): void {
  failures = 0;
  become({ kind: 'open' });
  stopTimer('poll');
  setTimer('silence', silenceMs, lose);
}

function connect(): void {
  stopTimer('retry');
  source?.close();
  const opened = new EventSource('/api/v1/live');
  source = opened;
  opened.addEventListener('open', heard);
  opened.addEventListener('ping', heard);
  opened.addEventListener('change', () => {
    heard();
    refreshSoon();
  });
  opened.addEventListener('error', lose);
  setTimer('silence', silenceMs, lose);
}

/** The stream is gone: say so, ask by polling meanwhile, and try again. */
function lose(): void {
  source?.close();
  source = undefined;
  stopTimer('silence');
  if (watchers === 0) return;
  become({ kind: 'lost', sinceAt: Date.now() });
  if (timers.poll === undefined) poll();
  const wait = retryMs[Math.min(failures, retryMs.length - 1)] ?? 20_000;
  failures += 1;
  setTimer('retry', wait, connect);
}

function poll(): void {
  setTimer('poll', pollMs, () => {
    refresh();
    poll();
  });
}

function rest(): void {
  source?.close();
  source = undefined;
  for (const name of ['refresh', 'retry', 'silence', 'poll'] as const) stopTimer(name);
}

function onVisibility(): void {
  if (document.hidden) {
    setTimer('hidden', hiddenMs, rest);
    return;
  }
  stopTimer('hidden');
  if (source === undefined) connect();
  refreshSoon();
}

/** Keeps the screen in step with HugOps while mounted. Returns how to end it. */
export function startLive(): () => void {
  watchers += 1;
  if (watchers === 1) {
    document.addEventListener('visibilitychange', onVisibility);
    window.addEventListener('online', connect);
    connect();
  }
  return () => {
    watchers -= 1;
    if (watchers > 0) return;
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('online', connect);
    rest();
    stopTimer('hidden');
    become({ kind: 'connecting' });
  };
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLive = (): LiveState => useSyncExternalStore(subscribe, () => state);
