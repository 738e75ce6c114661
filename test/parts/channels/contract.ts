import { createECDH } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/domain/words.ts';
import { openMailTransport } from '../../../src/platform/mail/transport.ts';
import {
  type Channel,
  type ChannelIo,
  openChannelIo,
  type PageMessage,
  withoutSecrets,
} from '../../../src/respond/channels/index.ts';

/** What reached the other side, in the terms of whoever reads it. */
export interface Delivery {
  /** The idempotency key as the provider sees it; undefined where the provider has none. */
  key: string | undefined;
  /** The line shown first. */
  title: string;
  /** Every text a reader sees, the title included. */
  text: string;
  /** What the buttons open, in their order. */
  links: readonly string[];
}

/** How the provider fails from now on. */
export type Fault = 'none' | 'rate-limit' | 'server-error' | 'hang' | 'lose-receipt' | 'echo';

export interface ChannelWorld {
  io: ChannelIo;
  config: JsonObject;
  /** Like `config`, with credentials the provider does not know. */
  wrongCredentials: { io: ChannelIo; config: JsonObject };
  /** Like `config`, at an address where nobody listens. */
  nobodyThere: { io: ChannelIo; config: JsonObject };
  /** Everything that must never be seen in a reason: tokens, passwords, secret URLs. */
  secrets: readonly string[];
  deliveries(): Delivery[];
  /** How often anything was asked of the provider. */
  requestCount(): number;
  fail(fault: Fault): void;
  close(): Promise<void>;
}

export interface ChannelTraits {
  name: string;
  channel: Channel;
  /** Whether the provider knows an idempotency key. */
  hasKey: boolean;
  /** What the rate limit's Retry-After of 7 s becomes; undefined where the protocol has no such header. */
  rateLimitWaitMs: number | undefined;
  /** The provider's limit is a quota that waiting does not refill, so that the next contact method is used instead. */
  hasQuota?: boolean;
  /** Nobody can follow a link by ear, and nobody wants a URL read out. */
  isSpoken?: boolean;
  /** A configuration that must be refused before anything is sent. */
  invalidConfig: JsonObject;
  /** Fails when hostile text became more than text. */
  expectHarmless(delivery: Delivery): void;
}

export const timeoutMs = 700;

const vapidCurve = createECDH('prime256v1');
vapidCurve.generateKeys();
export const testVapid = {
  publicKey: vapidCurve.getPublicKey('base64url'),
  privateKey: Buffer.from(vapidCurve.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url'),
  subject: 'https://status.example.com',
};

/** The io that channels get in these tests: short time limits, the real clock (webhook receivers check it), no mail server unless given. */
export function contractIo(mailUrl?: string): ChannelIo & { close(): Promise<void> } {
  const mail = openMailTransport({
    url: mailUrl,
    from: 'HugOps <hugops@example.com>',
    connectTimeoutMs: timeoutMs,
    sendTimeoutMs: timeoutMs,
    keepWarmMs: 0,
  });
  const io = openChannelIo({ mail, clock: { now: () => Date.now() }, vapid: testVapid, timeoutMs });
  return {
    ...io,
    async close() {
      mail.close();
      await io.close();
    },
  };
}

const ackSecret = 'Zq7TtV0aYw3LkPn5RsXd';

/** 2026-03-01 02:10 UTC: 03:10 in Berlin. */
const openedAt = Date.UTC(2026, 2, 1, 2, 10);

export function incidentPage(
  over: Partial<PageMessage> = {},
  incident: Partial<NonNullable<PageMessage['incident']>> = {},
): PageMessage {
  return {
    id: 'pge_01kabcdefghjkmnpqrstvwxyz0',
    kind: 'incident',
    incident: {
      id: 'inc_01k000000000000000000000a',
      number: 42,
      title: 'Checkout answers 503',
      serviceName: 'Checkout',
      severity: 'critical',
      status: 'triggered',
      openedAt,
      evidence: [
        'GET https://checkout.example.com: 503 after 120 ms',
        'GET https://checkout.example.com: 503 after 98 ms',
      ],
      ...incident,
    },
    ackUrl: `https://status.example.com/a/${ackSecret}`,
    viewUrl: 'https://status.example.com/console/incidents/42',
    isResend: false,
    personName: 'Alice',
    timeZone: 'Europe/Berlin',
    now: openedAt + 4 * 60_000,
    ...over,
  };
}

const hostile = [
  '<!channel> <@U123> <https://evil.example|click> & <script>alert(1)</script> <img src=x onerror=alert(1)>',
  '*bold* _it_ `code` [a](https://evil.example) @everyone',
  '\r\nBcc: mallory@example.com\r\nX-Injected: yes\r\n\r\nbody',
  '\u0000\u0007\u001b[31m\u202Egnp.exe\u2028next',
].join(' ');

/** Every channel passes this, against its own provider on loopback. */
export function describeChannelContract(traits: ChannelTraits, start: () => Promise<ChannelWorld>): void {
  describe(`channel contract: ${traits.name}`, () => {
    let world: ChannelWorld;
    beforeEach(async () => {
      world = await start();
    });
    afterEach(() => world.close());
    const send = (message: PageMessage) => traits.channel.send(message, world.config, world.io);

    describeSuccess(traits, () => world, send);
    describeFailure(traits, () => world, send);
    describeHostility(traits, () => world, send);
  });
}

type Send = (message: PageMessage) => ReturnType<Channel['send']>;

function describeSuccess(
  { channel, hasKey, isSpoken = false }: ChannelTraits,
  world: () => ChannelWorld,
  send: Send,
): void {
  const links = (...urls: unknown[]): unknown[] => (isSpoken ? [] : urls);

  it('delivers an incident once: what is broken, since when, and the button', async () => {
    const page = incidentPage();
    expect(await send(page)).toMatchObject({ ok: true });
    const [delivery, ...more] = world().deliveries();
    expect(more).toEqual([]);
    expect(delivery?.title).toContain(isSpoken ? '42' : '#42');
    expect(delivery?.title).toContain('critical');
    expect(delivery?.title).toContain('Checkout answers 503');
    if (!isSpoken) expect(delivery?.text).toContain('GET https://checkout.example.com: 503 after 120 ms');
    expect(delivery?.links).toEqual(links(page.ackUrl, page.viewUrl));
    expect(delivery?.key).toBe(hasKey ? page.id : undefined);
    expect(delivery?.text).not.toContain('Sent again');
  });

  it('delivers a summary with its own link', async () => {
    const { incident: _, ackUrl: __, ...page } = incidentPage({ kind: 'summary' });
    const viewUrl = 'https://status.example.com/console/incidents';
    const summary = { count: 201, lines: ['#42 critical: Checkout', '#43 minor: Search'], viewUrl };
    expect(await send({ ...page, summary })).toMatchObject({ ok: true });
    expect(world().deliveries()).toHaveLength(1);
    const [delivery] = world().deliveries();
    expect(delivery?.title).toContain('201 incidents');
    expect(delivery?.text).toContain(isSpoken ? 'Search' : '#43 minor: Search');
    expect(delivery?.links).toEqual(links(viewUrl));
  });

  it('delivers a test page that cannot be taken for an outage', async () => {
    const { incident: _, ...page } = incidentPage({ kind: 'test' });
    expect(await send(page)).toMatchObject({ ok: true });
    const [delivery] = world().deliveries();
    expect(delivery?.title).toContain('Test');
    expect(delivery?.title).toContain('nothing is broken');
    expect(delivery?.links).toEqual(links(page.ackUrl, page.viewUrl));
  });

  it('sends again under the same key, and says so', async () => {
    expect(await send(incidentPage())).toMatchObject({ ok: true });
    expect(await send(incidentPage({ isResend: true }))).toMatchObject({ ok: true });
    const [first, second, ...more] = world().deliveries();
    expect(more).toEqual([]);
    expect(second?.key).toBe(first?.key);
    if (channel.kind !== 'webhook') expect(second?.text).toContain('Sent again');
  });
}

function describeFailure(traits: ChannelTraits, world: () => ChannelWorld, send: Send): void {
  const { channel } = traits;

  it('a lost receipt is a retryable failure, and the repetition carries the same key', async () => {
    world().fail('lose-receipt');
    expect(await send(incidentPage())).toMatchObject({ ok: false, retryable: true });
    // Once and only once: no layer below may repeat a request by itself.
    expect(world().deliveries()).toHaveLength(1);
    world().fail('none');
    expect(await send(incidentPage({ isResend: true }))).toMatchObject({ ok: true });
    const [first, second, ...more] = world().deliveries();
    expect(more).toEqual([]);
    expect(second?.key).toBe(first?.key);
  });

  it('waits as long as a rate limit asks', async () => {
    world().fail('rate-limit');
    const receipt = await send(incidentPage());
    expect(receipt).toMatchObject({ ok: false, retryable: traits.hasQuota !== true });
    expect('retryAfterMs' in receipt ? receipt.retryAfterMs : undefined).toBe(traits.rateLimitWaitMs);
    expect(world().deliveries()).toEqual([]);
  });

  it('a server error may pass', async () => {
    world().fail('server-error');
    expect(await send(incidentPage())).toMatchObject({ ok: false, retryable: true });
    expect(world().deliveries()).toEqual([]);
  });

  it('gives up on a silent provider in time', async () => {
    world().fail('hang');
    const begun = performance.now();
    const receipt = await send(incidentPage());
    expect(receipt).toMatchObject({ ok: false, retryable: true });
    expect(performance.now() - begun).toBeLessThan(timeoutMs * 4);
    expect(world().deliveries()).toEqual([]);
  });

  it('a refused connection may pass', async () => {
    const { config, io } = world().nobodyThere;
    expect(await channel.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
    expect(world().requestCount()).toBe(0);
  });

  it('wrong credentials do not pass by themselves', async () => {
    const { config, io } = world().wrongCredentials;
    expect(await channel.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: false });
    expect(world().deliveries()).toEqual([]);
  });

  it('an invalid configuration is refused before anything is sent', async () => {
    const receipt = await channel.send(incidentPage(), traits.invalidConfig, world().io);
    expect(receipt).toMatchObject({ ok: false, retryable: false });
    expect(world().requestCount()).toBe(0);
    expect(channel.describe(traits.invalidConfig)).toBe(channel.label);
    for (const nothing of [undefined, null, 'text', 7, []]) {
      expect(await channel.send(incidentPage(), nothing, world().io)).toMatchObject({ ok: false, retryable: false });
    }
  });
}

function describeHostility(traits: ChannelTraits, world: () => ChannelWorld, send: Send): void {
  const { channel } = traits;

  it('cuts oversized text with a mark, in whole code points, and still delivers', async () => {
    // Both parities, so that a cut at a fixed length meets the middle of a pair; quotes grow when they are escaped.
    for (const [index, shift] of ['', 'x'].entries()) {
      const long = `${shift}${'🔥'.repeat(20_000)}`;
      const evidence = Array.from({ length: 500 }, () => `${shift}${'"\\🔥'.repeat(2_000)}`);
      const page = incidentPage(
        { id: `pge_big${index}`, personName: long },
        { title: long, serviceName: long, evidence },
      );
      expect(await send(page)).toMatchObject({ ok: true });
    }
    const deliveries = world().deliveries();
    expect(deliveries).toHaveLength(2);
    for (const { title, text, links } of deliveries) {
      expect(title).toContain('…');
      expect(title.length).toBeLessThan(700);
      expect(title).not.toContain('\ufffd');
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toContain('\ufffd');
      expect(text.length).toBeLessThan(60_000);
      // The buttons are never what is cut.
      expect(links).toHaveLength(traits.isSpoken === true ? 0 : 2);
    }
  });

  it('hostile text stays text', async () => {
    const page = incidentPage({ personName: hostile }, { title: hostile, serviceName: hostile, evidence: [hostile] });
    expect(await send(page)).toMatchObject({ ok: true });
    const [delivery, ...more] = world().deliveries();
    expect(more).toEqual([]);
    expect(delivery?.title).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(delivery?.links).toEqual(traits.isSpoken === true ? [] : [page.ackUrl, page.viewUrl]);
    if (delivery) traits.expectHarmless(delivery);
  });

  it('shows no secret in any failure, label or stored configuration', async () => {
    const reasons: string[] = [];
    const note = (receipt: Awaited<ReturnType<Send>>): void => {
      expect(receipt.ok).toBe(false);
      if (!receipt.ok) reasons.push(receipt.reason);
    };
    for (const fault of ['rate-limit', 'server-error', 'hang', 'lose-receipt', 'echo'] as const) {
      world().fail(fault);
      note(await send(incidentPage()));
    }
    world().fail('none');
    for (const { config, io } of [world().wrongCredentials, world().nobodyThere])
      note(await channel.send(incidentPage(), config, io));
    note(await channel.send(incidentPage(), traits.invalidConfig, world().io));
    const { shown } = withoutSecrets(channel, world().config);
    const label = channel.describe(world().config);
    expect(label).not.toBe('');
    const secrets = [...world().secrets, ackSecret];
    for (const said of [...reasons, label, JSON.stringify(shown)]) {
      expect(said).not.toBe('');
      expect(leaks(said, secrets)).toEqual([]);
    }
    for (const reason of reasons) {
      expect(reason.length).toBeLessThanOrEqual(300);
      expect(reason).not.toMatch(/\p{Cc}/u);
    }
  });

  it('survives an outside world that throws', async () => {
    const broken: ChannelIo = {
      ...world().io,
      http: () => Promise.reject(new Error(`bug with ${world().secrets.join(' ')}`)),
      mail: { ...world().io.mail, send: () => Promise.reject(new Error(`bug with ${world().secrets.join(' ')}`)) },
    };
    const receipt = await channel.send(incidentPage(), world().config, broken);
    expect(receipt).toMatchObject({ ok: false, retryable: true });
    // The mail server's password is not the channel's to know, so what the transport throws is the transport's to scrub.
    if (!receipt.ok && channel.kind !== 'email') expect(leaks(receipt.reason, world().secrets)).toEqual([]);
  });
}

/** The secrets of which 8 characters in a row, or all of a shorter one, can be read. */
function leaks(said: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => {
    if (secret.length < 8) return said.includes(secret);
    return Array.from({ length: secret.length - 7 }, (_, i) => secret.slice(i, i + 8)).some((part) =>
      said.includes(part),
    );
  });
}
