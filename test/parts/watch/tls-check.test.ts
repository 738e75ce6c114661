import { afterEach, describe, expect, it } from 'vitest';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority, selfSigned } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce } from './check-environment.ts';

const internet = openFakeInternet();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await internet.close();
});

const day = 86_400_000;
const now = Date.now();
const authority = createAuthority('Example Authority');
const secrets = { 'file:/etc/ca.pem': authority.cert };
const config = (port: number): { host: string; port: number; resolveTo: string; caCertificate: string } => ({
  host: 'service.test',
  port,
  resolveTo: '127.0.0.1',
  caCertificate: '${file:/etc/ca.pem}',
});

describe('a TLS check', () => {
  it('shows the chain, the version and the days, and hangs up', async () => {
    const host = await internet.https(authority.issue(['service.test', '*.service.test'], now - day, now + 30.5 * day));
    const more = { names: ['www.service.test', 'SERVICE.test'], minVersion: 'TLSv1.3' };
    const outcome = await runOnce('tls', { ...config(host.port), ...more }, { secrets, now });
    expect(outcome).toMatchObject({
      ok: true,
      observed: {
        protocol: 'TLSv1.3',
        chain: [
          { subject: 'service.test', issuer: 'Example Authority', daysLeft: 30 },
          { subject: 'Example Authority', issuer: 'Example Authority' },
        ],
      },
    });
    expect(outcome.phases?.tlsMs).toBeGreaterThan(0);
    await waitUntil('every connection is closed', () => host.openSockets() === 0);
    expect(host.heard).toEqual([]);
  });

  it('tells what is not as expected, all at once', async () => {
    const made = authority.issue(['service.test'], now - day, now + 10.5 * day);
    const server = createHttpsServer({ ...made, maxVersion: 'TLSv1.2' });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const wish = { names: ['www.service.test', 'a.b.service.test'], minVersion: 'TLSv1.3' };
    const outcome = await runOnce('tls', { ...config(port), ...wish }, { secrets, now });
    const on = new Date(now + 10.5 * day).toISOString().slice(0, 10);
    expect(outcome.error).toEqual({
      code: 'assertion-failed',
      message:
        `the certificate expires on ${on}, in 10 days, expected at least 14 days; ` +
        'the certificate is not for www.service.test, a.b.service.test; TLSv1.2 was agreed on, expected TLSv1.3',
    });
    const pinned = await runOnce(
      'tls',
      { ...config(port), daysLeft: 1, fingerprint: 'ab'.repeat(32) },
      { secrets, now },
    );
    expect(pinned.error?.message).toMatch(/^the certificate has the fingerprint (?:[0-9A-F]{2}:){31}/);
    const right = /fingerprint (\S+),/.exec(pinned.error?.message ?? '')?.[1] ?? '';
    expect((await runOnce('tls', { ...config(port), daysLeft: 1, fingerprint: right }, { secrets, now })).ok).toBe(
      true,
    );
  });

  it('notices that the authority expires before the certificate', async () => {
    const host = await internet.https(authority.issue(['service.test'], now - day, now + 3000 * day));
    const late = Date.UTC(2099, 11, 30);
    const outcome = await runOnce('tls', { ...config(host.port), daysLeft: 0 }, { secrets, now: late });
    expect(outcome.error?.message).toMatch(/^the certificate expired on/);
    const far = authority.issue(['service.test'], now - day, Date.UTC(2150, 0, 1));
    const longer = await internet.https(far);
    const told = await runOnce('tls', config(longer.port), { secrets, now: late });
    expect(told.error?.message).toBe(
      'the certificate of Example Authority, which vouches for it, expires on 2100-01-01, in 2 days, expected at least 14 days',
    );
  });

  it('says why a certificate is not accepted, and still shows it', async () => {
    const expired = await internet.https(authority.issue(['service.test'], now - 30 * day, now - 0.5 * day));
    const foreign = await internet.https(authority.issue(['other.test'], now - day, now + 90 * day));
    const own = await internet.https(selfSigned(['service.test'], now - day, now + 90 * day));
    const told = async (port: number, more: object = {}): Promise<unknown> => {
      const { error, observed } = await runOnce('tls', { ...config(port), ...more }, { secrets, now });
      expect(observed?.['chain']).toMatchObject([{ daysLeft: expect.any(Number) }]);
      return error?.message;
    };
    const on = new Date(now - 0.5 * day).toISOString().slice(0, 10);
    expect(await told(own.port)).toBe('the certificate of service.test is self-signed');
    expect(await told(own.port, { verifyCertificate: false })).toBeUndefined();
    const outcome = await runOnce('tls', config(expired.port), { secrets, now });
    expect(outcome.error?.message).toBe(`the certificate of service.test expired on ${on}`);
    expect(outcome.observed?.['chain']).toMatchObject([{ daysLeft: -1 }, {}]);
    const other = await runOnce('tls', config(foreign.port), { secrets, now });
    expect(other.error?.message).toBe('the certificate is for other.test, not for service.test');
    const named = await runOnce('tls', { ...config(foreign.port), serverName: 'other.test' }, { secrets, now });
    expect(named.ok).toBe(true);
  });

  it('ends in time with who says nothing, and tells who speaks no TLS', async () => {
    const silent = await internet.tcp(() => undefined);
    const waited = await runOnce('tls', { host: '127.0.0.1', port: silent.port }, { timeoutMs: 200 });
    expect(waited.error).toEqual({
      code: 'timeout',
      message: `connected to 127.0.0.1:${silent.port}, but TLS was not set up within 200 ms`,
    });
    const babble = await internet.tcp((socket) => socket.write('220 mail.test ESMTP\r\n'));
    const outcome = await runOnce('tls', { host: '127.0.0.1', port: babble.port });
    expect(outcome.error).toEqual({ code: 'tls-failed', message: `127.0.0.1:${babble.port} does not speak TLS` });
    const dripping = await internet.tcp((socket) => {
      const timer = setInterval(() => socket.write(Buffer.from([0x16])), 10);
      socket.on('close', () => clearInterval(timer));
    });
    const dripped = await runOnce('tls', { host: '127.0.0.1', port: dripping.port }, { timeoutMs: 300 });
    expect(dripped.ok).toBe(false);
    await waitUntil(
      'every connection is closed',
      () => silent.openSockets() + babble.openSockets() + dripping.openSockets() === 0,
    );
  });

  it('goes neither to metadata addresses nor, where that is forbidden, into private networks', async () => {
    const meta = await runOnce('tls', { host: '169.254.169.254' });
    expect(meta.error?.code).toBe('forbidden-address');
    const inside = await runOnce('tls', { host: '127.0.0.1' }, { allowPrivateNetworks: false });
    expect(inside.error?.code).toBe('forbidden-address');
  });
});
