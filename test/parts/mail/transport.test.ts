import { afterEach, describe, expect, it } from 'vitest';
import { openSession } from '../../../src/platform/mail/smtp-session.ts';
import { parseSmtpUrl } from '../../../src/platform/mail/smtp-url.ts';
import {
  type MailMessage,
  type MailTransport,
  type MailTransportOptions,
  openMailTransport,
} from '../../../src/platform/mail/transport.ts';
import { createAuthority } from '../../harness/certificates.ts';
import { closedPort } from '../../harness/channel-servers/http-stub.ts';
import { startSmtpServer, type TestSmtpOptions, type TestSmtpServer } from '../../harness/smtp-server.ts';
import { waitUntil } from '../../harness/wait-until.ts';

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serve(options?: TestSmtpOptions): Promise<TestSmtpServer> {
  const server = await startSmtpServer(options);
  open.push(() => server.close());
  return server;
}

function transport(url: string | undefined, options: Partial<MailTransportOptions> = {}): MailTransport {
  const made = openMailTransport({
    url,
    from: 'HugOps <hugops@example.com>',
    keepWarmMs: 0,
    connectTimeoutMs: 2000,
    sendTimeoutMs: 2000,
    ...options,
  });
  open.push(() => made.close());
  return made;
}

let count = 0;
const mail = (over: Partial<MailMessage> = {}): MailMessage => ({
  to: 'alice@example.com',
  subject: 'Grüße 🔥',
  text: 'A line\n.\nÄnother, after a lone dot\n',
  messageId: `<mail_${++count}@hugops.test>`,
  at: Date.UTC(2026, 2, 1, 2, 10),
  ...over,
});

describe('mail transport', () => {
  it('delivers what was written', async () => {
    const server = await serve();
    const message = mail({ html: '<p>Grüße</p>', headers: { 'List-Id': '<updates.hugops.test>' } });
    expect(await transport(server.url).send(message)).toEqual({
      ok: true,
      response: expect.stringContaining('250') as string,
      messageId: message.messageId,
    });
    const [got, ...more] = server.mails;
    expect(more).toEqual([]);
    expect(got).toMatchObject({
      from: 'hugops@example.com',
      to: ['alice@example.com'],
      subject: 'Grüße 🔥',
      isEncrypted: false,
    });
    expect(got?.text.trim()).toBe(message.text.trim());
    expect(got?.html).toBe('<p>Grüße</p>');
    expect(got?.messageId).toBe(message.messageId);
    expect(got?.headers.get('from')).toBe('HugOps <hugops@example.com>');
    expect(got?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(got?.headers.get('list-id')).toBe('<updates.hugops.test>');
    expect(got?.headers.get('date')).toContain('01 Mar 2026 02:10:00');
  });

  it('uses a connection again, and opens a new one for a mail that met a dead one', async () => {
    const server = await serve();
    const out = transport(server.url);
    for (let i = 0; i < 3; i++) expect(await out.send(mail())).toMatchObject({ ok: true });
    expect(server.connectionCount()).toBe(1);
    server.dropConnections();
    await waitUntil('the connection is gone', () => server.openConnections() === 0);
    expect(await out.send(mail())).toMatchObject({ ok: true });
    expect(server.connectionCount()).toBe(2);
    expect(new Set(server.mails.map((one) => one.messageId)).size).toBe(4);
    expect(server.mails).toHaveLength(4);
  });

  it('gives a mail to a second connection only when the first was stale and took nothing of it', async () => {
    const server = await serve();
    const out = transport(server.url);
    await out.send(mail());
    // A used connection that breaks at MAIL FROM was stale: one more attempt, over a fresh connection, which breaks as well.
    server.behave('drop-at-mail');
    expect(await out.send(mail())).toMatchObject({ ok: false, retryable: true, scope: 'server' });
    expect(server.connectionCount()).toBe(2);
    server.behave('accept');
    await out.send(mail());
    // A used connection that breaks after the message may have delivered it: no second attempt.
    server.behave('drop-after-data');
    expect(await out.send(mail())).toMatchObject({ ok: false, retryable: true });
    expect(server.mails).toHaveLength(3);
    expect(server.connectionCount()).toBe(3);
  });

  it('goes on over the same connection after a refusal', async () => {
    const server = await serve();
    const out = transport(server.url);
    server.behave({ refuse: 550, at: 'rcpt', text: '5.1.1 no such user' });
    expect(await out.send(mail())).toEqual({
      ok: false,
      retryable: false,
      scope: 'message',
      reason: 'the mail server answered 550 5.1.1 no such user',
    });
    server.behave('accept');
    expect(await out.send(mail())).toMatchObject({ ok: true });
    expect(server.connectionCount()).toBe(1);
  });

  it('tells what passes from what is final, and the mail from the server', async () => {
    const server = await serve();
    const out = transport(server.url);
    const cases = [
      [{ refuse: 421, at: 'connect', text: 'busy' }, true, 'server'],
      [{ refuse: 554, at: 'connect', text: 'you are blocked' }, false, 'server'],
      [{ refuse: 451, at: 'mail', text: 'later' }, true, 'server'],
      [{ refuse: 530, at: 'mail', text: 'login first' }, false, 'server'],
      [{ refuse: 552, at: 'mail', text: 'too large' }, false, 'message'],
      [{ refuse: 450, at: 'rcpt', text: 'greylisted' }, true, 'message'],
      [{ refuse: 421, at: 'rcpt', text: 'shutting down' }, true, 'server'],
      [{ refuse: 550, at: 'rcpt', text: 'unknown' }, false, 'message'],
      [{ refuse: 452, at: 'data', text: 'disk full' }, true, 'message'],
      [{ refuse: 554, at: 'data', text: 'spam' }, false, 'message'],
    ] as const;
    for (const [behaviour, retryable, scope] of cases) {
      server.behave(behaviour);
      const result = await out.send(mail());
      expect({ behaviour, ...result }).toMatchObject({ ok: false, retryable, scope });
      expect(result.ok ? '' : result.reason).toContain(behaviour.text);
    }
    expect(server.mails).toEqual([]);
  });

  it('gives up in time: at the greeting, at the last reply, and in the queue for a connection', async () => {
    const server = await serve();
    const out = transport(server.url, { connectTimeoutMs: 500, sendTimeoutMs: 500 });
    server.behave('hang-at-greeting');
    expect(await out.send(mail())).toMatchObject({
      ok: false,
      retryable: true,
      reason: 'the mail server did not answer in time',
    });
    server.behave('hang');
    const begun = performance.now();
    const results = await Promise.all(Array.from({ length: 6 }, () => out.send(mail())));
    for (const result of results) expect(result).toMatchObject({ ok: false, retryable: true, scope: 'server' });
    expect(performance.now() - begun).toBeLessThan(4000);
    server.behave('accept');
    expect(await out.send(mail())).toMatchObject({ ok: true });
    expect(server.mails).toHaveLength(1);
  });

  it('a page does not wait behind other mail', async () => {
    const server = await serve();
    const out = transport(server.url, { sendTimeoutMs: 1500 });
    server.behave('hang');
    let settled = 0;
    const stuck = Array.from({ length: 8 }, async () => {
      await out.send(mail());
      settled++;
    });
    await waitUntil('both bulk connections hang', () => server.hanging() === 2);
    server.behave('accept');
    expect(await out.send(mail({ isUrgent: true }))).toMatchObject({ ok: true });
    expect(settled).toBe(0);
    server.dropConnections();
    await Promise.all(stuck);
  });

  it('keeps a connection for pages warm, logged in, and opens it anew when it dies', async () => {
    const auth = { user: 'hugops', pass: 'secret-enough' };
    const server = await serve({ auth });
    const url = `smtp://hugops:secret-enough@127.0.0.1:${server.port}`;
    const out = transport(url, { keepWarmMs: 20 });
    await waitUntil('connected before any mail', () => server.openConnections() === 1);
    expect(await out.send(mail({ isUrgent: true }))).toMatchObject({ ok: true });
    expect(server.mails[0]).toMatchObject({ connection: 1, user: 'hugops' });
    server.dropConnections();
    await waitUntil('connected again', () => server.connectionCount() === 2 && server.openConnections() === 1);
    expect(await out.send(mail({ isUrgent: true }))).toMatchObject({ ok: true });
    expect(server.mails[1]?.connection).toBe(2);
    out.close();
    await waitUntil('all closed', () => server.openConnections() === 0);
    expect(await out.send(mail({ isUrgent: true }))).toMatchObject({ ok: false, reason: 'mail is shutting down' });
  });

  it('verifies without sending', async () => {
    const server = await serve({ auth: { user: 'hugops', pass: 'secret-enough' } });
    expect(await transport(`smtp://hugops:secret-enough@127.0.0.1:${server.port}`).verify()).toEqual({ ok: true });
    const refused = await transport(`smtp://hugops:secret-wrong@127.0.0.1:${server.port}`).verify();
    expect(refused).toMatchObject({ ok: false, retryable: false, scope: 'server' });
    // The server repeats both in its refusal.
    expect(refused.ok ? '' : refused.reason).not.toMatch(/secret-w|hugops/);
    expect(await transport(`smtp://127.0.0.1:${await closedPort()}`).verify()).toMatchObject({
      ok: false,
      retryable: true,
    });
    expect(await transport(undefined).verify()).toMatchObject({ ok: false, retryable: false });
    expect(server.mails).toEqual([]);
  });
});

describe('mail transport: encryption', () => {
  it('encrypts where the server offers it, and refuses a certificate it cannot trust', async () => {
    for (const tls of ['starttls', 'implicit'] as const) {
      const server = await serve({ tls });
      const strict = await transport(server.url).send(mail());
      expect(strict).toMatchObject({ ok: false, retryable: false, scope: 'server' });
      expect(await transport(`${server.url}?tls=unverified`).send(mail())).toMatchObject({ ok: true });
      expect(server.mails.map((one) => one.isEncrypted)).toEqual([true]);
    }
  });

  it('trusts the authority it is given', async () => {
    const authority = createAuthority('A private authority');
    const certificate = authority.issue(['localhost'], Date.UTC(2000, 0, 1), Date.UTC(2100, 0, 1));
    for (const tls of ['starttls', 'implicit'] as const) {
      const server = await serve({ tls, certificate });
      const url = server.url.replace('127.0.0.1', 'localhost');
      expect(await transport(url, { ca: authority.cert }).send(mail())).toMatchObject({ ok: true });
      expect(server.mails.map((one) => one.isEncrypted)).toEqual([true]);
      // The right authority does not vouch for another name.
      expect(await transport(server.url, { ca: authority.cert }).send(mail())).toMatchObject({
        ok: false,
        retryable: false,
      });
      expect(await transport(url).send(mail())).toMatchObject({ ok: false, retryable: false });
    }
  });

  it('sends no password to a server that does not encrypt', async () => {
    const auth = { user: 'hugops', pass: 'secret-enough' };
    const server = await serve({ auth });
    const strict = {
      ...parseSmtpUrl('smtp://hugops:secret-enough@mail.example.com'),
      host: '127.0.0.1',
      port: server.port,
    };
    const opened = await openSession({ server: strict, connectTimeoutMs: 2000 });
    expect(opened).toMatchObject({ fault: expect.any(Object) as object });
    expect(server.logins()).toBe(0);
    const local = await openSession({ server: { ...strict, requireTls: false }, connectTimeoutMs: 2000 });
    expect(server.logins()).toBe(1);
    if (!('fault' in local)) local.close();
  });
});

describe('mail transport: injection', () => {
  it('sends to one address or to nobody', async () => {
    const server = await serve();
    const out = transport(server.url);
    const bad = [
      '',
      'alice',
      'alice@example.com, mallory@example.com',
      'alice@example.com\r\nRCPT TO:<mallory@example.com>',
      'alice@example.com\nBcc: mallory@example.com',
      'Alice <alice@example.com>',
      '"a b"@example.com',
      'alice@exam ple.com',
      'alice@@example.com',
      'alice@example..com',
      'alice@-example.com',
      `${'a'.repeat(65)}@example.com`,
      'alice@\u202eexample.com',
    ];
    for (const to of bad) {
      expect({ to, ...(await out.send(mail({ to }))) }).toMatchObject({
        ok: false,
        retryable: false,
        scope: 'message',
      });
    }
    expect(await out.send(mail({ from: 'a@example.com, b@example.com' }))).toMatchObject({
      ok: false,
      scope: 'message',
    });
    expect(server.connectionCount()).toBe(0);
    expect(await out.send(mail({ to: "o'brien+pager@münchen.example" }))).toMatchObject({ ok: true });
    expect(server.mails[0]?.headers.get('to')).toBe("o'brien+pager@xn--mnchen-3ya.example");
    // The server shows it as people write it.
    expect(server.mails[0]?.to).toEqual(["o'brien+pager@münchen.example"]);
  });

  it('no header can be smuggled in through a subject, a value, a name or a Message-ID', async () => {
    const server = await serve();
    const out = transport(server.url);
    const subject = 'up\r\nBcc: mallory@example.com\r\n\r\nHello\u2028there\0';
    expect(await out.send(mail({ subject }))).toMatchObject({ ok: true });
    expect(server.mails[0]?.subject).toBe('up Bcc: mallory@example.com Hello there');
    expect(server.mails[0]?.headerNames).not.toContain('bcc');
    const bad: Partial<MailMessage>[] = [
      { headers: { 'X-Test': 'a\r\nBcc: mallory@example.com' } },
      { headers: { 'X-Test\r\nBcc': 'mallory@example.com' } },
      { headers: { Bcc: 'mallory@example.com' } },
      { headers: { 'content-type': 'text/html' } },
      { headers: { To: 'mallory@example.com' } },
      { messageId: '<a@b>\r\nBcc: mallory@example.com' },
      { messageId: 'no-brackets@example.com' },
    ];
    for (const over of bad) {
      expect({ over, ...(await out.send(mail(over))) }).toMatchObject({
        ok: false,
        retryable: false,
        scope: 'message',
      });
    }
    expect(server.mails).toHaveLength(1);
  });

  it('reads no file and opens no URL that a text names', async () => {
    const server = await serve();
    const text = 'file:///etc/hostname http://127.0.0.1:1/x {"path":"/etc/hostname"}';
    expect(await transport(server.url).send(mail({ text }))).toMatchObject({ ok: true });
    expect(server.mails[0]?.text.trim()).toBe(text);
  });
});
