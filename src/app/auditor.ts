import type { Ctx } from '../platform/context.ts';
import { auditPager, type Finding, loopFindingId, loopLaw } from '../respond/index.ts';
import type { Pager } from '../respond/index.ts';

/** Where the outgoing heartbeat goes; undefined when nobody watches this HugOps. */
export interface DeadMan {
  url: string;
  everyMs: number;
}

/** When each loop last finished a batch without an error, and how often it looks by itself. */
export type Pulse = ReadonlyMap<string, { lastOkAt: number; pollMs: number }>;

export interface Auditor {
  /** Audits when half a minute has passed since the last time; always 0. */
  run(now: number): Promise<number>;
}

const auditEveryMs = 30_000;

/** Every half minute: the rows are proved, the loops are looked at, and only when all is in order the outgoing heartbeat is sent. */
export function createAuditor(
  ctx: Ctx,
  parts: { pulse: () => Pulse; http: Pager['io']['http']; deadMan: DeadMan | undefined },
): Auditor {
  let auditedAt = -Infinity;
  let beatAt = -Infinity;
  let suspects = new Set<string>();

  /** A loop counts as stalled when two audits see it so: after a night's sleep of the machine, all are late once. */
  const stalledLoops = (now: number): Finding[] => {
    const late = [...parts.pulse()].filter(([, loop]) => now - loop.lastOkAt > stalledAfterMs(loop.pollMs));
    const stalled = late.filter(([name]) => suspects.has(name));
    suspects = new Set(late.map(([name]) => name));
    return stalled.map(([name]) => ({
      id: loopFindingId(ctx.nodeId, name),
      law: loopLaw,
      what: `The loop ${name} has not come round`,
      isBroken: true,
      incidentId: null,
    }));
  };
  const beat = async (now: number, { url, everyMs }: DeadMan): Promise<void> => {
    // Half an audit early rather than half an audit late.
    if (now - beatAt < everyMs - auditEveryMs / 2) return;
    beatAt = now;
    const reply = await parts.http({ method: 'GET', url, headers: {} });
    const isTold = reply.answered && reply.status < 300;
    ctx.metrics.deadMan.inc({ outcome: isTold ? 'sent' : 'failed' });
    // The address is a secret, so only what came of it is said.
    if (!isTold)
      ctx.log.warn({ status: reply.answered ? reply.status : reply.reason }, 'the outgoing heartbeat failed');
  };
  return {
    async run(now) {
      if (now - auditedAt < auditEveryMs) return 0;
      auditedAt = now;
      const found = await auditPager(ctx, now, stalledLoops(now));
      const isClean = !found.some((finding) => finding.isBroken);
      if (isClean && parts.deadMan !== undefined) await beat(now, parts.deadMan);
      return 0;
    },
  };
}

const stalledAfterMs = (pollMs: number): number => Math.max(60_000, 20 * pollMs);
