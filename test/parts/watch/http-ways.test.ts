import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { startHttp2 } from '../../harness/fake-http2.ts';
import { startProxy } from '../../harness/fake-proxy.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { runOnce } from './check-environment.ts';

const internet = openFakeInternet();
const closing: (() => Promise<void>)[] = [];
const opened = <T extends { close(): Promise<void> }>(made: T): T => {
  closing.push(() => made.close());
  return made;
};
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await internet.close();
});
afterAll(() => internet.close());

const day = 86_400_000;
const now = Date.now();
const authority = createAuthority('Example Authority');
const secrets = { 'file:/etc/ca.pem': authority.cert };

describe('HTTP/2', () => {
  it('is spoken over TLS, with phases, and with prior knowledge without it', async () => {
    const seen: unknown[] = [];
    const serve: Parameters<typeof startHttp2>[0] = (stream, headers) => {
      seen.push([headers[':method'], headers[':path'], headers['x-key'], headers[':authority']]);
      stream.on('data', () => undefined);
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end('{"ok":true}');
    };
    const secure = opened(await startHttp2(serve, authority.issue(['service.test'], now - day, now + 20 * day)));
    const config = {
      url: `https://service.test:${secure.port}/h?x=1`,
      method: 'POST',
      body: 'hello',
      headers: { 'X-Key': 'k' },
      resolveTo: '127.0.0.1',
      caCertificate: '${file:/etc/ca.pem}',
      http2: true,
      expect: [{ on: 'json', path: '$.ok', is: 'equals', value: true }],
    };
    const outcome = await runOnce('http', config, { secrets, now });
    expect(outcome).toMatchObject({ ok: true, observed: { status: 200, certificate: { daysLeft: 19 } } });
    expect(outcome.phases?.firstByteMs).toBeGreaterThan(0);
    expect(outcome.phases?.tlsMs).toBeGreaterThan(0);
    const plain = opened(await startHttp2(serve));
    expect(await runOnce('http', { url: `http://127.0.0.1:${plain.port}/`, http2: true })).toMatchObject({ ok: true });
    expect(seen).toEqual([
      ['POST', '/h?x=1', 'k', `service.test:${secure.port}`],
      ['GET', '/', undefined, `127.0.0.1:${plain.port}`],
    ]);
    await waitUntil('every connection is closed', () => secure.openSockets() + plain.openSockets() === 0);
  });

  it('is missed where it is not spoken', async () => {
    const old = await internet.https(authority.issue(['127.0.0.1'], now - day, now + day));
    const config = { url: `https://127.0.0.1:${old.port}`, caCertificate: '${file:/etc/ca.pem}', http2: true };
    expect((await runOnce('http', config, { secrets })).error?.message).toMatch(
      /does not speak HTTP\/2$|offers TLS, but not for this protocol$/,
    );
    const plain = await internet.http();
    const outcome = await runOnce('http', { url: plain.url, http2: true });
    expect(outcome.error).toEqual({ code: 'bad-answer', message: `127.0.0.1:${plain.port} does not speak HTTP/2` });
    await waitUntil('every connection is closed', () => old.openSockets() + plain.openSockets() === 0);
  });

  it('ends within time and bounds when the server hangs, floods or breaks off', async () => {
    const hanging = opened(await startHttp2(() => undefined));
    const url = (port: number): string => `http://127.0.0.1:${port}/`;
    const waited = await runOnce('http', { url: url(hanging.port), http2: true }, { timeoutMs: 200 });
    expect(waited.error).toEqual({
      code: 'timeout',
      message: `connected to 127.0.0.1:${hanging.port}, but no answer came within 200 ms`,
    });
    const flooding = opened(
      await startHttp2((stream) => {
        stream.respond({ ':status': 200 });
        const pour = (): void => {
          while (!stream.destroyed && stream.write(Buffer.alloc(65_536, 'x')));
        };
        stream.on('drain', pour);
        pour();
      }),
    );
    const flooded = await runOnce('http', { url: url(flooding.port), http2: true, maxBodyBytes: 100_000 });
    expect(flooded).toMatchObject({ ok: true, observed: { bodyBytes: 100_000, truncated: true } });
    const breaking = opened(await startHttp2((stream) => stream.close(8)));
    const broken = await runOnce('http', { url: url(breaking.port), http2: true });
    expect(broken.error).toEqual({
      code: 'bad-answer',
      message: `127.0.0.1:${breaking.port} broke the HTTP/2 request off (cancelled)`,
    });
    const closing2 = await internet.tcp((socket) => socket.end());
    expect((await runOnce('http', { url: url(closing2.port), http2: true })).error?.code).toMatch(
      /closed-early|reset|bad-answer/,
    );
    await waitUntil('every connection is closed', () => hanging.openSockets() + flooding.openSockets() === 0);
  });
});

describe('a client certificate', () => {
  const mine = authority.issue(['hugops.test'], now - day, now + day);
  const allSecrets = { ...secrets, 'file:/me.pem': mine.cert, 'file:/me.key': mine.key, 'env:JUNK': 'junk text' };
  const open = async (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<{ port: number; close(): Promise<void> }> => {
    const own = authority.issue(['127.0.0.1'], now - day, now + day);
    const server = createHttpsServer(
      { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: true, maxVersion },
      (_request, response) => response.end('welcome'),
    );
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return opened({
      port: (server.address() as AddressInfo).port,
      close: () => new Promise((resolve) => void server.close(() => resolve())),
    });
  };
  const config = (port: number): Record<string, string | Record<string, string>> => ({
    url: `https://127.0.0.1:${port}/`,
    caCertificate: '${file:/etc/ca.pem}',
    clientCertificate: { certificate: '${file:/me.pem}', key: '${file:/me.key}' },
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'lets in where one is wanted (%s), and its lack is told',
    async (version) => {
      const server = await open(version);
      expect(await runOnce('http', { ...config(server.port) }, { secrets: allSecrets })).toMatchObject({ ok: true });
      const { clientCertificate: _, ...without } = config(server.port);
      const refused = await runOnce('http', without, { secrets: allSecrets });
      expect(refused.error?.code).toMatch(/tls-failed|reset/);
      expect(refused.error?.message).toMatch(/wants a client certificate|reset by/);
    },
  );

  it('that is none, or not this key’s, is told without showing it', async () => {
    const server = await open('TLSv1.3');
    const foreign = authority.issue(['other.test'], now - day, now + day);
    const junk = { ...config(server.port), clientCertificate: { certificate: 'junk', key: '${env:JUNK}' } };
    expect((await runOnce('http', junk, { secrets: allSecrets })).error).toEqual({
      code: 'config-invalid',
      message: 'the client certificate, its key or the CA certificate is not valid PEM',
    });
    const mixed = await runOnce(
      'http',
      { ...config(server.port) },
      { secrets: { ...allSecrets, 'file:/me.key': foreign.key } },
    );
    expect(mixed.error?.message).toBe('the key does not belong to the client certificate');
    expect(JSON.stringify(mixed)).not.toContain('PRIVATE KEY');
  });
});

describe('a proxy', () => {
  const login = { username: 'alice', password: '${env:PROXY}' };
  const withLogin = { ...secrets, 'env:PROXY': 'hunter22' };

  it('is asked for http with the whole URL, and for https with a tunnel', async () => {
    const proxy = opened(await startProxy('alice:hunter22'));
    const plain = await internet.http();
    const secure = await internet.https(authority.issue(['inside.test'], now - day, now + day));
    const via = { url: `http://127.0.0.1:${proxy.port}`, ...login };
    const first = await runOnce(
      'http',
      { url: `http://inside.test:${plain.port}/a`, proxy: via, basic: { username: 'bob', password: '${env:PROXY}' } },
      { secrets: withLogin },
    );
    expect(first).toMatchObject({ ok: true, observed: { status: 200 } });
    const second = await runOnce(
      'http',
      { url: `https://inside.test:${secure.port}/b`, proxy: via, caCertificate: '${file:/etc/ca.pem}' },
      { secrets: withLogin },
    );
    expect(second).toMatchObject({
      ok: true,
      observed: { peer: `inside.test:${secure.port} (by the proxy 127.0.0.1:${proxy.port})` },
    });
    const authorization = `Basic ${Buffer.from('alice:hunter22').toString('base64')}`;
    expect(proxy.asked).toEqual([
      { line: `GET http://inside.test:${plain.port}/a`, authorization },
      { line: `CONNECT inside.test:${secure.port}`, authorization },
    ]);
    expect(plain.heard[0]?.headers.authorization).toBe(`Basic ${Buffer.from('bob:hunter22').toString('base64')}`);
    expect(secure.heard[0]?.headers).not.toHaveProperty('proxy-authorization');
    await waitUntil('every connection is closed', () => proxy.openSockets() === 0);
  });

  it('that refuses, closes, hangs or says nonsense is told as the proxy’s failure', async () => {
    const told = async (port: number, timeoutMs = 5000): Promise<string> => {
      const config = { url: 'https://inside.test/', proxy: { url: `http://127.0.0.1:${port}` } };
      return (await runOnce('http', config, { timeoutMs })).error?.message.replaceAll(String(port), 'PORT') ?? '';
    };
    const strict = opened(await startProxy('alice:other'));
    expect(await told(strict.port)).toBe('the proxy 127.0.0.1:PORT wants another user name or password');
    const refusing = await internet.tcp((socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'));
    expect(await told(refusing.port)).toBe('the proxy 127.0.0.1:PORT refused to open a tunnel (status 403)');
    const silent = await internet.tcp(() => undefined);
    expect(await told(silent.port, 200)).toBe(
      'connected to the proxy 127.0.0.1:PORT, but no answer came within 200 ms',
    );
    const shut = await internet.tcp((socket) => socket.end());
    expect(await told(shut.port)).toMatch(/^the proxy 127.0.0.1:PORT closed the connection|^connection reset by/);
    const babble = await internet.tcp((socket) => socket.end('220 hello\r\n'));
    expect(await told(babble.port)).toMatch(/not valid HTTP/);
    await waitUntil('every connection is closed', () => silent.openSockets() + babble.openSockets() === 0);
  });

  it('does not lead to forbidden addresses, nor stand at one', async () => {
    const proxy = opened(await startProxy());
    const via = { proxy: { url: `http://127.0.0.1:${proxy.port}` } };
    for (const url of ['https://169.254.169.254/', 'http://[fd00:ec2::254]/']) {
      expect((await runOnce('http', { url, ...via })).error?.code).toBe('forbidden-address');
    }
    const there = { url: 'https://example.com', proxy: { url: 'http://169.254.169.254:80' } };
    expect((await runOnce('http', there)).error?.code).toBe('forbidden-address');
    const closed = { ...via, url: 'https://example.com' };
    expect((await runOnce('http', closed, { allowPrivateNetworks: false })).error?.code).toBe('forbidden-address');
    expect(proxy.asked).toEqual([]);
  });
});

describe('OAuth 2.0 client credentials', () => {
  const start = Date.UTC(2026, 0, 1);
  const credentials = (tokenUrl: string, more: object = {}): object => ({
    tokenUrl,
    clientId: 'hug ops',
    clientSecret: '${env:CLIENT}',
    scope: 'status.read',
    ...more,
  });
  const open = { 'env:CLIENT': 'very secret+/' };

  it('fetches a token, keeps it until it expires, and fetches another when it is refused', async () => {
    let given = 0;
    const issuer = await internet.http((_request, response) =>
      response.end(JSON.stringify({ access_token: `token-${++given}`, token_type: 'Bearer', expires_in: 300 })),
    );
    const accepted = new Set(['Bearer token-1']);
    const api = await internet.http((request, response) => {
      response.statusCode = accepted.has(request.headers.authorization ?? '') ? 200 : 401;
      response.end(`you are ${request.headers.authorization}`);
    });
    const config = { url: api.url, oauth2: credentials(`${issuer.url}/token`) };
    const at = (afterMs: number): ReturnType<typeof runOnce> =>
      runOnce('http', { ...config }, { secrets: open, now: start + afterMs });
    expect((await at(0)).ok).toBe(true);
    expect((await at(200_000)).ok).toBe(true);
    expect(given).toBe(1);
    const [asked] = issuer.heard;
    expect(asked).toMatchObject({ method: 'POST', body: 'grant_type=client_credentials&scope=status.read' });
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('hug+ops:very+secret%2B%2F').toString('base64')}`);
    accepted.clear();
    accepted.add('Bearer token-2');
    expect((await at(210_000)).ok).toBe(true);
    expect(given).toBe(2);
    const refused = await at(210_000 + 271_000);
    expect(given).toBe(3);
    expect(refused).toMatchObject({ ok: false, error: { message: 'status 401, expected 200-299' } });
    expect(JSON.stringify(refused)).not.toContain('token-3');
  });

  it('may send the client in the body, and says why there is no token', async () => {
    const refusing = await internet.http((request, response) => {
      response.writeHead(request.url === '/odd' ? 200 : 400);
      response.end(request.url === '/odd' ? 'very secret+/' : '{"error":"invalid_client"}');
    });
    const api = await internet.http();
    const run = (oauth2: object, timeoutMs = 5000): ReturnType<typeof runOnce> =>
      runOnce('http', { url: api.url, oauth2: { ...oauth2 } as never }, { secrets: open, timeoutMs, now: start });
    const refused = await run(credentials(`${refusing.url}/token`, { sendAs: 'body', audience: 'api' }));
    expect(refused.error).toEqual({
      code: 'bad-answer',
      message: 'the token server gave no token: status 400 (invalid_client)',
    });
    expect(refusing.heard[0]?.body).toBe(
      'grant_type=client_credentials&scope=status.read&audience=api&client_id=hug+ops&client_secret=very+secret%2B%2F',
    );
    const odd = await run(credentials(`${refusing.url}/odd`));
    expect(odd.error?.message).toBe('the token server gave no token: status 200');
    const silent = await internet.http('hang');
    const waited = await run(credentials(silent.url), 200);
    expect(waited.error?.message).toBe(
      `no token: connected to 127.0.0.1:${silent.port}, but no answer came within 200 ms`,
    );
    const away = await run(credentials(`http://127.0.0.1:${await internet.closedPort()}`));
    expect(away.error?.message).toMatch(/^no token: connection refused by/);
    const forbidden = await run(credentials('http://169.254.169.254/token'));
    expect(forbidden.error?.code).toBe('forbidden-address');
    for (const one of [refused, odd, waited]) expect(JSON.stringify(one)).not.toContain('very secret');
    expect(api.heard).toEqual([]);
  });
});
