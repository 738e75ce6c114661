import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, fieldsOf, openStage, problemOf, type Stage } from './bad-input-stage.ts';

// Everything that strangers and members can send, sent wrong, over a real socket: each refusal is problem details that name the field, and
// afterwards every table has as many rows as before.

let stage: Stage;
let incidentId: string;
beforeAll(async () => {
  stage = await openStage();
  const opened = await stage.hugops.api('POST', '/incidents', {
    serviceId: 'checkout',
    title: 'Checkout is slow',
    severity: 'major',
    isPublic: true,
  });
  expect(opened.status).toBe(201);
  incidentId = (opened.body as { id: string }).id;
  await stage.hugops.api('POST', `/incidents/${incidentId}/resolve`, {});
  await stage.hugops.pass(60_000, 10_000);
});
afterAll(() => stage.hugops.stop());

const password = 'correct horse battery';
/** A good body of each address that takes JSON from strangers. */
const doors = (): Record<string, Record<string, unknown>> => ({
  '/report': { serviceId: 'checkout', altcha: 'x' },
  [`/incidents/${incidentId}/hugs`]: { kind: 'hug', altcha: 'x' },
  '/api/v1/setup': { name: 'Mallory', email: 'mallory@example.com', password, timeZone: 'UTC' },
  '/api/v1/invitations/accept': { token: 'x', password },
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await stage.countRows();
});
const nothingStored = async (): Promise<void> => {
  expect(await stage.countRows()).toEqual(before);
};

describe('a body that is no JSON of ours', () => {
  const bodies: [string, Ask, number][] = [
    ['half of JSON', { body: '{"serviceId": "checkout"' }, 400],
    ['nothing', { body: '' }, 400],
    ['a list', { body: '[]' }, 400],
    ['a number', { body: '7' }, 400],
    ['null', { body: 'null' }, 400],
    ['bytes that are not UTF-8', { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) }, 400],
    ['NUL bytes', { body: Buffer.from('{"name":"a\u0000b"}') }, 400],
    ['a form', { body: 'serviceId=checkout', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 400],
    ['a hundred thousand brackets', { body: '['.repeat(7_000) }, 400],
    ['too much, announced', { body: ' '.repeat(300_000) }, 413],
    ['too much, not announced', { body: ' '.repeat(300_000), chunked: true }, 413],
  ];
  it.each(bodies)('%s', async (_, ask, status) => {
    for (const path of Object.keys(doors())) {
      const sent = await stage.send(path, ask);
      expect([path, sent.status, problemOf(sent).code]).toEqual([
        path,
        status,
        status === 413 ? 'too-large' : 'invalid',
      ]);
    }
    await nothingStored();
  });

  it('in a request that ends early stores nothing and harms nobody', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"serviceId":'));
        controller.error(new Error('the visitor left'));
      },
    });
    await expect(
      fetch(`${stage.hugops.url}/report`, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'content-type': 'application/json' },
      }),
    ).rejects.toThrow('fetch failed');
    expect((await stage.send('/healthz')).status).toBe(200);
    await nothingStored();
  });
});

describe('fields', () => {
  it.each([
    ['/report', 'serviceId', [undefined, 7, '', 'x'.repeat(101), {}, ['checkout']]],
    ['/report', 'altcha', [undefined, 7, '', 'x'.repeat(4_001)]],
    ['/incidents/ID/hugs', 'kind', [undefined, 7, 'punch', '__proto__']],
    ['/incidents/ID/hugs', 'message', [7, {}, 'x'.repeat(2_001)]],
    ['/incidents/ID/hugs', 'altcha', [undefined, null]],
    ['/api/v1/setup', 'name', [undefined, 7, ' ', 'x'.repeat(101)]],
    ['/api/v1/setup', 'email', [undefined, 7, 'mallory', `${'x'.repeat(250)}@example.com`]],
    ['/api/v1/setup', 'password', [undefined, 7, 'short', 'x'.repeat(129)]],
    ['/api/v1/setup', 'timeZone', [7, 'Mars/Olympus']],
    ['/api/v1/invitations/accept', 'token', [undefined, 7, '', 'x'.repeat(1_025)]],
    ['/api/v1/invitations/accept', 'password', [undefined, 7, 'short']],
  ])('%s names %s', async (door, field, values) => {
    const path = door.replace('ID', incidentId);
    for (const value of values) {
      const sent = await stage.send(path, { body: { ...doors()[path], [field]: value } });
      expect([value, sent.status, fieldsOf(sent)]).toEqual([value, 400, [field]]);
    }
    await nothingStored();
  });

  it('that nobody knows are refused, not ignored', async () => {
    for (const [path, good] of Object.entries(doors())) {
      const sent = await stage.send(path, { body: { ...good, isAdmin: true } });
      expect([path, sent.status]).toEqual([path, 400]);
      expect(problemOf(sent).detail).toContain('isAdmin');
    }
    await nothingStored();
  });

  it('with a NUL, which no database takes, are named', async () => {
    const places: [string, string][] = [
      ['/report', 'serviceId'],
      [`/incidents/${incidentId}/hugs`, 'message'],
      ['/api/v1/setup', 'name'],
      ['/api/v1/invitations/accept', 'token'],
    ];
    for (const [path, field] of places) {
      const sent = await stage.send(path, { body: { ...doors()[path], [field]: 'a\u0000b' } });
      expect([path, sent.status, fieldsOf(sent)]).toEqual([path, 400, [field]]);
    }
    await nothingStored();
  });
});

describe('an address', () => {
  it('with a NUL is refused before anybody looks', async () => {
    for (const path of [
      '/incidents/%00',
      '/api/v1/incidents?status=%00',
      '/ping/%00',
      '/subscribe/confirm?token=%00',
      '/%00',
    ])
      expect([path, problemOf(await stage.send(path)).status]).toEqual([path, 400]);
  });

  it('of nothing is a 404: a page for browsers, problem details for programs', async () => {
    expect(problemOf(await stage.send('/api/v1x')).code).toBe('not-found');
    expect(problemOf(await stage.send('/nowhere')).code).toBe('not-found');
    const page = await stage.send('/nowhere', { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, expect.stringContaining('text/html')]);
    expect((await stage.send('/console/assets/none.js')).status).toBe(404);
  });

  it.each([
    '/../../etc/passwd',
    '/console/../../package.json',
    '/console/%2e%2e/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
  ])('that climbs, %s, finds nothing', async (path) => {
    const sent = await stage.send(path);
    expect(sent.text).not.toMatch(/root:|"dependencies"/);
  });

  it.each([
    ['PUT', '/report'],
    ['DELETE', '/api/v1/setup'],
    ['GET', '/api/v1/invitations/accept'],
    ['PATCH', '/subscribe'],
  ])('asked with the wrong method, %s %s, does nothing', async (method, path) => {
    // 401 where members have something at that address.
    expect([401, 404, 405]).toContain((await stage.send(path, { method })).status);
    await nothingStored();
  });
});

describe('proof of work', () => {
  const reporting = (altcha: string): Ask => ({ body: { serviceId: 'checkout', altcha } });

  it.each([
    ['nothing of it', () => 'x'],
    ['not base64', () => '%%%'],
    ['JSON of another kind', () => Buffer.from('{"challenge":1}').toString('base64')],
    ['nested too deep', () => Buffer.from(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`).toString('base64')],
  ])('%s', async (_, altcha) => {
    const sent = await stage.send('/report', reporting(altcha()));
    expect([sent.status, fieldsOf(sent)]).toEqual([400, ['altcha']]);
    await nothingStored();
  });

  it('forged: another signature, a cheaper challenge, a longer life, another solution', async () => {
    const good = JSON.parse(Buffer.from(await stage.solve(), 'base64').toString()) as {
      challenge: { parameters: Record<string, unknown>; signature: string };
      solution: { counter: number; derivedKey: string };
    };
    const forged = [
      { ...good, challenge: { ...good.challenge, signature: '0'.repeat(64) } },
      { ...good, challenge: { parameters: good.challenge.parameters } },
      { ...good, challenge: { ...good.challenge, parameters: { ...good.challenge.parameters, cost: 1 } } },
      {
        ...good,
        challenge: { ...good.challenge, parameters: { ...good.challenge.parameters, data: { expiresAtMs: 9e15 } } },
      },
      // Which number led to the key is not asked: only who did the work knows the key.
      { ...good, solution: { ...good.solution, counter: -1 } },
      { ...good, solution: { ...good.solution, derivedKey: '00'.repeat(32) } },
    ];
    for (const [index, payload] of forged.entries()) {
      const sent = await stage.send('/report', reporting(Buffer.from(JSON.stringify(payload)).toString('base64')));
      expect([index, sent.status, fieldsOf(sent)]).toEqual([index, 400, ['altcha']]);
    }
    await nothingStored();
    // The real one still counts: a forger cannot use up what somebody else has solved.
    const real = Buffer.from(JSON.stringify(good)).toString('base64');
    expect((await stage.send('/report', reporting(real))).status).toBe(202);
    expect(await stage.countRows()).toMatchObject({ reports: (before['reports'] ?? 0) + 1 });
  });

  it('sent twice, or to another form, counts once', async () => {
    const altcha = await stage.solve();
    expect((await stage.send('/report', reporting(altcha))).status).toBe(202);
    before = await stage.countRows();
    expect(fieldsOf(await stage.send('/report', reporting(altcha)))).toEqual(['altcha']);
    const hug = await stage.send(`/incidents/${incidentId}/hugs`, { body: { kind: 'hug', altcha } });
    expect(fieldsOf(hug)).toEqual(['altcha']);
    await nothingStored();
  });

  it('solved too long ago is refused', async () => {
    const altcha = await stage.solve();
    stage.hugops.clock.advance(11 * 60_000);
    expect(fieldsOf(await stage.send('/report', reporting(altcha)))).toEqual(['altcha']);
    await nothingStored();
  });

  it('does not help with a service or an incident that is not on the page', async () => {
    const report = await stage.send('/report', { body: { serviceId: 'payroll', altcha: await stage.solve() } });
    expect([report.status, fieldsOf(report)]).toEqual([400, ['serviceId']]);
    const hug = await stage.send('/incidents/inc_none/hugs', { body: { kind: 'hug', altcha: await stage.solve() } });
    expect(problemOf(hug).code).toBe('not-found');
    await nothingStored();
  });
});

describe('subscribing', () => {
  it.each([
    ['as JSON', (email: unknown): Ask => ({ body: { email } })],
    [
      'by the form',
      (email: unknown): Ask => ({
        body: new URLSearchParams({ email: String(email) }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ],
  ])('with an address that is none, %s', async (how, ask) => {
    for (const email of [
      '',
      'alice',
      'alice@',
      'a\u0000@example.com',
      'a@example.com\r\nBcc: b@example.com',
      `${'x'.repeat(250)}@example.com`,
    ]) {
      const sent = await stage.send('/subscribe', ask(email));
      expect([email, sent.status]).toEqual([email, 400]);
      if (how === 'as JSON') expect(fieldsOf(sent)).toEqual(['email']);
      else expect(sent.headers.get('content-type')).toContain('text/html');
    }
    await nothingStored();
  });

  it('with a body that is none, or too large', async () => {
    expect(fieldsOf(await stage.send('/subscribe', { body: '{' }))).toEqual(['email']);
    expect(fieldsOf(await stage.send('/subscribe', { body: { email: ['a@example.com'] } }))).toEqual(['email']);
    expect(problemOf(await stage.send('/subscribe', { body: { email: 'x'.repeat(5_000) } })).code).toBe('too-large');
    expect(problemOf(await stage.send('/subscribe', { body: ' '.repeat(5_000), chunked: true })).code).toBe(
      'too-large',
    );
    await nothingStored();
  });

  it.each(['', 'x', `${'a'.repeat(3_000)}.b.c`])('with a link that is none of ours: %j', async (token) => {
    for (const path of ['/subscribe/confirm', '/unsubscribe'])
      for (const method of ['GET', 'POST']) {
        const sent = await stage.send(`${path}?token=${token}`, { method });
        expect([400, 410]).toContain(sent.status);
      }
    await nothingStored();
  });
});

describe('signing in', () => {
  const signIn = (body: unknown, more: Ask = {}): Ask => ({
    body,
    ...more,
    headers: { origin: stage.hugops.url, ...more.headers },
  });

  it('with what is no sign-in is refused, without telling who exists', async () => {
    const wrong = [
      '{',
      {},
      { email: 7, password: 7 },
      { email: 'nobody@example.com', password },
      { email: stage.hugops.owner.email, password: 'wrong horse battery' },
      { email: 'a\u0000@example.com', password },
    ];
    const told: string[] = [];
    for (const body of wrong) {
      const sent = await stage.send('/api/auth/sign-in/email', signIn(body));
      expect([body, sent.status >= 400 && sent.status < 500]).toEqual([body, true]);
      expect(sent.headers.getSetCookie()).toEqual([]);
      expect(sent.text).not.toMatch(/node_modules|select |\.ts\b/);
      told.push(sent.text);
    }
    expect(told[3]).toBe(told[4]);
    expect((await stage.send('/api/auth/sign-in/email', signIn(' '.repeat(20_000)))).status).toBe(413);
    await nothingStored();
  });

  it('by oneself is not possible', async () => {
    const body = { name: 'Mallory', email: 'mallory@example.com', password };
    expect((await stage.send('/api/auth/sign-up/email', signIn(body))).status).toBeGreaterThanOrEqual(400);
    expect(problemOf(await stage.send('/api/v1/setup', { body: { ...body, timeZone: 'UTC' } })).code).toBe('conflict');
    await nothingStored();
  });

  it('again and again is slowed down', async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess++) {
      const body = { email: stage.hugops.owner.email, password: `wrong horse ${guess}` };
      statuses.push((await stage.send('/api/auth/sign-in/email', signIn(body, { from: '203.0.113.9' }))).status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.slice(10)).toEqual([429, 429]);
    const other = { email: stage.hugops.owner.email, password: stage.hugops.owner.password };
    expect((await stage.send('/api/auth/sign-in/email', signIn(other, { from: '203.0.113.10' }))).status).toBe(200);
  });
});

describe('limits', () => {
  it.each([
    ['/report', 10, () => ({ body: '{}' })],
    ['/incidents/x/hugs', 10, () => ({ body: '{}' })],
    ['/subscribe', 10, () => ({ body: '{}' })],
    ['/altcha', 30, () => ({})],
    ['/api/v1/setup', 20, () => ({ body: '{}' })],
    ['/api/v1/invitations/accept', 20, () => ({ body: '{}' })],
  ] as const)('%s takes %i at once from one visitor, then says when to come again', async (path, burst, ask) => {
    const from = `203.0.113.77 ${path}`;
    for (let request = 0; request < burst; request++)
      expect((await stage.send(path, { ...ask(), from })).status).not.toBe(429);
    const sent = await stage.send(path, { ...ask(), from });
    expect(problemOf(sent).code).toBe('too-many');
    expect(Number(sent.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await stage.send(path, { ...ask(), from: '203.0.113.78' })).status).not.toBe(429);
    stage.hugops.clock.advance(Number(sent.headers.get('retry-after')) * 1_000);
    expect((await stage.send(path, { ...ask(), from })).status).not.toBe(429);
  });

  it('cannot be got round by naming oneself differently in front of the proxy', async () => {
    const asked: number[] = [];
    for (let request = 0; request < 12; request++)
      asked.push((await stage.send('/report', { body: '{}', from: `10.0.0.${request}, 203.0.113.80` })).status);
    expect(asked.slice(10)).toEqual([429, 429]);
  });
});
