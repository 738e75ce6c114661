import { z } from 'zod';
import type { Channel, PageMessage, Receipt } from '../../../src/respond/channels/channel.ts';
import {
  type NewSignal,
  type Pager,
  processSignals,
  raiseSignal,
  runEscalations,
  sendPages,
} from '../../../src/respond/index.ts';
import type { Ctx } from '../../../src/platform/context.ts';
import { fakeClock, type FakeClock } from '../../harness/clock.ts';
import { testCtx } from '../../harness/ctx.ts';
import type { Subject } from '../db/both.ts';

export const minute = 60_000;

/** A channel of the test: records what it was asked to say, and answers as it is told. */
export interface FakeChannel {
  sent: { to: string; message: PageMessage }[];
  answer(receipt: Receipt | (() => Promise<Receipt> | Receipt)): void;
  /** How one address answers, whatever the others do. */
  answerAt(address: string, receipt: Receipt): void;
}

export interface Stage {
  ctx: Ctx;
  clock: FakeClock;
  channel: FakeChannel;
  pager: Pager;
  raise(more?: Partial<NewSignal>): Promise<void>;
  /** Everything that is due at the clock's time. */
  settle(): Promise<void>;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Respond on a database of its own: alice and bob, a policy of two steps (alice, then both), services a to z. */
export async function openStage(subject: Subject): Promise<Stage> {
  const opened = await subject.open();
  const clock = fakeClock('2026-12-01T02:00:00Z');
  const ctx = testCtx(opened, clock);
  await furnish(ctx);
  let answer: () => Promise<Receipt> | Receipt = () => ({ ok: true });
  const byAddress = new Map<string, Receipt>();
  const sent: FakeChannel['sent'] = [];
  const schema = z.object({ kind: z.literal('fake'), address: z.string() });
  const fake: Channel<typeof schema> = {
    kind: 'fake',
    label: 'Fake',
    schema,
    secretFields: [],
    describe: () => 'fake',
    async send(message, config) {
      const to = schema.parse(config).address;
      const receipt = byAddress.get(to) ?? (await answer());
      if (receipt.ok) sent.push({ to, message });
      return receipt;
    },
  };
  const pager: Pager = {
    channels: new Map([['fake', fake as unknown as Channel]]),
    io: {
      http: () => Promise.reject(new Error('no network here')),
      mail: {
        configured: false,
        send: () => Promise.reject(new Error('no mail here')),
        verify: () => Promise.reject(new Error('no')),
        close: () => {},
      },
      vapid: { publicKey: '', privateKey: '', subject: 'mailto:nobody@example.invalid' },
      now: () => clock.now(),
    },
  };
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 100; round++) {
      const now = clock.now();
      const done =
        (await processSignals(ctx, now)) + (await runEscalations(ctx, now)) + (await sendPages(ctx, pager, now));
      if (done === 0) return;
    }
    throw new Error('respond does not come to rest');
  };
  return {
    ctx,
    clock,
    channel: {
      sent,
      answer: (receipt) => (answer = typeof receipt === 'function' ? receipt : () => receipt),
      answerAt: (address, receipt) => void byAddress.set(address, receipt),
    },
    pager,
    raise: (more = {}) =>
      raiseSignal(ctx, {
        serviceId: 'a',
        sourceKind: 'check',
        sourceId: 'page',
        dedupKey: 'page',
        status: 'firing',
        severity: 'critical',
        summary: 'A is down',
        evidence: {},
        at: clock.now(),
        ...more,
      }),
    settle,
    async pass(ms) {
      clock.advance(ms);
      await settle();
    },
    close: () => opened.close(),
  };
}

async function furnish(ctx: Ctx): Promise<void> {
  const created_at = ctx.clock.now();
  const owned = { owned_by: 'console' as const, created_at, archived_at: null };
  for (const name of ['alice', 'bob']) {
    await ctx.db
      .insertInto('people')
      .values({
        id: name,
        name,
        email: `${name}@example.com`,
        time_zone: 'UTC',
        waking_hours: JSON.stringify({ days: [1], from: '09:00', to: '17:00' }),
        user_id: null,
        ...owned,
      })
      .execute();
    await ctx.db
      .insertInto('contact_methods')
      .values({
        id: `cm-${name}`,
        person_id: name,
        kind: 'fake',
        label: 'fake',
        config: JSON.stringify({ kind: 'fake', address: name }),
        position: 0,
        ...owned,
      })
      .execute();
  }
  const steps = [
    { targets: [{ kind: 'person', id: 'alice' }], waitMs: 5 * minute },
    {
      targets: [
        { kind: 'person', id: 'alice' },
        { kind: 'person', id: 'bob' },
      ],
      waitMs: 10 * minute,
    },
  ];
  await ctx.db
    .insertInto('policies')
    .values({ id: 'p', name: 'P', steps: JSON.stringify(steps), repeat_count: 1, ...owned })
    .execute();
  const services = 'abcdefghijklmnopqrstuvwxyz'.split('').map((id) => ({
    id,
    name: id.toUpperCase(),
    team_id: null,
    policy_id: 'p',
    status_since: created_at,
    ...owned,
  }));
  await ctx.db.insertInto('services').values(services).execute();
}
