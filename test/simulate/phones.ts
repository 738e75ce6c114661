import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../../src/platform/db/tables.ts';
import type { Channel, PageMessage, Receipt } from '../../src/respond/channels/channel.ts';
import type { Pager } from '../../src/respond/index.ts';
import type { FakeClock } from '../harness/clock.ts';
import type { Gate } from './gate.ts';
import { Crash, type SimNode } from './node.ts';
import type { Dice } from './world.ts';

/** A message that arrived on somebody's telephone. */
export interface Delivery {
  pageId: string;
  methodId: string;
  at: number;
  nodeId: string;
  /** Not a summary: it counts against the storm limit. */
  isSingle: boolean;
  /** The process that sent it died, or was taken for dead, before it could write that down. */
  receiptLost: boolean;
}

export type PhoneMode = 'well' | 'flaky' | 'busy' | 'gone';

/** All telephones of the world, and what they were told. */
export interface Phones {
  deliveries: Delivery[];
  modes: Map<string, PhoneMode>;
  refusals: Map<string, { count: number; forGood: boolean }>;
  /** The process dies around its next sends. */
  dying: Map<SimNode, 'before' | 'after'>;
  pagerOf(node: SimNode): Pager;
  /** The process died, or its lease ran out: what it had sent but not written down will come again. */
  loseReceipts(nodeId?: string): Promise<void>;
}

interface Surroundings {
  root: Kysely<Tables>;
  clock: FakeClock;
  gate: Gate;
  dice: Dice;
  violate(law: string, what: string): void;
}

const schema = z.object({ kind: z.literal('fake'), address: z.string() });
/** Longer than a page's lease: a laptop that was closed, a machine that was moved. */
const stallMs = 75_000;

export function createPhones(around: Surroundings): Phones {
  const { root, clock, gate, dice } = around;
  const phones: Phones = {
    deliveries: [],
    modes: new Map(),
    refusals: new Map(),
    dying: new Map(),
    pagerOf: (node) => ({ channels: new Map([['fake', channelOf(node)]]), io: noWorld(clock) }),
    async loseReceipts(nodeId) {
      const inFlight = await root
        .selectFrom('pages')
        .select(['id', 'lease_owner'])
        .where('status', '=', 'sending')
        .$if(nodeId !== undefined, (query) => query.where('lease_owner', '=', nodeId ?? ''))
        .execute();
      for (const { id, lease_owner } of inFlight) {
        const last = phones.deliveries.findLast((one) => one.pageId === id && one.nodeId === lease_owner);
        if (last) last.receiptLost = true;
      }
    },
  };

  const channelOf = (node: SimNode): Channel => ({
    kind: 'fake',
    label: 'Fake',
    schema: schema as unknown as Channel['schema'],
    secretFields: [],
    describe: () => 'fake',
    send: (message, config) => send(node, message, schema.parse(config).address),
  });

  async function send(node: SimNode, message: PageMessage, address: string): Promise<Receipt> {
    if (!node.alive) throw new Crash('this process is dead');
    const death = phones.dying.get(node);
    if (death === 'before') {
      node.alive = false;
      throw new Crash('died before the request');
    }
    const refusal = refuse(message.id, address);
    if (!refusal) await arrive(node, message, address);
    if (death === 'after') {
      node.alive = false;
      throw new Crash('died before the answer');
    }
    await pause();
    return refusal ?? { ok: true, providerRef: message.id };
  }

  function refuse(pageId: string, address: string): Receipt | undefined {
    const mode = phones.modes.get(address) ?? 'well';
    const fails = mode === 'flaky' ? dice.chance(0.5) : mode !== 'well';
    if (!fails) return undefined;
    const known = phones.refusals.get(pageId) ?? { count: 0, forGood: false };
    phones.refusals.set(pageId, { count: known.count + 1, forGood: known.forGood || mode === 'gone' });
    if (mode === 'gone') return { ok: false, retryable: false, reason: 'no such address' };
    const later = dice.chance(0.2) ? { retryAfterMs: dice.between(1_000, 90_000) } : {};
    return { ok: false, retryable: true, reason: 'busy', ...later };
  }

  /** The provider thinks; others go on meanwhile, and sometimes the whole machine stood still. */
  async function pause(): Promise<void> {
    const pass = await gate.enter();
    try {
      const stalls = dice.chance(0.002);
      if (stalls) await phones.loseReceipts();
      clock.advance(stalls ? stallMs : dice.between(0, 150));
    } finally {
      gate.leave(pass);
    }
  }

  /** The instant of sending: nobody else moves while the page is held against the incident as it is now. */
  async function arrive(node: SimNode, message: PageMessage, address: string): Promise<void> {
    const pass = gate.hold();
    try {
      const page = await root
        .selectFrom('pages')
        .select(['kind', 'contact_method_id'])
        .where('id', '=', message.id)
        .executeTakeFirst();
      if (!page) return around.violate('nobody is paged for nothing', `there is no page ${message.id}`);
      phones.deliveries.push({
        pageId: message.id,
        methodId: page.contact_method_id,
        at: clock.now(),
        nodeId: node.id,
        isSingle: page.kind === 'incident',
        receiptLost: false,
      });
      if (page.contact_method_id !== address)
        around.violate('a page goes to its own contact method', `${message.id} went to ${address}`);
      await checkAlive(message);
    } finally {
      gate.leave(pass);
    }
  }

  async function checkAlive(message: PageMessage): Promise<void> {
    const incidents = await root
      .selectFrom('pages')
      .innerJoin('incidents', 'incidents.id', 'pages.incident_id')
      .select(['incidents.id', 'incidents.status'])
      .where((where) => where.or([where('pages.id', '=', message.id), where('pages.summary_id', '=', message.id)]))
      .execute();
    const open = new Set(incidents.filter(({ status }) => status === 'triggered').map(({ id }) => id));
    const told = message.kind === 'summary' ? (message.summary?.count ?? 0) : 1;
    if (message.incident && !open.has(message.incident.id))
      around.violate('no ghost pages', `${message.id} was sent for ${message.incident.id}, which somebody has`);
    if (message.kind === 'summary' && told > incidents.filter(({ status }) => status === 'triggered').length)
      around.violate('no ghost pages', `${message.id} sums up ${told}, of which only ${open.size} are open`);
    if (message.kind === 'incident' && open.size > 1)
      around.violate('a summary names all', `${message.id} names one of ${open.size} open incidents`);
  }
  return phones;
}

function noWorld(clock: FakeClock): Pager['io'] {
  const refuse = (): Promise<never> => Promise.reject(new Error('there is no world outside of the simulation'));
  return {
    http: refuse,
    mail: { configured: false, send: refuse, verify: refuse, close: () => {} },
    vapid: { publicKey: '', privateKey: '', subject: 'mailto:nobody@example.com' },
    now: () => clock.now(),
  };
}
