/** Something that wants to run against a host. */
export interface SlotTask {
  /** The host whose load it is; '' for none. */
  host: string;
  /** Whether it took long the last time. */
  slow: boolean;
  start(): void;
}

export interface Slots {
  /** Starts the task now, or as soon as the bounds allow, in order. */
  submit(task: SlotTask): void;
  /** The task has ended; starts what waited for it. */
  release(task: SlotTask): void;
  /** Forgets what has not started, and returns it. */
  clear(): SlotTask[];
  running(): number;
  waiting(): number;
}

/** What slow tasks may hold of all slots: the rest always stays for those that answer, so hanging targets never delay their start. */
const slowShare = 0.75;

/** Bounds how many tasks run at once: in all, for each host, and of slow ones. A task that must wait never holds up one that need not. */
export function createSlots(limits: { concurrency: number; perHost: number }): Slots {
  const slowLimit = Math.max(1, Math.floor(limits.concurrency * slowShare));
  const hosts = new Map<string, { running: number; waiting: SlotTask[] }>();
  // As they were admitted: `slow` and `host` may change while a task runs.
  const held = new Map<SlotTask, { slow: boolean; host: string }>();
  let ready: SlotTask[] = [];
  let slowWaiting: SlotTask[] = [];
  let slowRunning = 0;
  let waitingForHost = 0;

  /** Starts the task, or puts it where it is remembered. */
  function admit(task: SlotTask): void {
    if (held.size >= limits.concurrency) return void ready.push(task);
    if (task.slow && slowRunning >= slowLimit) return void slowWaiting.push(task);
    if (task.host !== '') {
      const host = hosts.get(task.host) ?? { running: 0, waiting: [] };
      hosts.set(task.host, host);
      if (host.running >= limits.perHost) {
        waitingForHost++;
        return void host.waiting.push(task);
      }
      host.running++;
    }
    held.set(task, { slow: task.slow, host: task.host });
    if (task.slow) slowRunning++;
    task.start();
  }

  function release(task: SlotTask): void {
    const admitted = held.get(task);
    if (admitted === undefined) return;
    held.delete(task);
    const again: SlotTask[] = [];
    if (admitted.slow) {
      slowRunning--;
      again.push(...slowWaiting.splice(0, 1));
    }
    const host = hosts.get(admitted.host);
    if (host) {
      host.running--;
      const next = host.waiting.splice(0, 1);
      waitingForHost -= next.length;
      again.push(...next);
      if (host.running === 0 && next.length === 0) hosts.delete(admitted.host);
    }
    ready.unshift(...again);
    while (held.size < limits.concurrency && ready.length > 0) {
      const next = ready.shift();
      if (next) admit(next);
    }
  }

  return {
    submit: admit,
    release,
    clear() {
      const forgotten = [...ready, ...slowWaiting, ...[...hosts.values()].flatMap((host) => host.waiting)];
      ready = [];
      slowWaiting = [];
      waitingForHost = 0;
      for (const host of hosts.values()) host.waiting = [];
      return forgotten;
    },
    running: () => held.size,
    waiting: () => ready.length + slowWaiting.length + waitingForHost,
  };
}
