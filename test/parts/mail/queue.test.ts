import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ctx, type Loop, transact } from '../../../src/platform/context.ts';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { enqueueMail, type NewMail, retryDelayMs, sendDueMails } from '../../../src/platform/mail/queue.ts';
import {
  type MailMessage,
  type MailResult,
  type MailTransport,
  openMailTransport,
} from '../../../src/platform/mail/transport.ts';
import { openMetrics } from '../../../src/platform/metrics.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { startSmtpServer } from '../../harness/smtp-server.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { both, type Subject } from '../db/both.ts';

const start = Date.UTC(2026, 2, 1, 2, 10);
const minute = 60_000;
const hour = 3_600_000;

let database: Opened;
let now = start;
let woken: Loop[] = [];

/** Each test on a database of its own kind: the embedded one has one connection, and one connection hides races. */
function useDatabase(subject: Subject): void {
  beforeAll(async () => {
    database = await subject.open();
  });
  afterAll(() => database.close());
  beforeEach(() => {
    now = start;
    woken = [];
  });
  afterEach(() => sql`delete from mails`.execute(database.db));
}

function context(nodeId = 'node-a'): Ctx {
  return {
    db: database.db,
    clock: { now: () => now },
    random: systemRandom,
    log: pino({ level: 'silent' }),
    metrics: openMetrics(false),
    publicUrl: 'https://status.example.com',
    secret: 'a secret for tests',
    nodeId,
    wake: (loop) => void woken.push(loop),
  };
}

const newMail = (over: Partial<NewMail> = {}): NewMail => ({
  purpose: 'subscriber',
  dedupKey: 'update:1:alice',
  to: 'alice@example.com',
  subject: 'Checkout is back',
  text: 'It answers again.\n',
  ...over,
});

/** A mail server that does as told, seen from this side of the wire. */
function fakeTransport(
  answer: (message: MailMessage) => MailResult | Promise<MailResult>,
): MailTransport & { sent: MailMessage[] } {
  const sent: MailMessage[] = [];
  return {
    configured: true,
    sent,
    async send(message) {
      sent.push(message);
      return answer(message);
    },
    verify: () => Promise.resolve({ ok: true }),
    close: () => undefined,
  };
}

const accept = (message: MailMessage): MailResult => ({ ok: true, response: '250 ok', messageId: message.messageId });
const refuse = (retryable: boolean, scope: 'message' | 'server'): MailResult => ({
  ok: false,
  retryable,
  scope,
  reason: 'the mail server answered so',
});

const rows = () => database.db.selectFrom('mails').selectAll().orderBy('dedup_key').execute();

describe.each(both)('enqueueMail on $kind', (subject) => {
  useDatabase(subject);

  it('is part of the transaction, and wakes the sender after the commit', async () => {
    const ctx = context();
    await expect(
      transact(ctx, async (tx) => {
        await enqueueMail(tx, newMail());
        expect(woken).toEqual([]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await rows()).toEqual([]);
    expect(woken).toEqual([]);
    const id = await transact(ctx, (tx) => enqueueMail(tx, newMail()));
    expect(woken).toEqual(['mails']);
    expect(await rows()).toMatchObject([
      { id, status: 'pending', attempt: 0, next_attempt_at: start, purpose: 'subscriber' },
    ]);
  });

  it('takes a mail once for its key, also after it was sent', async () => {
    const ctx = context();
    expect(await enqueueMail(ctx, newMail())).toMatch(/^mail_/);
    expect(await enqueueMail(ctx, newMail({ text: 'another text' }))).toBe(undefined);
    const transport = fakeTransport(accept);
    await sendDueMails(ctx, transport, now, 10);
    expect(await enqueueMail(ctx, newMail())).toBe(undefined);
    await sendDueMails(ctx, transport, now + hour, 10);
    expect(transport.sent.map((mail) => mail.text)).toEqual(['It answers again.\n']);
    expect(woken).toEqual(['mails']);
  });

  it('stores hostile text without failing', async () => {
    const ctx = context();
    await enqueueMail(ctx, newMail({ subject: 'a\r\nBcc: b\0', text: 'nul \0 half \ud83d', html: '<p>\0</p>' }));
    expect(await rows()).toMatchObject([{ subject: 'a Bcc: b', body_text: 'nul  half \ufffd', body_html: '<p></p>' }]);
  });
});

describe.each(both)('sendDueMails on $kind', (subject) => {
  useDatabase(subject);

  it('delivers over a real connection, with a stable Message-ID and its own headers', async () => {
    const server = await startSmtpServer();
    const transport = openMailTransport({ url: server.url, from: 'HugOps <hugops@example.com>', keepWarmMs: 0 });
    const ctx = context();
    const unsubscribe = {
      'List-Unsubscribe': '<https://status.example.com/u/x>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    };
    const id = await enqueueMail(ctx, newMail({ html: '<p>It answers again.</p>', headers: unsubscribe }));
    expect(await sendDueMails(ctx, transport, now, 10)).toEqual({ sent: 1, postponed: 0, failed: 0, hasMore: false });
    const mail = await server.waitForMail('the update', () => true);
    expect(mail).toMatchObject({
      to: ['alice@example.com'],
      subject: 'Checkout is back',
      messageId: `<${id}@status.example.com>`,
    });
    expect(mail.headers.get('list-unsubscribe')).toBe('<https://status.example.com/u/x>');
    expect(mail.headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(await rows()).toMatchObject([
      { status: 'sent', sent_at: start, attempt: 1, error: null, lease_owner: null, lease_until: null },
    ]);
    expect(await sendDueMails(ctx, transport, now + hour, 10)).toMatchObject({ sent: 0 });
    expect(server.mails).toHaveLength(1);
    transport.close();
    await server.close();
  });

  it('holds no transaction while it sends, and at most two mails at a time', async () => {
    const ctx = context();
    for (let i = 0; i < 7; i++) await enqueueMail(ctx, newMail({ dedupKey: `k${i}` }));
    let atOnce = 0;
    let most = 0;
    const transport = fakeTransport(async (message) => {
      most = Math.max(most, ++atOnce);
      // With the embedded database's one connection this would wait for ever inside a transaction.
      const sending = await database.db.selectFrom('mails').select('id').where('status', '=', 'sending').execute();
      expect(sending.length).toBeLessThanOrEqual(2);
      atOnce--;
      return accept(message);
    });
    expect(await sendDueMails(ctx, transport, now, 5)).toEqual({ sent: 5, postponed: 0, failed: 0, hasMore: true });
    expect(await sendDueMails(ctx, transport, now, 5)).toEqual({ sent: 2, postponed: 0, failed: 0, hasMore: false });
    expect(most).toBe(2);
    expect(new Set(transport.sent.map((mail) => mail.messageId)).size).toBe(7);
  });

  it('tries again, later and later, under the same Message-ID, and gives up after a day', async () => {
    const ctx = context();
    await enqueueMail(ctx, newMail());
    const transport = fakeTransport(() => refuse(true, 'message'));
    const waits: number[] = [];
    while (waits.length < 100) {
      await sendDueMails(ctx, transport, now, 10);
      const [row] = await rows();
      if (row?.status !== 'pending') break;
      expect(await sendDueMails(ctx, transport, row.next_attempt_at - 1, 10)).toMatchObject({
        sent: 0,
        postponed: 0,
        failed: 0,
      });
      waits.push(row.next_attempt_at - now);
      now = row.next_attempt_at;
    }
    expect(await rows()).toMatchObject([{ status: 'failed', error: 'the mail server answered so', lease_owner: null }]);
    expect(now).toBeGreaterThan(start + 22 * hour);
    expect(now).toBeLessThanOrEqual(start + 24 * hour);
    for (const [index, wait] of waits.entries()) {
      const middle = Math.min(hour, 30_000 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(middle * 0.75 - 1);
      expect(wait).toBeLessThanOrEqual(middle * 1.25 + 1);
    }
    expect(new Set(transport.sent.map((mail) => mail.messageId)).size).toBe(1);
    expect(transport.sent).toHaveLength(waits.length + 1);
    expect(await sendDueMails(ctx, transport, now + 48 * hour, 10)).toMatchObject({ sent: 0, postponed: 0, failed: 0 });
  });

  it('gives up at once on a mail that is refused for good, but not because the login is', async () => {
    const ctx = context();
    await enqueueMail(ctx, newMail({ dedupKey: 'a' }));
    expect(
      await sendDueMails(
        ctx,
        fakeTransport(() => refuse(false, 'message')),
        now,
        10,
      ),
    ).toMatchObject({ failed: 1, postponed: 0 });
    await enqueueMail(ctx, newMail({ dedupKey: 'b' }));
    expect(
      await sendDueMails(
        ctx,
        fakeTransport(() => refuse(false, 'server')),
        now,
        10,
      ),
    ).toMatchObject({ failed: 0, postponed: 1 });
    expect((await rows()).map((row) => row.status)).toEqual(['failed', 'pending']);
    const transport = fakeTransport(accept);
    expect(await sendDueMails(ctx, transport, now + hour, 10)).toMatchObject({ sent: 1 });
  });

  it('does not try a whole backlog against a dead mail server', async () => {
    const ctx = context();
    for (let i = 0; i < 20; i++) await enqueueMail(ctx, newMail({ dedupKey: `k${i}` }));
    const transport = fakeTransport(() => refuse(true, 'server'));
    expect(await sendDueMails(ctx, transport, now, 20)).toMatchObject({ postponed: 2, hasMore: false });
    expect(transport.sent).toHaveLength(2);
    expect((await rows()).filter((row) => row.attempt === 0)).toHaveLength(18);
  });

  // The process that starts after a kill may carry the same name.
  it.each(['node-b', 'node-a'])(
    '%s takes over what a killed node-a left, with the same Message-ID, when its lease has run out',
    async (nodeId) => {
      const ctx = context();
      await enqueueMail(ctx, newMail());
      // The first process never comes back from sending.
      let resume: (result: MailResult) => void = () => undefined;
      const killed = fakeTransport(() => new Promise((resolve) => (resume = resolve)));
      const unfinished = sendDueMails(ctx, killed, now, 10);
      await waitUntil('it is sending', () => killed.sent.length === 1);
      expect(await rows()).toMatchObject([
        { status: 'sending', lease_owner: 'node-a', lease_until: start + 2 * minute, attempt: 1 },
      ]);

      const other = context(nodeId);
      let finish: (result: MailResult) => void = () => undefined;
      const transport = fakeTransport(() => new Promise((resolve) => (finish = resolve)));
      expect(await sendDueMails(other, transport, now + 2 * minute - 1, 10)).toMatchObject({ sent: 0 });
      now += 2 * minute;
      const takenOver = sendDueMails(other, transport, now, 10);
      await waitUntil('the other is sending', () => transport.sent.length === 1);
      expect(transport.sent.map((mail) => mail.messageId)).toEqual(killed.sent.map((mail) => mail.messageId));

      // Should the first one be alive after all, what it records comes too late and changes nothing.
      resume(refuse(false, 'message'));
      await unfinished;
      expect(await rows()).toMatchObject([{ status: 'sending', attempt: 2, lease_owner: nodeId, error: null }]);
      finish({ ok: true, response: '250 ok', messageId: '' });
      expect(await takenOver).toMatchObject({ sent: 1 });
      expect(await rows()).toMatchObject([{ status: 'sent', attempt: 2, sent_at: now, error: null }]);
    },
  );

  it('two senders never take the same mail', async () => {
    const ctx = context();
    for (let i = 0; i < 30; i++) await enqueueMail(ctx, newMail({ dedupKey: `k${i}` }));
    const transport = fakeTransport(async (message) => {
      await new Promise((resolve) => setImmediate(resolve));
      return accept(message);
    });
    const results = await Promise.all([
      sendDueMails(context('node-a'), transport, now, 30),
      sendDueMails(context('node-b'), transport, now, 30),
      sendDueMails(context('node-a'), transport, now, 30),
    ]);
    expect(results.reduce((sum, result) => sum + result.sent, 0)).toBe(30);
    expect(transport.sent).toHaveLength(30);
    expect(new Set(transport.sent.map((mail) => mail.messageId)).size).toBe(30);
  });

  it('counts what became of them, by purpose', async () => {
    const ctx = context();
    await enqueueMail(ctx, newMail({ dedupKey: 'a', purpose: 'hug' }));
    await sendDueMails(ctx, fakeTransport(accept), now, 10);
    await enqueueMail(ctx, newMail({ dedupKey: 'b', purpose: 'subscriber' }));
    await sendDueMails(
      ctx,
      fakeTransport(() => refuse(true, 'message')),
      now,
      10,
    );
    const text = await ctx.metrics.registry.metrics();
    expect(text).toContain('hugops_mails_total{purpose="hug",outcome="sent"} 1');
    expect(text).toContain('hugops_mails_total{purpose="subscriber",outcome="postponed"} 1');
  });
});

describe('retryDelayMs', () => {
  it('stays within a quarter of its middle, for any attempt', () => {
    for (const byte of [0, 128, 255]) {
      const random = { bytes: (count: number) => new Uint8Array(count).fill(byte) };
      for (const attempt of [1, 2, 8, 30, 2000]) {
        const middle = Math.min(hour, 30_000 * 2 ** (attempt - 1));
        expect(retryDelayMs(attempt, random)).toBeGreaterThanOrEqual(middle * 0.75 - 1);
        expect(retryDelayMs(attempt, random)).toBeLessThanOrEqual(middle * 1.25 + 1);
      }
    }
  });
});
