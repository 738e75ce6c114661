import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openChannelHttp, refusedByStatus, retryAfterMs } from '../../../src/respond/channels/channel-http.ts';
import { closedPort, type HttpStub, startHttpStub } from '../../harness/channel-servers/http-stub.ts';

async function withStub(run: (stub: HttpStub) => Promise<void>): Promise<void> {
  const stub = await startHttpStub(() => ({ status: 200, body: 'yes' }));
  try {
    await run(stub);
  } finally {
    await stub.close();
  }
}

const post = (url: string) => ({ method: 'POST' as const, url, headers: {}, body: 'x' });

describe('channel http', () => {
  it('never calls link-local and metadata addresses, by number or by name', async () => {
    const asked: string[] = [];
    const pointing =
      (address: string, family: number): LookupFunction =>
      (name, options, callback) => {
        asked.push(name);
        if (options.all)
          callback(null, [
            { address: '127.0.0.1', family: 4 },
            { address, family },
          ]);
        else callback(null, address, family);
      };
    const literals = [
      'http://169.254.169.254/latest/meta-data/',
      'http://2852039166/',
      'http://0xa9.0xfe.0xa9.0xfe/',
      'http://[fe80::1]/',
      'http://[::ffff:169.254.169.254]/',
      'http://[fd00:ec2::254]/',
      'http://[64:ff9b::a9fe:a9fe]/',
      'http://100.100.100.200/',
      'http://168.63.129.16/',
      'http://192.0.0.192/',
    ];
    const { http, close } = openChannelHttp({ timeoutMs: 500 });
    for (const url of literals) {
      const reply = await http(post(url));
      expect({ url, ...reply }).toMatchObject({ answered: false, retryable: false });
      expect(reply.answered ? '' : reply.reason).toContain('never called');
    }
    await close();
    for (const [address, family] of [
      ['169.254.169.254', 4],
      ['::ffff:169.254.169.254', 6],
      ['fe80::2', 6],
    ] as const) {
      const named = openChannelHttp({ timeoutMs: 500, lookup: pointing(address, family) });
      expect(await named.http(post('http://rebound.test/'))).toMatchObject({ answered: false, retryable: false });
      await named.close();
    }
    expect(asked).toEqual(['rebound.test', 'rebound.test', 'rebound.test']);
  });

  it('follows no redirect', () =>
    withStub(async (elsewhere) => {
      const stub = await startHttpStub(() => ({ status: 308, headers: { location: elsewhere.url } }));
      const { http, close } = openChannelHttp();
      const reply = await http(post(stub.url));
      expect(reply).toMatchObject({ answered: true, status: 308 });
      expect(refusedByStatus(reply, 0, 'it')).toMatchObject({ ok: false, retryable: false });
      expect(elsewhere.requests).toEqual([]);
      await close();
      await stub.close();
    }));

  it('reads a bounded part of the answer, in whole code points, and limits the whole time', () =>
    withStub(async (stub) => {
      const { http, close } = openChannelHttp({ timeoutMs: 300, maxBytes: 1001 });
      stub.behave({ status: 200, body: '🔥'.repeat(500_000) });
      const reply = await http(post(stub.url));
      expect(reply).toMatchObject({ answered: true, status: 200 });
      expect(reply.answered && Buffer.byteLength(reply.body)).toBeLessThan(1010);
      expect(reply.answered && reply.body.isWellFormed()).toBe(true);
      stub.behave('hang');
      const begun = performance.now();
      expect(await http(post(stub.url))).toMatchObject({
        answered: false,
        retryable: true,
        reason: 'no answer in time',
      });
      expect(performance.now() - begun).toBeLessThan(1500);
      await close();
    }));

  it('puts fixed words in place of errors', async () => {
    const { http, close } = openChannelHttp({ timeoutMs: 500 });
    const port = await closedPort();
    expect(await http(post(`http://127.0.0.1:${port}/secret-path`))).toEqual({
      answered: false,
      retryable: true,
      reason: 'the connection was refused',
    });
    expect(await http(post('file:///etc/hostname'))).toMatchObject({ answered: false, retryable: false });
    expect(await http(post('no url'))).toMatchObject({ answered: false, retryable: false });
    const broken = { method: 'POST' as const, url: `http://127.0.0.1:${port}/`, headers: { 'x-token': 'a\r\nb: c' } };
    const reply = await http(broken);
    expect(reply).toMatchObject({ answered: false });
    expect(reply.answered ? '' : reply.reason).not.toContain('b: c');
    await close();
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates, and bounds both', () => {
    const now = Date.UTC(2026, 2, 1);
    expect(retryAfterMs(undefined, now)).toBe(undefined);
    expect(retryAfterMs('7', now)).toBe(7000);
    expect(retryAfterMs('0', now)).toBe(0);
    expect(retryAfterMs('Sun, 01 Mar 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Sat, 28 Feb 2026 00:01:00 GMT', now)).toBe(0);
    expect(retryAfterMs('99999999999', now)).toBe(3_600_000);
    expect(retryAfterMs('soon', now)).toBe(undefined);
    expect(retryAfterMs('', now)).toBe(undefined);
  });
});

describe('refusedByStatus', () => {
  it('tells what passes by itself', () => {
    const at = (status: number) => refusedByStatus({ answered: true, status, retryAfter: '5', body: '' }, 0, 'it');
    for (const status of [408, 425, 429, 500, 502, 503, 504])
      expect(at(status)).toMatchObject({ retryable: true, retryAfterMs: 5000 });
    for (const status of [301, 307, 400, 401, 403, 404, 410, 413, 422]) {
      expect(at(status)).toMatchObject({ retryable: false });
      expect(at(status)).not.toHaveProperty('retryAfterMs');
    }
  });
});
