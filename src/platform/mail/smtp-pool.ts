import {
  openSession,
  type Envelope,
  type SessionOptions,
  type SessionResult,
  type SmtpSession,
} from './smtp-session.ts';

export interface PoolOptions extends SessionOptions {
  maxSessions: number;
  /** For one message, the wait for a free session included. */
  sendTimeoutMs: number;
  /** How often an idle session is kept alive. 0: sessions are opened when needed, and none is kept after it was idle for a minute. */
  keepWarmMs: number;
}

export interface SmtpPool {
  send(envelope: Envelope, message: Buffer): Promise<SessionResult>;
  close(): void;
}

// Postfix counts RSET as junk and slows a client down after 100 of them without a mail (smtpd_junk_command_limit, postconf(5)).
const maxPings = 50;
const coldIdleMs = 60_000;

interface Slot {
  session: SmtpSession;
  /** Messages carried. A session that has carried none is known to be fresh. */
  carried: number;
  pings: number;
}

/**
 * A few SMTP sessions, used again for the next message. With `keepWarmMs` one is opened at once and kept logged in, so that a message leaves
 * without waiting for TCP, TLS and AUTH. A message goes out once a call: it is given to a second session only when the first one turned out to be
 * dead before it took a byte of the message.
 */
export function openSmtpPool(options: PoolOptions): SmtpPool {
  const idle: Slot[] = [];
  const waiting: (() => void)[] = [];
  let inUse = 0;
  let isClosed = false;

  const open = async (): Promise<Slot | { fault: SessionResult & { ok: false } }> => {
    const session = await openSession(options);
    if ('fault' in session) return { fault: { ok: false, fault: session.fault } };
    return { session, carried: 0, pings: 0 };
  };
  let warming: ReturnType<typeof open> | undefined;
  /** The session that is just being opened to be kept warm: it will be there before one opened now. */
  const takeWarming = (): ReturnType<typeof open> | undefined => {
    const taken = warming;
    warming = undefined;
    return taken;
  };
  const nextIdle = (): Slot | undefined => {
    for (let slot = idle.pop(); slot !== undefined; slot = idle.pop()) if (slot.session.isOpen()) return slot;
    return undefined;
  };
  const release = (slot: Slot | undefined): void => {
    if (slot?.session.isOpen()) {
      if (isClosed) slot.session.close();
      else idle.push(slot);
    }
    // The place goes to whoever has waited longest; nobody can slip in between.
    const next = waiting.shift();
    if (next === undefined) inUse--;
    else next();
  };
  const carry = async (envelope: Envelope, message: Buffer): Promise<SessionResult> => {
    if (isClosed) {
      release(undefined);
      return { ok: false, fault: closedFault };
    }
    for (let slot = nextIdle(); ; slot = undefined) {
      const isUsed = slot !== undefined;
      const taken = slot ?? (await (takeWarming() ?? open()));
      if ('fault' in taken) {
        release(undefined);
        return taken.fault;
      }
      const result = await taken.session.send(envelope, message, options.sendTimeoutMs);
      taken.carried++;
      taken.pings = 0;
      const wasStale = isUsed && !result.ok && !taken.session.isOpen() && !result.fault.mayHaveArrived;
      if (wasStale && result.fault.code !== 'ETIMEDOUT') continue;
      release(taken);
      return result;
    }
  };

  const timer = setInterval(() => void refresh(), options.keepWarmMs || coldIdleMs);
  timer.unref();
  const refresh = async (): Promise<void> => {
    const resting = idle.splice(0);
    const worn = resting.filter((slot) => options.keepWarmMs === 0 || slot.pings >= maxPings);
    for (const slot of worn) slot.session.close();
    const kept = resting.filter((slot) => !worn.includes(slot));
    inUse += kept.length;
    await Promise.all(
      kept.map(async (slot) => {
        slot.pings++;
        await slot.session.ping(options.connectTimeoutMs);
        release(slot);
      }),
    );
    await warm();
  };
  const warm = async (): Promise<void> => {
    if (options.keepWarmMs === 0 || isClosed || inUse + idle.length > 0) return;
    inUse++;
    const mine = open();
    warming = mine;
    const slot = await mine;
    // A message that came meanwhile has taken the session over, and has a place of its own.
    if (warming !== mine) return release(undefined);
    warming = undefined;
    release('fault' in slot ? undefined : slot);
  };
  void warm();

  return {
    async send(envelope, message) {
      if (isClosed) return { ok: false, fault: closedFault };
      if (inUse < options.maxSessions) inUse++;
      else if (!(await turn(waiting, options.sendTimeoutMs))) {
        return { ok: false, fault: { ...closedFault, code: 'ETIMEDOUT' } };
      }
      return carry(envelope, message);
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      for (const slot of idle.splice(0)) slot.session.close();
      for (const wake of waiting.splice(0)) wake();
    },
  };
}

const closedFault = { code: 'ECLOSED', command: '', replyCode: undefined, reply: '', mayHaveArrived: false };

/** Waits for a free session. False when none became free in time. */
function turn(waiting: (() => void)[], timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(wake), 1);
      resolve(false);
    }, timeoutMs);
    waiting.push(wake);
  });
}
