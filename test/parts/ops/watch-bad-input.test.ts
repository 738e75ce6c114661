import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fieldsOf, openStage, problemOf, type Sent, type Stage } from './bad-input-stage.ts';

// What members say about causes, dependencies, sources and how they are called, said wrong: each refusal names the field, and no table changes.

let stage: Stage;
let keys: { admin: string; responder: string; viewer: string; nobody: string };
/** Open, over, and one more that is open. */
let ids: { open: string; over: string; other: string };
const open = async (serviceId: string): Promise<string> => {
  const body = { serviceId, title: `${serviceId} is slow`, severity: 'major' };
  return ((await stage.hugops.api('POST', '/incidents', body)).body as { id: string }).id;
};
beforeAll(async () => {
  stage = await openStage();
  await stage.hugops.api('POST', '/services', { id: 'mail', name: 'Mail' });
  await stage.hugops.api('POST', '/services', { id: 'queue', name: 'Queue' });
  ids = { open: await open('mail'), over: await open('queue'), other: '' };
  await stage.hugops.api('POST', `/incidents/${ids.over}/resolve`, {});
  ids.other = await open('queue');
  const [admin, responder, viewer] = [
    await stage.keyOf('admin'),
    await stage.keyOf('responder'),
    await stage.keyOf('viewer'),
  ];
  keys = { admin, responder, viewer, nobody: '' };
  await stage.hugops.pass(60_000, 10_000);
});
afterAll(() => stage.hugops.stop());

let before: Record<string, number>;
beforeEach(async () => {
  before = await stage.countRows();
});

type Door = readonly [
  method: string,
  path: () => string,
  role: 'admin' | 'responder',
  good: () => Record<string, unknown>,
];
const doors = {
  causes: [
    'POST',
    () => `/incidents/${ids.open}/causes`,
    'responder',
    () => ({ causeId: 'queue', ruling: 'is-cause' }),
  ],
  split: ['POST', () => `/incidents/${ids.open}/split`, 'responder', () => ({ serviceId: 'mail' })],
  merge: ['POST', () => `/incidents/${ids.open}/merge`, 'responder', () => ({ intoId: ids.other })],
  snooze: [
    'POST',
    () => `/incidents/${ids.open}/snooze`,
    'responder',
    () => ({ untilAt: stage.hugops.clock.now() + 1 }),
  ],
  dependencies: ['PUT', () => '/services/mail/dependencies', 'admin', () => ({ dependsOn: [{ on: 'queue' }] })],
  try: ['POST', () => '/integrations/try', 'admin', () => ({ kind: 'alertmanager', message: '{}' })],
} as const satisfies Record<string, Door>;
type DoorName = keyof typeof doors;

async function knock(name: DoorName, body: unknown, role?: keyof typeof keys, at?: string): Promise<Sent> {
  const [method, path, itsRole] = doors[name] as Door;
  const key = keys[role ?? itsRole];
  const headers: Record<string, string> = key === '' ? {} : { authorization: `Bearer ${key}` };
  return stage.send(`/api/v1${at ?? path()}`, { method, headers, body });
}
const good = (name: DoorName): Record<string, unknown> => doors[name][3]();

describe('what members send wrong', () => {
  it.each<[DoorName, string, string, unknown[]]>([
    ['causes', 'causeId', 'causeId', [undefined, 7, '', 'x'.repeat(301)]],
    ['causes', 'ruling', 'ruling', [undefined, 'maybe', '__proto__']],
    ['split', 'serviceId', 'serviceId', [undefined, 7, '', 'x'.repeat(101)]],
    ['merge', 'intoId', 'intoId', [undefined, 7, '', 'x'.repeat(301)]],
    ['snooze', 'untilAt', 'untilAt', [undefined, '2026-12-01', 0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER]],
    [
      'dependencies',
      'dependsOn',
      'dependsOn',
      [undefined, 'queue', Array.from({ length: 101 }, () => ({ on: 'queue' }))],
    ],
    ['dependencies', 'dependsOn', 'dependsOn.0.on', [[{}], [{ on: 7 }], [{ on: 'A service' }], [{ on: 'a/b/c/d/e' }]]],
    ['dependencies', 'dependsOn', 'dependsOn.0.on', [[{ on: 'mail' }], [{ on: 'nowhere' }], [{ on: 'nobody/eu/x' }]]],
    ['dependencies', 'dependsOn', 'dependsOn.1.on', [[{ on: 'queue' }, { on: 'queue' }]]],
    ['dependencies', 'dependsOn', 'dependsOn.0.hardness', [[{ on: 'queue', hardness: 'firm' }]]],
    ['try', 'kind', 'kind', [undefined, 'pager', 7]],
    ['try', 'message', 'message', [undefined, 7, {}]],
    ['try', 'config', 'config.groupBy.0', [{ groupBy: ['labels['] }]],
    ['try', 'config', 'config.maxPerMinute', [{ maxPerMinute: 0 }, { maxPerMinute: 'many' }]],
  ])('%s: %s is refused as %s', async (door, field, told, values) => {
    for (const value of values) {
      const sent = await knock(door, { ...good(door), [field]: value });
      expect([value, sent.status, fieldsOf(sent)]).toEqual([value, 400, [told]]);
    }
    expect(await stage.countRows()).toEqual(before);
  });

  it('no JSON, a list, a field that nobody knows, and too much', async () => {
    for (const door of Object.keys(doors) as DoorName[]) {
      for (const body of ['{', '[]', 'null', '"x"']) {
        expect([door, body, problemOf(await knock(door, body)).status]).toEqual([door, body, 400]);
      }
      const unknown = await knock(door, { ...good(door), colour: 'red' });
      expect([door, unknown.status, problemOf(unknown).detail]).toEqual([door, 400, expect.stringContaining('colour')]);
      expect([door, (await knock(door, ' '.repeat(300_000))).status]).toEqual([door, 413]);
    }
    expect(await stage.countRows()).toEqual(before);
  });

  it('without a sign-in, or with too little right', async () => {
    for (const door of Object.keys(doors) as DoorName[]) {
      expect([door, problemOf(await knock(door, good(door), 'nobody')).status]).toEqual([door, 401]);
      const less = doors[door][2] === 'admin' ? 'responder' : 'viewer';
      expect([door, problemOf(await knock(door, good(door), less)).status]).toEqual([door, 403]);
    }
    expect(await stage.countRows()).toEqual(before);
  });

  it('about what is not there, is over, or is described in hugops.yaml', async () => {
    for (const verb of ['causes', 'split', 'merge', 'snooze'] as const) {
      const nowhere = await knock(verb, good(verb), undefined, `/incidents/inc_nowhere/${verb}`);
      expect([verb, nowhere.status]).toEqual([verb, 404]);
      const over = await knock(verb, good(verb), undefined, `/incidents/${ids.over}/${verb}`);
      expect([verb, problemOf(over).status]).toEqual([verb, 409]);
    }
    const refusals = [
      await knock('causes', { causeId: 'nowhere', ruling: 'is-cause' }),
      await knock('split', { serviceId: 'queue' }),
      await knock('split', { serviceId: 'mail' }),
      await knock('merge', { intoId: ids.open }),
      await knock('merge', { intoId: ids.over }),
      await knock('merge', { intoId: 'inc_nowhere' }),
      await knock('dependencies', { dependsOn: [] }, undefined, '/services/nowhere/dependencies'),
      await knock('dependencies', { dependsOn: [] }, undefined, '/services/checkout/dependencies'),
    ];
    for (const sent of refusals) expect(problemOf(sent).detail).toMatch(/^[A-Z#].*\.$/);
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400, 409, 404, 404, 409]);
    expect(await stage.countRows()).toEqual(before);
  });
});

it('rules of how one is called name the place that is wrong; a method of somebody else is nobody’s', async () => {
  const personId = ((await stage.hugops.api('GET', '/me')).body as { person: { id: string } }).person.id;
  const method = {
    config: JSON.stringify({ address: 'x@example.com' }),
    owned_by: 'console',
    position: 0,
    kind: 'email',
  } as const;
  await stage.hugops.app.ctx.db
    .insertInto('contact_methods')
    .values([
      { ...method, id: 'mine', label: 'mine', person_id: personId, created_at: 1 },
      { ...method, id: 'bobs', label: 'of bob', person_id: 'bob', created_at: 1 },
    ])
    .execute();
  before = await stage.countRows();
  const step = { contactMethodId: 'mine', afterMs: 0 };
  const rules = { high: [step], low: [], quietHours: null };
  const hours = { days: [1], from: '22:00', to: '07:00' };
  const wrong: [object, string][] = [
    [{ ...rules, high: [{ ...step, contactMethodId: 'bobs' }] }, 'rules.high.0.contactMethodId'],
    [{ ...rules, low: [step, { ...step, contactMethodId: 'none' }] }, 'rules.low.1.contactMethodId'],
    [{ ...rules, high: [{ ...step, afterMs: -1 }] }, 'rules.high.0.afterMs'],
    [{ ...rules, high: [{ ...step, afterMs: 1e12 }] }, 'rules.high.0.afterMs'],
    [{ ...rules, high: Array.from({ length: 21 }, () => step) }, 'rules.high'],
    [{ ...rules, low: undefined }, 'rules.low'],
    [{ ...rules, quietHours: { ...hours, to: '22:00' } }, 'rules.quietHours.to'],
    [{ ...rules, quietHours: { ...hours, from: '25:00' } }, 'rules.quietHours.from'],
    [{ ...rules, quietHours: { ...hours, days: [8] } }, 'rules.quietHours.days.0'],
  ];
  for (const [value, path] of wrong) {
    const { status, body } = await stage.hugops.api('PUT', '/me/notification-rules', { rules: value });
    const told = (body as { errors?: { path: string }[] }).errors?.map((one) => one.path);
    expect([value, status, told]).toEqual([value, 400, [path]]);
  }
  expect((await stage.hugops.api('PUT', '/me/notification-rules', {})).status).toBe(400);
  expect((await stage.hugops.api('GET', '/me')).body).toMatchObject({ person: { notificationRules: null } });
  expect(await stage.countRows()).toEqual(before);
});

it('a message on trial that cannot be understood says why, and keeps nothing', async () => {
  const config = { mapping: { key: '$.id', status: '$.state' } };
  const tried = async (input: object) => JSON.parse((await knock('try', input)).text) as { refusal: string | null };
  expect((await tried({ kind: 'alertmanager', message: '{' })).refusal).toMatch(/JSON/);
  expect((await tried({ kind: 'webhook', config, message: '[]' })).refusal).not.toBeNull();
  expect((await tried({ kind: 'webhook', config, message: '{"id":1}' })).refusal).toContain('$.state');
  expect((await tried({ kind: 'webhook', config, message: `${'['.repeat(50_000)}` })).refusal).toMatch(/JSON|deep/);
  expect(await stage.countRows()).toEqual(before);
});
