import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type FeedHttpOptions, type FeedReply, openFeedHttp } from '../../../src/watch/upstreams/fetch-feed.ts';
import { createAuthority, selfSigned } from '../../harness/certificates.ts';
import { openFakeInternet } from '../../harness/fake-internet.ts';
import { waitUntil } from '../../harness/wait-until.ts';

const internet = openFakeInternet();
afterEach(() => internet.close());

const validFromAt = Date.UTC(2020, 0, 1);
const validToAt = Date.UTC(2090, 0, 1);
const never = new AbortController().signal;
const ask = (
  url: string,
  options: Partial<FeedHttpOptions> = {},
  validators: { etag?: string; lastModified?: string } = {},
): Promise<FeedReply> =>
  openFeedHttp({ allowPrivateNetworks: true, timeoutMs: 5_000, ...options })(
    { url, accept: 'application/json', etag: validators.etag ?? null, lastModified: validators.lastModified ?? null },
    never,
  );
const textOf = (reply: FeedReply): string =>
  reply.kind === 'feed' ? Buffer.from(reply.bytes).toString() : JSON.stringify(reply);

describe('asking for a feed', () => {
  it('says what it accepts, and brings back what the next request needs', async () => {
    const host = await internet.http((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        etag: '"v1"',
        'last-modified': 'Mon, 04 May 2026 10:00:00 GMT',
      });
      response.end('{}');
    });
    const reply = await ask(`${host.url}/summary.json?x=1`);
    expect(reply).toMatchObject({
      kind: 'feed',
      contentType: 'application/json',
      etag: '"v1"',
      lastModified: 'Mon, 04 May 2026 10:00:00 GMT',
    });
    expect(host.heard[0]).toMatchObject({
      method: 'GET',
      path: '/summary.json?x=1',
      headers: { accept: 'application/json', 'user-agent': 'HugOps' },
    });
    expect(host.heard[0]?.headers).not.toHaveProperty('if-none-match');
    await waitUntil('the connection is closed', () => host.openSockets() === 0);
  });

  it('asks whether anything has changed, and takes no for an answer', async () => {
    const host = await internet.http((_request, response) => response.writeHead(304).end());
    const reply = await ask(host.url, {}, { etag: '"v1"', lastModified: 'Mon, 04 May 2026 10:00:00 GMT' });
    expect(reply).toEqual({ kind: 'unchanged' });
    expect(host.heard[0]?.headers).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': 'Mon, 04 May 2026 10:00:00 GMT',
    });
  });

  it('unpacks', async () => {
    const host = await internet.http((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}')),
    );
    expect(textOf(await ask(host.url))).toBe('{"a":1}');
  });

  it('follows a redirect, and five at most', async () => {
    const host = await internet.http((request, response) => {
      if (request.url === '/old') response.writeHead(301, { location: '/new' }).end();
      else response.end(request.url);
    });
    expect(textOf(await ask(`${host.url}/old`))).toBe('/new');
    host.behave('redirect-for-ever');
    expect(await ask(host.url)).toMatchObject({ kind: 'failed', reason: 'it redirects more than 5 times' });
    expect(host.heard).toHaveLength(2 + 6);
  });

  it('does not follow a redirect away from TLS', async () => {
    const plain = await internet.http('ok');
    const authority = createAuthority('Test authority');
    const certificate = authority.issue(['127.0.0.1'], validFromAt, validToAt);
    const secure = await internet.https(certificate, (request, response) => {
      if (request.url === '/fine') response.end('read over TLS');
      else response.writeHead(302, { location: plain.url }).end();
    });
    expect(textOf(await ask(`${secure.url}/fine`, { ca: authority.cert }))).toBe('read over TLS');
    expect(await ask(secure.url, { ca: authority.cert })).toMatchObject({
      kind: 'failed',
      reason: 'it redirects to an address without TLS',
    });
    expect(plain.heard).toHaveLength(0);
  });

  it('trusts no certificate that nobody vouches for', async () => {
    const secure = await internet.https(selfSigned(['127.0.0.1'], validFromAt, validToAt), 'ok');
    expect(await ask(secure.url)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^its certificate is not valid/),
    });
    expect(secure.heard).toHaveLength(0);
  });

  it.each([
    'http://169.254.169.254/latest',
    'http://[fd00:ec2::254]/',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
  ])('never asks %s', async (url) => {
    expect(await ask(url)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/is at an address where feeds may not be asked for$/),
    });
  });

  it('never goes there by a redirect or a name, nor to private networks where that is switched off', async () => {
    const host = await internet.http((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    expect(await ask(host.url)).toMatchObject({
      kind: 'failed',
      reason: '169.254.169.254 is at an address where feeds may not be asked for',
    });
    const named = await ask('http://innocent.test/', { resolveHost: () => Promise.resolve(['169.254.169.254']) });
    expect(named).toMatchObject({
      kind: 'failed',
      reason: 'innocent.test is at an address where feeds may not be asked for',
    });
    const heardBefore = host.heard.length;
    expect(await ask(host.url, { allowPrivateNetworks: false })).toMatchObject({ kind: 'failed' });
    expect(host.heard).toHaveLength(heardBefore);
  });

  it.each(['gigabytes', 'endless-chunks'] as const)('stops reading %s at 5 MB', async (behaviour) => {
    const host = await internet.http(behaviour);
    expect(await ask(host.url)).toMatchObject({ kind: 'failed', reason: 'it is larger than 5 MB' });
    await waitUntil('the connection is closed', () => host.openSockets() === 0);
  });

  it('stops unpacking a small body that becomes gigabytes', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const host = await internet.http((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await ask(host.url)).toMatchObject({ kind: 'failed', reason: 'it is larger than 5 MB' });
  });

  it.each(['hang', 'drip', 'drip-headers'] as const)(
    'ends in time when the host answers with %s',
    async (behaviour) => {
      const host = await internet.http(behaviour);
      expect(await ask(host.url, { timeoutMs: 300 })).toEqual({
        kind: 'failed',
        reason: 'no complete answer within 0.3 s',
        retryAfter: undefined,
      });
      await waitUntil('the connection is closed', () => host.openSockets() === 0);
    },
  );

  it.each([
    ['fail', 'it answers 503'],
    ['reset', 'the connection broke'],
    ['cut-short', 'the connection broke'],
    ['not-http', 'its answer is not HTTP'],
    ['endless-headers', 'its headers are too long'],
  ] as const)('tells %s in words', async (behaviour, reason) => {
    const host = await internet.http(behaviour);
    expect(await ask(host.url)).toMatchObject({ kind: 'failed', reason });
    await waitUntil('the connection is closed', () => host.openSockets() === 0);
  });

  it('tells a broken pack, a refused connection, and when to come again', async () => {
    const broken = await internet.http((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all'),
    );
    expect(await ask(broken.url)).toMatchObject({ kind: 'failed', reason: 'its packed body is broken' });
    const port = await internet.closedPort();
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({
      kind: 'failed',
      reason: 'the connection was refused',
    });
    const busy = await internet.http((_request, response) => response.writeHead(429, { 'retry-after': '120' }).end());
    expect(await ask(busy.url)).toEqual({ kind: 'failed', reason: 'it answers 429', retryAfter: '120' });
  });

  it('is broken off when the program stops', async () => {
    const host = await internet.http('hang');
    const stop = new AbortController();
    const asked = openFeedHttp({ allowPrivateNetworks: true })(
      { url: host.url, accept: '*/*', etag: null, lastModified: null },
      stop.signal,
    );
    await waitUntil('the request is there', () => host.heard.length === 1);
    stop.abort();
    expect(await asked).toMatchObject({ kind: 'failed', reason: 'stopped' });
  });
});
