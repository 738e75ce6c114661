import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addIntegration, alertmanagerKey, eventsKey, type Inbound, openInbound, withdrawnKey } from './open-inbound.ts';

let inbound: Inbound;
beforeAll(async () => {
  inbound = await openInbound({ perStranger: { burst: 1_000, perMs: 60_000 } });
});
afterAll(() => inbound.close());

const payload = { summary: 'Disk full', source: 'web-1', severity: 'critical' };
const event = { routing_key: eventsKey, event_action: 'trigger', dedup_key: 'k', payload };
const message = { version: '4', groupKey: 'g', alerts: [] as object[] };
const am = `/inbound/alertmanager/${alertmanagerKey}`;
const invalid = (...errors: string[]) => ({ status: 'invalid event', message: 'Event object is invalid', errors });
const countSignals = async (): Promise<number> => {
  const { count } = await inbound.db
    .selectFrom('signals')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
};

describe('nothing is kept of a bad body', () => {
  const bad: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string][] = [
    ['malformed JSON', '{"routing_key":', {}, 400, 'not valid JSON'],
    ['an empty body', '', {}, 400, 'not valid JSON'],
    ['invalid UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), {}, 400, 'not valid UTF-8'],
    ['deep nesting', '['.repeat(200_000), {}, 400, 'nested more than 64'],
    ['a form with files', 'x', { 'content-type': 'multipart/form-data; boundary=x' }, 415, 'must be JSON'],
    ['XML', '<alert/>', { 'content-type': 'text/xml' }, 415, 'must be JSON'],
    [
      'a gzip bomb',
      new Uint8Array(gzipSync(Buffer.alloc(20_000_000, 0x20))),
      { 'content-encoding': 'gzip' },
      415,
      'may not be compressed',
    ],
    ['an unheard-of encoding', '{}', { 'content-encoding': 'gzip, br' }, 415, 'may not be compressed'],
  ];

  test.each(bad)('%s, as an event', async (_, body, headers, status, words) => {
    const answer = await inbound.post('/v2/enqueue', body, headers);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status: 'Unrecognized object' });
    expect(JSON.stringify(answer.body)).toContain(words);
    expect(await countSignals()).toBe(0);
  });

  test.each(bad)('%s, from Alertmanager', async (_, body, headers, status, words) => {
    const answer = await inbound.post(am, body, headers);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(JSON.stringify(answer.body)).toContain(words);
    expect(await countSignals()).toBe(0);
  });

  test('wrong types are named', async () => {
    const badEvent = { ...event, event_action: 'page' };
    expect((await inbound.post('/v2/enqueue', JSON.stringify(badEvent))).body).toEqual(
      invalid("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"),
    );
    const answer = await inbound.post(
      am,
      JSON.stringify({ ...message, alerts: [{ status: 'firing', labels: { a: 1 } }] }),
    );
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid', errors: [{ path: 'alerts.0.labels.a' }] });
    expect(await countSignals()).toBe(0);
  });

  test('one wrong alert refuses the message, not half of it', async () => {
    const good = { status: 'firing', labels: { alertname: 'A' }, fingerprint: 'f' };
    const answer = await inbound.post(am, JSON.stringify({ ...message, alerts: [good, { ...good, status: 'new' }] }));
    expect(answer.status).toBe(400);
    expect(await countSignals()).toBe(0);
  });

  test('what curl -d sends is taken, because it is JSON', async () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain; charset=utf-8',
      'application/json; charset=utf-8',
    ]) {
      const answer = await inbound.post(am, JSON.stringify(message), { 'content-type': type });
      expect(answer.status).toBe(202);
    }
  });

  test('other methods', async () => {
    for (const path of ['/v2/enqueue', am]) {
      const response = await fetch(inbound.base + path);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });
});

describe('size', () => {
  const sized = (bytes: number): string => {
    const body = JSON.stringify({ ...event, payload: { ...payload, custom_details: '' } });
    return body.replace('"custom_details":""', `"custom_details":"${'x'.repeat(bytes - body.length)}"`);
  };
  const head = 'POST /v2/enqueue HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n';
  const chunked = (body: string): string =>
    `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  test('512,000 bytes are taken, announced or not', async () => {
    const body = sized(512_000);
    expect(Buffer.byteLength(body)).toBe(512_000);
    const before = await countSignals();
    expect((await inbound.post('/v2/enqueue', body)).status).toBe(202);
    expect(await inbound.raw(chunked(body))).toContain('HTTP/1.1 202');
    expect(await countSignals()).toBe(before + 2);
  });

  test('one more is refused, announced or not', async () => {
    const before = await countSignals();
    const body = sized(512_001);
    const answer = await inbound.post('/v2/enqueue', body);
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ errors: ['The body may have at most 512,000 bytes.'] });
    expect(await inbound.raw(chunked(body))).toContain('HTTP/1.1 413');
    expect(await countSignals()).toBe(before);
  });

  test('an announced gigabyte is refused before it is sent', async () => {
    expect(await inbound.raw(`${head}content-length: 1000000000\r\n\r\n{`)).toContain('HTTP/1.1 413');
  });

  test('an endless body is cut off', async () => {
    expect(await inbound.raw(chunked('['.repeat(3_000_000)))).toContain('HTTP/1.1 413');
  });

  test('a length that is none is refused', async () => {
    expect(await inbound.raw(`${head}content-length: many\r\n\r\n{}`)).toContain('HTTP/1.1 400');
  });

  test('more than 5,000,000 bytes from Alertmanager', async () => {
    const answer = await inbound.post(am, JSON.stringify({ ...message, pad: 'x'.repeat(5_000_000) }));
    expect(answer.status).toBe(413);
  });

  test('more than 1,000 alerts', async () => {
    const alert = { status: 'firing', labels: {} };
    const alerts = Array.from({ length: 1001 }, () => alert);
    const answer = await inbound.post(am, JSON.stringify({ ...message, alerts }));
    expect([answer.status, answer.body]).toMatchObject([400, { errors: [{ path: 'alerts' }] }]);
  });
});

describe('keys', () => {
  test('one that nobody has, a withdrawn one, and another tool’s are answered alike', async () => {
    const answers = await Promise.all(
      ['n'.repeat(32), withdrawnKey, alertmanagerKey, 'x'].map((routing_key) =>
        inbound.post('/v2/enqueue', JSON.stringify({ ...event, routing_key })),
      ),
    );
    for (const answer of answers) {
      expect([answer.status, answer.body]).toEqual([400, invalid('Invalid routing key')]);
    }
    for (const key of ['n'.repeat(32), eventsKey, '%00', '%ff']) {
      const answer = await inbound.post(`/inbound/alertmanager/${key}`, JSON.stringify(message));
      expect([answer.status, answer.body]).toMatchObject([401, { code: 'unknown-key' }]);
    }
    for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic !!!', 'Digest x']) {
      const answer = await inbound.post('/inbound/alertmanager', JSON.stringify(message), { authorization });
      expect([answer.status, answer.body]).toMatchObject([401, { code: 'unknown-key' }]);
    }
  });

  test('a stranger’s body to Alertmanager’s address is not even read', async () => {
    const request =
      'POST /inbound/alertmanager/wrong HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 900\r\n\r\n';
    expect(await inbound.raw(request)).toContain('HTTP/1.1 401');
  });

  test('a storm asks the database for keys once', async () => {
    await inbound.post('/v2/enqueue', JSON.stringify(event));
    const before = inbound.queries.count;
    for (let i = 0; i < 50; i++) await inbound.post('/v2/enqueue', JSON.stringify(event));
    // One insert each, because one waits for the other.
    expect(inbound.queries.count - before).toBe(50);
  });

  test('a new key counts at once, a withdrawn one no longer after ten seconds', async () => {
    const routing_key = 'q'.repeat(32);
    const status = async () => (await inbound.post('/v2/enqueue', JSON.stringify({ ...event, routing_key }))).status;
    expect(await status()).toBe(400);
    await addIntegration(inbound.db, { id: 'int_new', kind: 'events-v2', key: routing_key });
    expect(await status()).toBe(202);
    await inbound.db.updateTable('integrations').set({ archived_at: 2 }).where('id', '=', 'int_new').execute();
    inbound.time.now += 10_000;
    expect(await status()).toBe(400);
  });
});

describe('limits', () => {
  test('20 unknown keys a minute from one address; a known one still comes in', async () => {
    const small = await openInbound();
    try {
      const tries = await Promise.all(
        Array.from({ length: 25 }, (_, i) => small.event({ ...event, routing_key: `guess-${i}` })),
      );
      expect(tries.filter((answer) => answer.status === 400)).toHaveLength(20);
      const refused = tries.filter((answer) => answer.status === 429);
      expect(refused).toHaveLength(5);
      expect(refused[0]?.body).toMatchObject({ status: 'throttle exceeded' });
      expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
      const before = small.queries.count;
      expect((await small.event({ ...event, routing_key: 'guess-30' })).status).toBe(429);
      expect(small.queries.count).toBe(before);
      expect((await small.event(event)).status).toBe(202);
      small.time.now += 3_000;
      expect((await small.event({ ...event, routing_key: 'guess-31' })).status).toBe(400);
    } finally {
      await small.close();
    }
  });

  test('an integration that comes too often is told when to come again, the others are not', async () => {
    const small = await openInbound({ perIntegration: { burst: 5, perMs: 5_000 } });
    try {
      const statuses = [];
      for (let i = 0; i < 7; i++) statuses.push((await small.event(event)).status);
      expect(statuses).toEqual([202, 202, 202, 202, 202, 429, 429]);
      const am429 = await small.post(am, JSON.stringify(message));
      expect(am429.status).toBe(202);
      small.time.now += 1_000;
      expect((await small.event(event)).status).toBe(202);
    } finally {
      await small.close();
    }
  });
});
