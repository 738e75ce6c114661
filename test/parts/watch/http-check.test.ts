import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createAuthority, selfSigned } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce } from './check-environment.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());
afterAll(() => internet.close());

const day = 86_400_000;

describe('an HTTP check', () => {
  it('measures the phases of an answer that is as expected', async () => {
    const host = await internet.http();
    const outcome = await runOnce('http', { url: `${host.url}/health?full=1` });
    expect(outcome).toMatchObject({
      ok: true,
      observed: { status: 200, bodyBytes: 12, peer: `127.0.0.1:${host.port}` },
    });
    expect(outcome.error).toBeUndefined();
    const { dnsMs = -1, connectMs = -1, firstByteMs = -1, transferMs = -1, tlsMs } = outcome.phases ?? {};
    for (const ms of [dnsMs, connectMs, firstByteMs, transferMs]) expect(ms).toBeGreaterThanOrEqual(0);
    expect(tlsMs).toBeUndefined();
    expect(outcome.totalMs).toBeGreaterThanOrEqual(connectMs + firstByteMs);
    expect(host.heard).toEqual([
      {
        method: 'GET',
        path: '/health?full=1',
        body: '',
        headers: { host: `127.0.0.1:${host.port}`, connection: 'close', 'user-agent': 'HugOps', accept: '*/*' },
      },
    ]);
  });

  it('sends method, headers, body, and credentials from references', async () => {
    const host = await internet.http();
    const config = {
      url: `${host.url}/in?key=\${env:KEY}`,
      method: 'POST',
      headers: { 'X-Trace': 'yes', 'X-Api-Key': '${file:/run/key}' },
      body: '{"né":1}',
      basic: { username: 'alice', password: '${env:PASSWORD}' },
    };
    const secrets = { 'env:KEY': 'k-1', 'file:/run/key': 'from-file\n', 'env:PASSWORD': 'hunter2' };
    expect(await runOnce('http', config, { secrets })).toMatchObject({ ok: true });
    expect(host.heard[0]).toMatchObject({
      method: 'POST',
      path: '/in?key=k-1',
      body: '{"né":1}',
      headers: {
        'x-trace': 'yes',
        'x-api-key': 'from-file',
        'content-length': '9',
        authorization: `Basic ${Buffer.from('alice:hunter2').toString('base64')}`,
      },
    });
  });

  it('tells what failed and shows what came', async () => {
    const host = await internet.http('fail');
    const outcome = await runOnce('http', { url: host.url });
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'assertion-failed', message: 'status 503, expected 200-299' },
      observed: { status: 503, body: 'the database is away\n' },
    });
  });

  it('never tells a secret, wherever the other side repeats it', async () => {
    const host = await internet.http((request, response) => {
      const { authorization = '' } = request.headers;
      response.writeHead(500, { 'x-echo': authorization, 'set-cookie': 'session=abc' });
      response.end(`you sent ${authorization} to ${request.url}`);
    });
    const config = { url: `${host.url}/?t=\${env:TOKEN}`, bearer: '${env:TOKEN}' };
    const outcome = await runOnce('http', config, { secrets: { 'env:TOKEN': 'tok en/9 secret' } });
    expect(outcome.ok).toBe(false);
    const told = JSON.stringify(outcome);
    expect(told).not.toMatch(/tok en|tok%20en/);
    expect(told).not.toContain('session=abc');
    expect(told).toContain('[secret]');
    const basic = { url: host.url, basic: { username: 'bob', password: '${env:TOKEN}' } };
    const echoed = JSON.stringify(await runOnce('http', basic, { secrets: { 'env:TOKEN': 'hunter22' } }));
    expect(echoed).not.toContain('hunter22');
    expect(echoed).not.toContain(Buffer.from('bob:hunter22').toString('base64'));
  });

  it('says which secret is missing, and asks nobody then', async () => {
    const host = await internet.http();
    const outcome = await runOnce('http', { url: host.url, bearer: '${env:NOT_SET}' });
    expect(outcome.error).toEqual({ code: 'secret-missing', message: 'the secret ${env:NOT_SET} is not there' });
    const broken = await runOnce('http', { url: host.url, bearer: '${env:T}' }, { secrets: { 'env:T': 'a\r\nx: y' } });
    expect(broken.error?.code).toBe('config-invalid');
    expect(JSON.stringify(broken)).not.toContain('x: y');
    expect(host.heard).toEqual([]);
  });

  it('keeps credentials and secret headers from other hosts when redirected', async () => {
    const other = await internet.http();
    const host = await internet.http((request, response) => {
      response.writeHead(request.url === '/a' ? 307 : 302, {
        location: request.url === '/a' ? '/b' : `${other.url}/c`,
      });
      response.end();
    });
    const config = {
      url: `${host.url}/a`,
      method: 'POST',
      body: 'text',
      bearer: '${env:T}',
      headers: { 'x-key': 'k ${env:T}', 'x-plain': 'p', 'content-type': 'text/plain' },
    };
    const outcome = await runOnce('http', config, { secrets: { 'env:T': 'secret' } });
    expect(outcome).toMatchObject({ ok: true, observed: { redirects: [`${host.url}/b`, `${other.url}/c`] } });
    expect(host.heard[1]).toMatchObject({ method: 'POST', body: 'text', headers: { authorization: 'Bearer secret' } });
    const [last] = other.heard;
    expect(last).toMatchObject({ method: 'GET', body: '', headers: { 'x-plain': 'p' } });
    for (const name of ['authorization', 'x-key', 'content-type']) expect(last?.headers).not.toHaveProperty(name);
  });

  it('judges the redirect itself where redirects are not followed', async () => {
    const host = await internet.http('redirect-for-ever');
    const outcome = await runOnce('http', {
      url: host.url,
      followRedirects: false,
      expect: [{ on: 'status', in: ['302'] }],
    });
    expect(outcome.ok).toBe(true);
    expect(host.heard).toHaveLength(1);
  });
});

describe('a host that misbehaves ends within the bounds:', () => {
  it('nobody listens', async () => {
    const port = await internet.closedPort();
    const outcome = await runOnce('http', { url: `http://127.0.0.1:${port}` });
    expect(outcome.error).toEqual({ code: 'refused', message: `connection refused by 127.0.0.1:${port}` });
  });

  it.each([
    ['hang', /^connected to 127\.0\.0\.1:\d+, but no answer came within 300 ms$/],
    ['drip', /^the answer of 127\.0\.0\.1:\d+ was not complete within 300 ms \(\d+ bytes came\)$/],
    ['drip-headers', /was not complete within 300 ms/],
  ] as const)('%s', async (behaviour, message) => {
    const host = await internet.http(behaviour);
    const outcome = await runOnce('http', { url: host.url }, { timeoutMs: 300 });
    expect(outcome.error?.code).toBe('timeout');
    expect(outcome.error?.message).toMatch(message);
    expect(outcome.totalMs).toBeGreaterThanOrEqual(290);
    expect(outcome.totalMs).toBeLessThan(1500);
    await waitUntil('every connection is closed', () => host.openSockets() === 0);
  });

  it('redirects for ever', async () => {
    const host = await internet.http('redirect-for-ever');
    const outcome = await runOnce('http', { url: host.url, maxRedirects: 3 });
    expect(outcome.error?.code).toBe('too-many-redirects');
    expect(outcome.error?.message).toMatch(/^still redirected after 3 redirects, now to http:\/\/127/);
    expect(host.heard).toHaveLength(4);
  });

  it.each(['gigabytes', 'endless-chunks'] as const)(
    '%s: reads up to the limit, judges that, and hangs up',
    async (behaviour) => {
      const host = await internet.http(behaviour);
      const config = { url: host.url, maxBodyBytes: 100_000, expect: [{ on: 'body', is: 'contains', value: 'xxx' }] };
      expect(await runOnce('http', config)).toMatchObject({
        ok: true,
        observed: { bodyBytes: 100_000, truncated: true },
      });
      const json = { ...config, expect: [{ on: 'json', path: '$.a', is: 'present' }] };
      expect((await runOnce('http', json)).error?.message).toBe('the body is too long to be read as JSON');
      await waitUntil('every connection is closed', () => host.openSockets() === 0);
    },
  );

  it('a small body that unpacks to much', async () => {
    const host = await internet.http((_request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(50_000_000)));
    });
    const outcome = await runOnce('http', { url: host.url, expect: [{ on: 'body', is: 'contains', value: 'a' }] });
    expect(outcome.error).toEqual({
      code: 'bad-answer',
      message: 'the gzip body is broken, or unpacks to more than 1048576 bytes',
    });
  });

  it.each([
    ['endless-headers', 'bad-answer', /headers are longer than 64 KiB/],
    ['cut-short', 'closed-early', /closed the connection after only 9 of the 100 bytes that it announced/],
    ['reset', 'reset', /^connection reset by 127\.0\.0\.1:\d+$/],
    ['not-http', 'bad-answer', /not valid HTTP: it begins with "220 mail\.example\.com ESMTP/],
  ] as const)('%s', async (behaviour, code, message) => {
    const host = await internet.http(behaviour);
    const outcome = await runOnce('http', { url: host.url });
    expect(outcome.error?.code).toBe(code);
    expect(outcome.error?.message).toMatch(message);
    await waitUntil('every connection is closed', () => host.openSockets() === 0);
  });

  it('closes at once', async () => {
    const host = await internet.tcp((socket) => socket.end());
    const outcome = await runOnce('http', { url: `http://127.0.0.1:${host.port}` });
    expect(outcome.error?.message).toMatch(/closed the connection after no answer|connection reset/);
  });

  it('redirects to where no check can go', async () => {
    const host = await internet.http((_request, response) =>
      response.writeHead(302, { location: 'ftp://example.com' }).end(),
    );
    expect((await runOnce('http', { url: host.url })).error?.code).toBe('bad-redirect');
  });
});

describe('an HTTPS check', () => {
  const authority = createAuthority('Example Authority');
  const now = Date.now();
  const config = (port: number): { url: string; resolveTo: string; caCertificate: string } => ({
    url: `https://service.test:${port}/`,
    resolveTo: '127.0.0.1',
    caCertificate: '${file:/etc/ca.pem}',
  });
  const secrets = { 'file:/etc/ca.pem': authority.cert };

  it('trusts the given authority, measures TLS and counts the days', async () => {
    const host = await internet.https(authority.issue(['service.test'], now - day, now + 10.5 * day));
    const outcome = await runOnce('http', config(host.port), { secrets, now });
    expect(outcome).toMatchObject({
      ok: true,
      observed: {
        certificate: { names: ['service.test'], issuer: 'Example Authority', daysLeft: 10, protocol: 'TLSv1.3' },
      },
    });
    expect(outcome.phases?.tlsMs).toBeGreaterThan(0);
    const soon = { ...config(host.port), expect: [{ on: 'certificate', daysLeft: 14 }] };
    expect((await runOnce('http', soon, { secrets, now })).error?.message).toMatch(
      /^the certificate expires on \d{4}-\d\d-\d\d, in 10 days, expected at least 14$/,
    );
  });

  it('says what is wrong with a certificate', async () => {
    const expired = await internet.https(authority.issue(['service.test'], now - 30 * day, now - day));
    const early = await internet.https(authority.issue(['service.test'], now + day, now + 30 * day));
    const foreign = await internet.https(authority.issue(['other.test', 'more.test'], now - day, now + day));
    const own = await internet.https(selfSigned(['service.test'], now - day, now + day));
    const told = async (port: number, more: object = {}): Promise<string | undefined> => {
      const { error } = await runOnce('http', { ...config(port), ...more }, { secrets, now });
      expect(error?.code ?? 'certificate-invalid').toBe('certificate-invalid');
      return error?.message;
    };
    const expiredOn = new Date(now - day).toISOString().slice(0, 10);
    expect(await told(expired.port)).toBe(`the certificate of service.test expired on ${expiredOn}`);
    expect(await told(early.port)).toBe('the certificate of service.test is not valid yet');
    expect(await told(foreign.port)).toBe('the certificate is for other.test, more.test, not for service.test');
    expect(await told(own.port)).toBe('the certificate of service.test is self-signed');
    expect(await told(own.port, { verifyCertificate: false })).toBeUndefined();
    for (const host of [expired, early, foreign]) expect(host.heard).toEqual([]);
  });

  it('says when the other side does not speak TLS, or stays silent in it', async () => {
    const plain = await internet.http();
    const outcome = await runOnce('http', { url: `https://127.0.0.1:${plain.port}` });
    expect(outcome.error).toEqual({ code: 'tls-failed', message: `127.0.0.1:${plain.port} does not speak TLS` });
    const silent = await internet.tcp(() => undefined);
    const waited = await runOnce('http', { url: `https://127.0.0.1:${silent.port}` }, { timeoutMs: 200 });
    expect(waited.error).toEqual({
      code: 'timeout',
      message: `connected to 127.0.0.1:${silent.port}, but TLS was not set up within 200 ms`,
    });
    const shut = await internet.tcp((socket) => socket.end());
    const cut = await runOnce('http', { url: `https://127.0.0.1:${shut.port}` });
    expect(cut.error?.message).toMatch(/closed the connection during the TLS handshake/);
    await waitUntil('every connection is closed', () => silent.openSockets() + shut.openSockets() === 0);
  });
});
