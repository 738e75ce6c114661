import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signIn } from './hugops-command.ts';
import { type Ask, fieldsOf, openStage, problemOf, type Stage } from './bad-input-stage.ts';

// What members, programs with a key and foreign pages may not do, and what every kind of answer tells the browser about itself.

let stage: Stage;
const keys: Record<'admin' | 'responder' | 'viewer', string> = { admin: '', responder: '', viewer: '' };
let incidentId: string;
beforeAll(async () => {
  stage = await openStage();
  for (const role of ['admin', 'responder', 'viewer'] as const) keys[role] = await stage.keyOf(role);
  const opened = await stage.hugops.api('POST', '/incidents', {
    serviceId: 'checkout',
    title: 'Checkout is slow',
    severity: 'major',
  });
  incidentId = (opened.body as { id: string }).id;
  await stage.hugops.pass(10_000, 1_000);
});
afterAll(() => stage.hugops.stop());

const by = (role: keyof typeof keys, ask: Ask = {}): Ask => ({
  ...ask,
  headers: { ...ask.headers, authorization: `Bearer ${keys[role]}` },
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await stage.countRows();
});
const nothingStored = async (): Promise<void> => {
  expect(await stage.countRows()).toEqual(before);
};

/** Writes of the API, each good in itself, with the least role that may do them. */
const writes = (): [string, string, unknown, keyof typeof keys][] => [
  ['POST', '/incidents', { serviceId: 'checkout', title: 'Again', severity: 'minor' }, 'responder'],
  ['POST', `/incidents/${incidentId}/acknowledge`, {}, 'responder'],
  ['POST', `/incidents/${incidentId}/resolve`, {}, 'responder'],
  ['POST', `/incidents/${incidentId}/reassign`, { personId: 'bob' }, 'responder'],
  ['POST', `/incidents/${incidentId}/notes`, { body: 'hello' }, 'responder'],
  ['POST', `/incidents/${incidentId}/updates`, { phase: 'identified', body: 'hello' }, 'responder'],
  ['POST', '/services', { name: 'Search' }, 'admin'],
  ['DELETE', '/services/checkout', undefined, 'admin'],
  ['POST', '/services/checkout/checks', { config: { kind: 'tcp', host: 'example.com', port: 1 } }, 'admin'],
  ['POST', '/invitations', { email: 'eve@example.com', name: 'Eve', role: 'viewer' }, 'admin'],
];

describe('without a key or with one that is none', () => {
  it.each([
    ['nothing', {}],
    ['a word', { authorization: 'Bearer hello' }],
    ['a key that nobody has', { authorization: `Bearer hgo_${'x'.repeat(64)}` }],
    ['a key with a NUL in it', { authorization: 'Bearer hgo_%00' }],
    ['another scheme', { authorization: 'Basic YWxpY2U6eA==' }],
    ['a cookie of nobody', { cookie: 'hugops.session_token=abc.def' }],
  ])('%s', async (_, headers) => {
    for (const path of ['/overview', '/me', '/incidents', '/services', '/api-keys', '/live', '/people'])
      expect([path, problemOf(await stage.send(`/api/v1${path}`, { headers })).code]).toEqual([
        path,
        'unauthenticated',
      ]);
    for (const [method, path, body] of writes())
      expect((await stage.send(`/api/v1${path}`, { method, body, headers })).status).toBe(401);
    await nothingStored();
  });
});

describe('with too small a role', () => {
  it('a viewer does nothing but look', async () => {
    for (const [method, path, body] of writes()) {
      const sent = await stage.send(`/api/v1${path}`, by('viewer', { method, body }));
      expect([method, path, sent.status, problemOf(sent).code]).toEqual([method, path, 403, 'forbidden']);
    }
    expect((await stage.send('/api/v1/overview', by('viewer'))).status).toBe(200);
    expect((await stage.send('/api/v1/hugs', by('viewer'))).status).toBe(403);
    await nothingStored();
  });

  it('a responder changes no service and invites nobody', async () => {
    for (const [method, path, body, role] of writes()) {
      if (role === 'responder') continue;
      const sent = await stage.send(`/api/v1${path}`, by('responder', { method, body }));
      expect([method, path, problemOf(sent).code]).toEqual([method, path, 'forbidden']);
    }
    await nothingStored();
  });

  it('nobody makes an owner, nor somebody above themselves', async () => {
    const owner = { email: 'eve@example.com', name: 'Eve', role: 'owner' };
    expect((await stage.send('/api/v1/invitations', by('admin', { body: owner }))).status).toBeGreaterThanOrEqual(400);
    await nothingStored();
  });
});

describe('with a session, from another page', () => {
  it('writes nothing; from our own it does', async () => {
    const { owner, url } = stage.hugops;
    const cookie = await signIn(url, { HUGOPS_ADMIN_EMAIL: owner.email, HUGOPS_ADMIN_PASSWORD: owner.password });
    before = await stage.countRows();
    const ask = (headers: Record<string, string>): Ask => ({
      body: { body: 'hello' },
      headers: { cookie, ...headers },
    });
    const path = `/api/v1/incidents/${incidentId}/notes`;
    for (const headers of [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: `${url}.evil.test` },
      { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' },
    ] as Record<string, string>[])
      expect([headers, problemOf(await stage.send(path, ask(headers))).code]).toEqual([headers, 'forbidden']);
    await nothingStored();
    expect((await stage.send(path, ask({ origin: url }))).status).toBeLessThan(300);
  });

  it('signs nobody in or out', async () => {
    const { owner } = stage.hugops;
    const body = { email: owner.email, password: owner.password };
    const sent = await stage.send('/api/auth/sign-in/email', {
      body,
      headers: { origin: 'https://evil.test', cookie: 'a=b' },
    });
    expect(sent.status).toBe(403);
    expect(sent.headers.getSetCookie()).toEqual([]);
    await nothingStored();
  });
});

describe('fields of the API', () => {
  it.each([
    ['POST', '/incidents', { serviceId: 'checkout', title: '', severity: 'major' }, ['title']],
    ['POST', '/incidents', { serviceId: 'checkout', title: 'x', severity: 'huge' }, ['severity']],
    ['POST', '/incidents', { title: 7 }, ['serviceId', 'severity', 'title']],
    ['POST', '/incidents', { serviceId: 'checkout', title: 'a\u0000b', severity: 'major' }, ['title']],
    ['POST', '/incidents/ID/notes', { body: ' ' }, ['body']],
    ['POST', '/incidents/ID/notes', { body: 'a\u0000b' }, ['body']],
    ['POST', '/incidents/ID/updates', { phase: 'over', body: 'x' }, ['phase']],
    ['POST', '/services', { name: ' ' }, ['name']],
    ['POST', '/services', { name: 'x', id: 'Not An Id' }, ['id']],
    ['POST', '/invitations', { email: 'eve', name: 'Eve', role: 'viewer' }, ['email']],
    ['POST', '/api-keys', { name: 'x', expiresInDays: 0 }, ['expiresInDays']],
    [
      'PATCH',
      '/me',
      { wakingHours: { days: [9], from: '25:00', to: 'x' } },
      ['wakingHours.days.0', 'wakingHours.from', 'wakingHours.to'],
    ],
  ])('%s %s %j names them', async (method, path, body, fields) => {
    const sent = await stage.send(`/api/v1${path.replace('ID', incidentId)}`, by('admin', { method, body }));
    expect([sent.status, fieldsOf(sent)]).toEqual([400, fields]);
    await nothingStored();
  });

  it.each(['{', '[]', 'null', '"text"', ''])('a body of %j is refused everywhere', async (body) => {
    for (const [method, path, good] of writes()) {
      if (good === undefined || path.endsWith('acknowledge') || path.endsWith('resolve')) continue;
      expect([path, problemOf(await stage.send(`/api/v1${path}`, by('admin', { method, body }))).status]).toEqual([
        path,
        400,
      ]);
    }
    await nothingStored();
  });

  it.each(['?limit=0', '?limit=many', '?limit=1e9', '?status=asleep'])(
    'a query %s of the incidents is refused or bounded',
    async (query) => {
      const sent = await stage.send(`/api/v1/incidents${query}`, by('viewer'));
      expect([200, 400]).toContain(sent.status);
      if (sent.status === 400) expect(fieldsOf(sent)).toEqual([/\?(\w+)/.exec(query)?.[1]]);
    },
  );

  it('too many bytes are too many, with and without their number', async () => {
    for (const chunked of [false, true]) {
      const sent = await stage.send('/api/v1/services', by('admin', { body: { name: 'x'.repeat(300_000) }, chunked }));
      expect([chunked, problemOf(sent).code]).toEqual([chunked, 'too-large']);
    }
    await nothingStored();
  });
});

describe('what is not there', () => {
  it('is a 404 that stores nothing', async () => {
    const gone: [string, string, unknown?][] = [
      ['GET', '/incidents/inc_none'],
      ['POST', '/incidents/inc_none/acknowledge', {}],
      ['POST', '/incidents/inc_none/resolve', {}],
      ['POST', '/incidents/inc_none/notes', { body: 'x' }],
      ['GET', '/services/none'],
      ['DELETE', '/services/none'],
      ['POST', '/services/none/checks', { config: { kind: 'tcp', host: 'example.com', port: 1 } }],
      ['POST', '/hugs/none/approve'],
      ['DELETE', '/api-keys/none'],
      ['DELETE', '/overrides/none'],
      ['GET', '/nothing'],
    ];
    for (const [method, path, body] of gone) {
      const sent = await stage.send(`/api/v1${path}`, by('admin', { method, ...(body === undefined ? {} : { body }) }));
      expect([method, path, problemOf(sent).code]).toEqual([method, path, 'not-found']);
    }
    await nothingStored();
  });

  it('any more is not, either: an archived service takes no check, no incident and no report', async () => {
    const made = await stage.send('/api/v1/services', by('admin', { body: { id: 'old', name: 'Old' } }));
    expect(made.status).toBe(201);
    expect((await stage.send('/api/v1/services/old', by('admin', { method: 'DELETE' }))).status).toBe(204);
    before = await stage.countRows();
    const config = { kind: 'tcp', host: 'example.com', port: 1 };
    const asks: [string, unknown][] = [
      ['/api/v1/services/old/checks', { config }],
      ['/api/v1/incidents', { serviceId: 'old', title: 'x', severity: 'minor' }],
    ];
    for (const [path, body] of asks)
      expect([400, 404, 409]).toContain(problemOf(await stage.send(path, by('admin', { body }))).status);
    const report = await stage.send('/report', { body: { serviceId: 'old', altcha: await stage.solve() } });
    expect(fieldsOf(report)).toEqual(['serviceId']);
    await nothingStored();
  });

  it("owned by the file is not the API's to change", async () => {
    expect(problemOf(await stage.send('/api/v1/services/checkout', by('admin', { method: 'DELETE' }))).code).toBe(
      'owned-by-file',
    );
    await nothingStored();
  });
});

describe('headers', () => {
  const pages = [
    '/',
    '/history',
    '/subscribe',
    '/report',
    '/nowhere',
    '/console/',
    '/console/incidents',
    '/api/docs',
    '/unsubscribe?token=x',
    '/acknowledge/none',
  ];
  it.each(pages)('of the page %s let nothing foreign in', async (path) => {
    const sent = await stage.send(path, { headers: { accept: 'text/html' } });
    expect(sent.headers.get('content-type')).toContain('text/html');
    const policy = sent.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
    expect(sent.headers.get('x-content-type-options')).toBe('nosniff');
    expect(sent.headers.get('referrer-policy')).toMatch(/same-origin|strict-origin|no-referrer/);
    expect(sent.headers.get('server')).toBeNull();
    expect(sent.headers.get('x-powered-by')).toBeNull();
  });

  it.each([
    '/api/v1/overview',
    '/healthz',
    '/metrics',
    '/altcha',
    '/api/openapi.json',
    '/api/v2/summary.json',
    '/feed.atom',
  ])('of %s keep it what it is', async (path) => {
    const sent = await stage.send(path, by('viewer'));
    expect(sent.status).toBe(200);
    expect(sent.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('promise TLS only where the public address has it', async () => {
    expect((await stage.send('/console/')).headers.get('strict-transport-security')).toBeNull();
    const secure = await openStage({ HUGOPS_URL: 'https://status.example.com' });
    for (const path of ['/', '/console/', '/api/v1/setup', '/nowhere'])
      expect([path, (await secure.send(path)).headers.get('strict-transport-security')]).toEqual([
        path,
        'max-age=31536000',
      ]);
    await secure.hugops.stop();
  });
});

describe('a heartbeat', () => {
  it('takes any bytes as its note, and says no in the words of its own protocol', async () => {
    await stage.hugops.api('POST', '/services', { id: 'jobs', name: 'Jobs' });
    const made = await stage.hugops.api('POST', '/services/jobs/checks', {
      name: 'nightly',
      config: { kind: 'heartbeat' },
    });
    expect(made).toMatchObject({ status: 201 });
    const { body } = await stage.hugops.api('GET', '/services/jobs');
    const pingUrl = (body as { checks: { pingUrl: string }[] }).checks[0]?.pingUrl ?? '';
    const path = new URL(pingUrl).pathname;
    expect((await stage.send(path, { body: Buffer.from([0, 1, 0xff, 0xfe, 0x41]) })).status).toBe(200);
    expect((await stage.send(`${path}/256`)).status).toBe(400);
    expect((await stage.send(`${path}?rid=7`)).status).toBe(400);
    expect((await stage.send(`${path}/explode`)).status).toBe(404);
    expect((await stage.send(path, { method: 'PUT' })).status).toBe(405);
    before = await stage.countRows();
    expect((await stage.send('/ping/11111111-2222-4333-8444-555555555555')).status).toBe(404);
    await nothingStored();
  });
});
