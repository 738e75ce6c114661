import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Artefact, toArtefacts } from '../../../src/tell/artefact.ts';
import { type Answer, answerFor, type Asked } from '../../../src/tell/serve-artefact.ts';

const body = `<!doctype html><title>x</title>${'<p>Everything is working. '.repeat(200)}`;
const modifiedAt = Date.UTC(2026, 11, 3, 14, 40);
let artefacts: Map<string, Artefact>;

beforeAll(async () => {
  artefacts = await toArtefacts(
    [
      { path: '/', type: 'text/html; charset=utf-8', body, immutable: false, modifiedAt },
      { path: '/history', type: 'text/html; charset=utf-8', body, immutable: false, modifiedAt },
      {
        path: '/api/v2/status.json',
        type: 'application/json; charset=utf-8',
        body: '{}',
        immutable: false,
        modifiedAt,
      },
      { path: '/assets/a-1.js', type: 'text/javascript; charset=utf-8', body, immutable: true, modifiedAt },
    ],
    new Map(),
  );
});

const ask = (more: Partial<Asked> = {}): Answer | undefined =>
  answerFor(
    artefacts,
    { method: 'GET', url: '/', acceptEncoding: undefined, ifNoneMatch: undefined, ...more },
    "default-src 'none'",
  );

const decode: Record<string, (bytes: Buffer) => Buffer> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
};

describe('encodings', () => {
  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate, zstd', 'zstd'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['*;q=0.1, br;q=0', 'zstd'],
  ])('%s is answered with %s, which decodes to the same bytes', (acceptEncoding, expected) => {
    const answer = ask({ acceptEncoding });
    expect(answer?.headers['content-encoding']).toBe(expected);
    expect(answer?.headers['vary']).toBe('Accept-Encoding');
    const bytes = answer?.body ?? Buffer.alloc(0);
    expect(answer?.headers['content-length']).toBe(String(bytes.length));
    expect(decode[expected]?.(bytes).toString()).toBe(body);
  });

  test.each([undefined, '', 'identity', 'deflate', 'br;q=0', 'br;q=0.5, identity', 'br;q=x', ',;,', '*;q=0'])(
    'identity for %j',
    (acceptEncoding) => {
      const answer = ask({ acceptEncoding });
      expect(answer?.headers['content-encoding']).toBeUndefined();
      expect(answer?.body?.toString()).toBe(body);
    },
  );

  test('what would grow is sent as it is', () => {
    const answer = ask({ url: '/api/v2/status.json', acceptEncoding: 'br, gzip' });
    expect(answer?.headers['content-encoding']).toBeUndefined();
    expect(answer?.body?.toString()).toBe('{}');
  });
});

describe('conditional requests', () => {
  test('each encoding has a strong tag of its own, and knows it again', () => {
    const plain = ask();
    const br = ask({ acceptEncoding: 'br' });
    expect(plain?.headers['etag']).toMatch(/^"[\w-]+"$/);
    expect(br?.headers['etag']).not.toBe(plain?.headers['etag']);
    const again = ask({ acceptEncoding: 'br', ifNoneMatch: `"other", ${br?.headers['etag']}` });
    expect(again).toMatchObject({ status: 304, body: undefined });
    expect(again?.headers['etag']).toBe(br?.headers['etag']);
    expect(again?.headers['cache-control']).toBe(br?.headers['cache-control']);
    expect(again?.headers['content-length']).toBeUndefined();
    expect(ask({ acceptEncoding: 'br', ifNoneMatch: plain?.headers['etag'] })?.status).toBe(200);
  });

  test('a weakened tag and a star match, rubbish does not', () => {
    const etag = ask()?.headers['etag'];
    expect(ask({ ifNoneMatch: `W/${etag}` })?.status).toBe(304);
    expect(ask({ ifNoneMatch: '*' })?.status).toBe(304);
    expect(ask({ ifNoneMatch: 'rubbish' })?.status).toBe(200);
    expect(ask({ ifNoneMatch: '' })?.status).toBe(200);
  });
});

test('HEAD has the headers of GET and no body', () => {
  const get = ask({ acceptEncoding: 'gzip' });
  const head = ask({ method: 'HEAD', acceptEncoding: 'gzip' });
  expect(head).toEqual({ ...get, body: undefined });
  expect(head?.headers['last-modified']).toBe('Thu, 03 Dec 2026 14:40:00 GMT');
});

test('a query changes nothing, nor does a slash at the end', () => {
  for (const url of ['/?a=1', '/?%00', '/#x', '/history/?x', '/history']) expect(ask({ url })?.status).toBe(200);
});

test.each(['/x', '/../etc/passwd', '/%2e%2e/', '//', '/assets/', '', '/History', '/index.html'])(
  '%j is nobody here',
  (url) => {
    expect(ask({ url })).toBeUndefined();
  },
);

test('only GET and HEAD are answered', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'get']) expect(ask({ method })).toBeUndefined();
});

test('assets are kept for ever, pages are asked for again; the policy goes with pages, the star with data', () => {
  expect(ask({ url: '/assets/a-1.js' })?.headers['cache-control']).toContain('immutable');
  expect(ask()?.headers['cache-control']).toContain('max-age=0');
  expect(ask()?.headers['content-security-policy']).toBe("default-src 'none'");
  expect(ask()?.headers['access-control-allow-origin']).toBeUndefined();
  expect(ask({ url: '/api/v2/status.json' })?.headers['access-control-allow-origin']).toBe('*');
});

test('what did not change is not compressed again', async () => {
  const again = await toArtefacts(
    [{ path: '/', type: 'text/html; charset=utf-8', body, immutable: false, modifiedAt: modifiedAt + 1 }],
    artefacts,
  );
  expect(again.get('/')?.encoded.br).toBe(artefacts.get('/')?.encoded.br);
  expect(again.get('/')?.modifiedAt).toBe(modifiedAt + 1);
});
