import type { Ctx } from '../platform/context.ts';
import type { Opened } from '../platform/db/open-database.ts';
import { sendDueMails } from '../platform/mail/queue.ts';
import type { MailTransport } from '../platform/mail/transport.ts';
import { keepPosts, type Listener, settleReports } from '../listen/index.ts';
import {
  countOpenIncidents,
  createPageSender,
  type Pager,
  processSignals,
  reconsiderCauses,
  reconsiderMuted,
  resolveQuiet,
  runEscalations,
} from '../respond/index.ts';
import {
  forgetPending,
  notifySubscribers,
  planMaintenances,
  type Publisher,
  type Pusher,
  tickMaintenances,
} from '../tell/index.ts';
import { forgetPostWords, runThanks } from '../thank/index.ts';
import {
  missingProbes,
  type OwnNetwork,
  overdueHeartbeats,
  raiseAgain,
  type Scheduler,
  type SourceTally,
  type UpstreamFollower,
} from '../watch/index.ts';
import type { Auditor } from './auditor.ts';
import type { Retention } from './config/index.ts';
import { keepBounded } from './keep-bounded.ts';
import type { Task } from './loops.ts';

export interface TaskParts {
  ctx: Ctx;
  database: Opened;
  publisher: Publisher;
  pusher: Pusher;
  network: OwnNetwork;
  scheduler: Scheduler;
  upstreams: UpstreamFollower;
  sources: SourceTally;
  listener: Listener;
  retention: Retention;
  mail: MailTransport;
  pager: Pager;
  auditor: Auditor;
}

const mailBatch = 50;
const upkeepEveryMs = 10 * 60_000;

/** Everything that HugOps does by itself, in the order of the arc: each reads rows that are due and writes rows that the next one reads. */
export function createTasks({
  ctx,
  database,
  publisher,
  scheduler,
  network,
  pusher,
  upstreams,
  sources,
  listener,
  retention,
  mail,
  pager,
  auditor,
}: TaskParts): Task[] {
  const pages = createPageSender(ctx, pager);
  return [
    { name: 'heartbeats', pollMs: 500, run: (now) => overdueHeartbeats(ctx, now) },
    { name: 'network', pollMs: 1_000, run: (now) => network.look(now).then(() => 0) },
    { name: 'probes', pollMs: 5_000, run: (now) => missingProbes(ctx, scheduler, now) },
    { name: 'upstreams', pollMs: 2_000, run: (now) => upstreams.run(now), idle: () => upstreams.idle() },
    { name: 'listen', pollMs: 2_000, run: (now) => listener.run(now) },
    { name: 'sources', pollMs: 1_000, run: () => sources.flush() },
    { name: 'signals', pollMs: 1_000, run: (now) => processSignals(ctx, now) },
    { name: 'escalation', pollMs: 1_000, run: (now) => runEscalations(ctx, now) },
    { name: 'pages', pollMs: 1_000, run: (now) => pages.run(now), idle: () => pages.idle() },
    { name: 'thanks', pollMs: 5_000, run: (now) => runThanks(ctx, now) },
    { name: 'subscribers', pollMs: 2_000, run: () => notifySubscribers(ctx) },
    {
      name: 'mails',
      pollMs: 5_000,
      run: async (now) => {
        if (!mail.configured) return 0;
        const result = await sendDueMails(ctx, mail, now, mailBatch);
        return result.hasMore ? 1 : 0;
      },
    },
    { name: 'publish', pollMs: 500, run: (now) => publisher.tick(now) },
    { name: 'push', pollMs: 1_000, run: (now) => pusher.run(now), idle: () => pusher.idle() },
    housekeeping(ctx, database, retention),
    // The last one, so that it judges what the others have done.
    { name: 'auditor', pollMs: 30_000, run: (now) => auditor.run(now) },
  ];
}

function housekeeping(ctx: Ctx, database: Opened, retention: Retention): Task {
  let upkeepAt = -Infinity;
  return {
    name: 'housekeeping',
    pollMs: 15_000,
    async run(now) {
      await reconsiderMuted(ctx);
      await raiseAgain(ctx, now);
      await resolveQuiet(ctx, now);
      await reconsiderCauses(ctx, now);
      await settleReports(ctx, now);
      ctx.metrics.openIncidents.set(await countOpenIncidents(ctx));
      await planMaintenances(ctx, now);
      await tickMaintenances(ctx, now);
      if (now - upkeepAt >= upkeepEveryMs) {
        upkeepAt = now;
        await keepBounded(ctx, now, retention);
        await keepPosts(ctx, now);
        await forgetPostWords(ctx);
        await forgetPending(ctx, now);
        await database.upkeep();
      }
      return 0;
    },
  };
}
