import type { KyselyPlugin, UnknownRow } from 'kysely';
import type { PolicyStep } from '../../src/domain/words.ts';
import type { Ctx } from '../../src/platform/context.ts';
import type { Pager } from '../../src/respond/index.ts';
import { type Verbs, verbs } from './verbs.ts';

/** Bugs that a pager could have, each put into one verb. The simulation must find every one of them. */
export const planted: Readonly<Record<string, Partial<Verbs>>> = {
  'acknowledging does not take the owed pages back': {
    async acknowledgeIncident(ctx, input) {
      const owed = await ctx.db
        .selectFrom('pages')
        .select('id')
        .where('incident_id', '=', input.incidentId)
        .where('status', '=', 'pending')
        .execute();
      const done = await verbs.acknowledgeIncident(ctx, input);
      const ids = owed.map((page) => page.id);
      if (ids.length > 0)
        await ctx.db
          .updateTable('pages')
          .set({ status: 'pending', cancel_reason: null })
          .where('id', 'in', ids)
          .where('status', '=', 'cancelled')
          .execute();
      return done;
    },
  },
  'pages are sent without a look at their incident': {
    sendPages: (ctx, pager, now) =>
      verbs.sendPages(
        seeing(ctx, (row) => ('merged_into_id' in row ? { ...row, status: 'triggered' } : row)),
        pager,
        now,
      ),
  },
  'a lease never ends': {
    async releaseLeases() {},
    async runEscalations(ctx, now) {
      await ctx.db
        .updateTable('pages')
        .set({ lease_until: now * 2 })
        .where('status', '=', 'sending')
        .execute();
      return verbs.runEscalations(ctx, now);
    },
  },
  'a step forgets when the next one is due': {
    async runEscalations(ctx, now) {
      const done = await verbs.runEscalations(ctx, now);
      await ctx.db
        .updateTable('escalations')
        .set({ next_action_at: null })
        .where('step_index', '=', 2)
        .where('updated_at', '=', now)
        .execute();
      return done;
    },
  },
  'the receipt is written before the request': {
    sendPages: (ctx, pager, now) => verbs.sendPages(ctx, withReceiptFirst(ctx, pager), now),
  },
  'the storm limit is not kept': {
    sendPages: (ctx, pager, now) =>
      verbs.sendPages(
        seeing(ctx, (row) => ('sent_at' in row && 'contact_method_id' in row ? undefined : row)),
        pager,
        now,
      ),
  },
  'overrides are not seen': {
    runEscalations: (ctx, now) =>
      verbs.runEscalations(
        seeing(ctx, (row) => ('from_at' in row ? undefined : row)),
        now,
      ),
  },
  'schedules are read in the wrong zone': {
    runEscalations: (ctx, now) =>
      verbs.runEscalations(
        seeing(ctx, (row) => ('layers' in row ? { ...row, time_zone: 'UTC' } : row)),
        now,
      ),
  },
  'a page whose process died is given up': {
    async sendPages(ctx, pager, now) {
      await ctx.db
        .updateTable('pages')
        .set({ status: 'failed', error: 'interrupted' })
        .where('status', '=', 'sending')
        .where('lease_until', '<=', now)
        .execute();
      return verbs.sendPages(ctx, pager, now);
    },
  },
  'a page that comes again is not shown': {
    async sendPages(ctx, pager, now) {
      const sent = await verbs.sendPages(ctx, pager, now);
      await ctx.db.deleteFrom('events').where('kind', '=', 'page.resent').execute();
      return sent;
    },
  },
  'resolving is not told': {
    async resolveIncident(ctx, input) {
      const done = await verbs.resolveIncident(ctx, input);
      await ctx.db
        .deleteFrom('events')
        .where('incident_id', '=', input.incidentId)
        .where('kind', '=', 'incident.resolved')
        .execute();
      return done;
    },
  },
  'a snooze never ends': {
    async snoozeIncident(ctx, input) {
      await verbs.snoozeIncident(ctx, input);
      await ctx.db
        .updateTable('escalations')
        .set({ next_action_at: null })
        .where('incident_id', '=', input.incidentId)
        .execute();
    },
  },
  'an acknowledgement never times out': {
    acknowledgeIncident: (ctx, input) =>
      verbs.acknowledgeIncident(
        seeing(ctx, (row) => ('acknowledge_timeout_ms' in row ? { ...row, acknowledge_timeout_ms: null } : row)),
        input,
      ),
  },
  'nobody’s rules are read': {
    runEscalations: (ctx, now) =>
      verbs.runEscalations(
        seeing(ctx, (row) => ('notification_rules' in row ? { ...row, notification_rules: null } : row)),
        now,
      ),
  },
  'a team’s turn is always the first one’s': {
    runEscalations: (ctx, now) =>
      verbs.runEscalations(
        seeing(ctx, (row) => ('last_person_id' in row ? { ...row, last_person_id: '' } : row)),
        now,
      ),
  },
  'steps are taken whatever the severity and the hour': {
    runEscalations: (ctx, now) =>
      verbs.runEscalations(
        seeing(ctx, (row) =>
          Array.isArray(row['steps'])
            ? { ...row, steps: (row['steps'] as PolicyStep[]).map((step) => ({ ...step, when: undefined })) }
            : row,
        ),
        now,
      ),
  },
  'a hand-over calls nobody': {
    async reassignIncident(ctx, input) {
      await verbs.reassignIncident(ctx, input);
      await ctx.db
        .updateTable('escalations')
        .set({ step_index: 1, next_action_at: input.now + 300_000 })
        .where('incident_id', '=', input.incidentId)
        .execute();
    },
  },
};

/** The context of a verb that sees rows changed, or (undefined) not at all. */
function seeing(ctx: Ctx, change: (row: UnknownRow) => UnknownRow | undefined): Ctx {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => ({
      ...result,
      rows: result.rows.flatMap((row): UnknownRow[] => [change(row) ?? []].flat()),
    }),
  };
  return { ...ctx, db: ctx.db.withPlugin(plugin) };
}

function withReceiptFirst(ctx: Ctx, pager: Pager): Pager {
  const channels = [...pager.channels].map(([kind, channel]) => {
    const send: typeof channel.send = async (message, config, io) => {
      await ctx.db
        .updateTable('pages')
        .set({ status: 'sent', sent_at: ctx.clock.now(), lease_owner: null, lease_until: null })
        .where('id', '=', message.id)
        .execute();
      return channel.send(message, config, io);
    };
    return [kind, { ...channel, send }] as const;
  });
  return { ...pager, channels: new Map(channels) };
}
