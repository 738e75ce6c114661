import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { startSmtpServer, type TestSmtpOptions, type TestSmtpServer } from '../../harness/smtp-server.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce, type TestRun } from './check-environment.ts';

const internet = openFakeInternet();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await internet.close();
});

const day = 86_400_000;
const now = Date.now();
const authority = createAuthority('Example Authority');
const certificate = authority.issue(['127.0.0.1'], now - day, now + 20.5 * day);
const secrets = { 'env:P': 'hunter 22', 'file:/ca': authority.cert };
const login = { username: 'alice', password: '${env:P}' };

const server = async (options: TestSmtpOptions): Promise<TestSmtpServer> => {
  const made = await startSmtpServer({ certificate, ...options });
  closing.push(() => made.close());
  return made;
};
const ask = async (port: number, config: object, options: TestRun = {}): ReturnType<typeof runOnce> => {
  const outcome = await runOnce(
    'smtp',
    { host: '127.0.0.1', port, caCertificate: '${file:/ca}', ...config },
    { secrets, now, ...options },
  );
  const told = JSON.stringify(outcome);
  expect(told).not.toContain('hunter');
  expect(told).not.toContain(Buffer.from('hunter 22').toString('base64'));
  expect(told).not.toContain(Buffer.from('\0alice\0hunter 22').toString('base64'));
  return JSON.parse(told.replaceAll(String(port), 'PORT')) as typeof outcome;
};

describe('an SMTP check', () => {
  it('greets, goes over to TLS and logs in, and sends no mail', async () => {
    const mail = await server({ tls: 'starttls', auth: { user: 'alice', pass: 'hunter 22' } });
    const outcome = await ask(mail.port, { login, daysLeft: 14 });
    expect(outcome).toMatchObject({
      ok: true,
      observed: {
        peer: '127.0.0.1:PORT',
        greeting: expect.stringContaining('mail.test'),
        certificate: { daysLeft: 20, protocol: 'TLSv1.3' },
      },
    });
    expect(outcome.phases?.tlsMs).toBeGreaterThan(0);
    expect([mail.logins(), mail.mails.length]).toEqual([1, 0]);
  });

  it('begins with TLS, or does without', async () => {
    const tls = await server({ tls: 'implicit' });
    expect(await ask(tls.port, { security: 'tls' })).toMatchObject({
      ok: true,
      observed: { certificate: { daysLeft: 20 } },
    });
    const soon = await ask(tls.port, { security: 'tls', daysLeft: 30 });
    expect(soon.error?.message).toMatch(
      /^the certificate expires on \d{4}-\d\d-\d\d, in 20 days, expected at least 30$/,
    );
    const plain = await server({});
    const outcome = await ask(plain.port, { security: 'none' });
    expect(outcome.ok).toBe(true);
    expect(outcome.observed).not.toHaveProperty('certificate');
  });

  it('tells a refusal in the words of the server, without the password', async () => {
    const mail = await server({ tls: 'starttls', auth: { user: 'alice', pass: 'other' } });
    const refused = await ask(mail.port, { login });
    expect(refused.error?.code).toBe('bad-answer');
    expect(refused.error?.message).toMatch(/^127\.0\.0\.1:PORT refused the login: "535 .*\[secret\]/);
    const plain = await server({});
    expect((await ask(plain.port, {})).error).toEqual({
      code: 'tls-failed',
      message: '127.0.0.1:PORT offers no STARTTLS',
    });
    plain.behave({ refuse: 554, at: 'connect', text: 'no service for you' });
    expect((await ask(plain.port, { security: 'none' })).error?.message).toBe(
      '127.0.0.1:PORT refused the connection: "554 no service for you"',
    );
    const stranger = await server({
      tls: 'starttls',
      certificate: authority.issue(['other.test'], now - day, now + day),
    });
    expect((await ask(stranger.port, { login })).error?.message).toBe(
      'the certificate is for other.test, not for 127.0.0.1',
    );
    expect(stranger.logins()).toBe(0);
  });
});

/** Plays replies, one to each line that is heard; the first comes by itself. */
const script =
  (...replies: string[]) =>
  (socket: Socket): void => {
    socket.write(replies[0] ?? '');
    let at = 1;
    socket.on('data', (bytes) => {
      for (const _ of bytes.toString().match(/\n/g) ?? []) socket.write(replies[at++] ?? '');
    });
  };

describe('an SMTP check of other servers', () => {
  const told = async (onSocket: (socket: Socket) => void, config: object = {}, timeoutMs = 5000): Promise<unknown> => {
    const host = await internet.tcp(onSocket);
    const outcome = await ask(host.port, { security: 'none', ...config }, { timeoutMs });
    await waitUntil('every connection is closed', () => host.openSockets() === 0);
    return outcome.error?.message ?? 'satisfied';
  };

  it('reads replies of several lines, however they are cut', async () => {
    const dripping = (socket: Socket): void => {
      const text = '220-mail.test\r\n220-hello\r\n220 there\r\n250-mail.test\r\n250 SIZE 1000\r\n';
      const send = (at: number): void => {
        if (at < text.length && !socket.destroyed) socket.write(text.charAt(at), () => setImmediate(send, at + 1));
      };
      send(0);
    };
    expect(await told(dripping)).toBe('satisfied');
  });

  it('ends in time and bounds, and says what happened', async () => {
    expect(await told(() => undefined, {}, 200)).toBe(
      'connected to 127.0.0.1:PORT, but the greeting did not come within 200 ms',
    );
    expect(await told(script('220 mail.test\r\n'), {}, 200)).toBe(
      'connected to 127.0.0.1:PORT, but the answer to EHLO did not come within 200 ms',
    );
    expect(await told(script('SSH-2.0-OpenSSH\r\n'))).toBe(
      '127.0.0.1:PORT does not speak SMTP: it says "SSH-2.0-OpenSSH"',
    );
    expect(await told(script('220 mail.test\r\n', '502 what\r\n'))).toBe('127.0.0.1:PORT refused EHLO: "502 what"');
    expect(await told((socket) => socket.end('421 busy\r\n'))).toBe(
      '127.0.0.1:PORT refused the connection: "421 busy"',
    );
    expect(await told((socket) => socket.end())).toMatch(/closed the connection before the greeting came|reset/);
    expect(await told((socket) => socket.write('220-again\r\n'.repeat(500)))).toBe(
      '127.0.0.1:PORT sent a reply of more than 100 lines',
    );
    expect(await told((socket) => socket.write(`220 ${'x'.repeat(20_000)}`))).toBe(
      '127.0.0.1:PORT sent the greeting of more than 8192 bytes',
    );
  });

  it('does not believe what was said before TLS', async () => {
    const injecting = script('220 m\r\n', '250-m\r\n250 STARTTLS\r\n', '220 go\r\n250-m\r\n250 AUTH PLAIN\r\n');
    expect(await told(injecting, { security: 'starttls' })).toBe(
      '127.0.0.1:PORT sent something in the clear that belongs behind TLS',
    );
    const silent = script('220 m\r\n', '250-m\r\n250 STARTTLS\r\n', '220 go\r\n');
    for (let i = 0; i < 5; i++) {
      expect(await told(silent, { security: 'starttls' }, 200)).toBe(
        'connected to 127.0.0.1:PORT, but TLS was not set up within 200 ms',
      );
    }
    const dropping = (socket: Socket): void => {
      script('220 m\r\n', '250-m\r\n250 STARTTLS\r\n', '220 go\r\n')(socket);
      socket.on('data', (bytes) => (bytes[0] === 0x16 ? socket.resetAndDestroy() : undefined));
    };
    expect(await told(dropping, { security: 'starttls' })).toBe(
      '127.0.0.1:PORT closed the connection during the TLS handshake',
    );
    const refusing = script('220 m\r\n', '250-m\r\n250 STARTTLS\r\n', '454 not now\r\n');
    expect(await told(refusing, { security: 'starttls' })).toBe('127.0.0.1:PORT refused STARTTLS: "454 not now"');
  });

  it('goes where checks may go only', async () => {
    expect((await runOnce('smtp', { host: '169.254.169.254' })).error?.code).toBe('forbidden-address');
    const inside = await runOnce('smtp', { host: '127.0.0.1' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
