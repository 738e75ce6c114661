import { describe, expect, it } from 'vitest';
import { exampleSecrets, exampleText, goodConfig, read, warningsOf } from './config-kit.ts';

describe('the example', () => {
  it('is good, without a warning', () => {
    expect(warningsOf(exampleText(), exampleSecrets)).toEqual([]);
  });

  it('comes out with durations in milliseconds, days as numbers, references resolved and gaps filled', () => {
    const config = goodConfig(exampleText(), exampleSecrets);
    expect(config.mail).toEqual({ url: exampleSecrets.SMTP_URL, from: 'HugOps <hugops@example.com>' });
    expect(config.people['alice']).toEqual({
      name: 'Alice Ahlgren',
      email: 'alice@example.com',
      timeZone: 'Europe/Berlin',
      showName: true,
      wakingHours: { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' },
      contact: [
        { kind: 'email', address: 'alice@example.com' },
        { kind: 'ntfy', label: 'phone', server: 'https://ntfy.example.com', topic: exampleSecrets.ALICE_NTFY_TOPIC },
      ],
      notify: {
        high: [
          { use: 'phone', after: 0 },
          { use: 'email', after: 120_000 },
        ],
        low: [{ use: 'email', after: 0 }],
        quietHours: { days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '07:00' },
      },
    });
    expect(config.people['bob']?.wakingHours).toEqual({ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' });
    expect(config.policies['default']?.steps[0]).toEqual({ notify: [{ schedule: 'primary' }], wait: 300_000 });
    expect(config.services['checkout']?.dependsOn).toEqual([
      { on: 'shop-db', hardness: 'hard' },
      { on: 'payment-provider/eu/cards', hardness: 'hard' },
      { on: 'recommendations', hardness: 'soft' },
    ]);
    const checks = config.services['shop-db']?.checks ?? {};
    expect(checks['port']).toMatchObject({ kind: 'tcp', interval: 15_000, failureThreshold: 2, severity: 'critical' });
    expect(checks['backup']).toMatchObject({ kind: 'heartbeat', interval: 86_400_000, grace: 3_600_000 });
    expect(config.schedules['primary']?.layers[0]).toMatchObject({
      rotation: 'weekly',
      handOff: { day: 1, time: '09:00' },
    });
  });

  it('keeps the references of checks, which are filled in at each run', () => {
    const check = goodConfig(exampleText(), exampleSecrets).services['checkout']?.checks['home'];
    expect(check?.['headers']).toEqual({ authorization: '${env:HEALTH_TOKEN}' });
  });
});

describe('what people write', () => {
  it('may be the shortest', () => {
    const config = goodConfig('services: { api: { name: API } }');
    expect(config.services['api']).toEqual({
      name: 'API',
      description: '',
      dependsOn: [],
      checks: {},
      integrations: {},
    });
    expect(config.people).toEqual({});
    expect(config.statusPage).toBeUndefined();
  });

  it('may have sections of which all is commented out, a byte order mark, CRLF, anchors and ids that are numbers', () => {
    const text = [
      '\ufeffpeople:',
      '  # alice: …',
      'services:',
      '  7: &base { name: &name Seven }',
      '  8: *base',
      '  constructor: { name: *name }',
      '',
    ].join('\r\n');
    const config = goodConfig(text);
    expect(Object.keys(config.services)).toEqual(['7', '8', 'constructor']);
    expect(config.services['8']?.name).toBe('Seven');
  });

  it('keeps hours, dates and yes as written: YAML 1.1 would read them as numbers, times and true', () => {
    const text = `%YAML 1.1
---
people:
  alice: { name: yes, email: a@example.com, timeZone: UTC, wakingHours: { days: [mon], from: 09:00, to: 17:30 } }`;
    const { alice } = goodConfig(text).people;
    expect(alice?.name).toBe('yes');
    expect(alice?.wakingHours).toEqual({ days: [1], from: '09:00', to: '17:30' });
  });

  it.each([
    ['[mon..fri]', [1, 2, 3, 4, 5]],
    ['[friday..Monday]', [1, 5, 6, 7]],
    ['[sun, wed, sun]', [3, 7]],
  ])('days: %s', (days, numbers) => {
    const text = `people: { a: { name: A, email: a@b, timeZone: UTC, wakingHours: { days: ${days}, from: '09:00', to: '24:00' } } }`;
    expect(goodConfig(text).people['a']?.wakingHours.days).toEqual(numbers);
  });

  it('may be bytes', () => {
    expect(read(Buffer.from('services: { a: { name: Ä } }'))).toMatchObject({ ok: true });
  });
});

describe('warnings', () => {
  const people = `
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
  bob: { name: Bob, email: bob@example.com, timeZone: UTC }
`;

  it('tell of a policy that reaches nobody, and not of one that does through a team or schedule', () => {
    const text = `${people}
teams: { a: { name: A, leads: [alice] }, b: { name: B, members: [bob] } }
schedules: { s: { name: S, timeZone: UTC, layers: [{ rotation: weekly, people: [bob, alice], start: 2026-01-01 }] } }
policies:
  one: { steps: [{ notify: [{ team: b }, { person: bob }] }] }
  two: { steps: [{ notify: [{ team: a }] }] }
  three: { steps: [{ notify: [{ schedule: s }] }] }
`;
    expect(warningsOf(text)).toEqual(['9:3 policies.one this policy reaches nobody who has a contact method']);
  });

  it('tell of a service without any policy, a team without members', () => {
    const text = `${people}
teams: { empty: { name: E } }
services: { api: { name: API }, web: { name: Web, team: empty } }`;
    expect(warningsOf(text)).toEqual([
      '6:10 teams.empty this team has no members',
      '7:13 services.api nobody is paged for this service: it has no policy',
      '7:33 services.web nobody is paged for this service: it has no policy',
    ]);
    expect(warningsOf(`${text}\npolicies: { default: { steps: [{ notify: [{ person: alice }] }] } }`)).toEqual([
      '6:10 teams.empty this team has no members',
    ]);
  });

  it('tell of gaps in the next 30 days in the time of the schedule', () => {
    const text = `${people}
schedules:
  s:
    name: S
    timeZone: Europe/Berlin
    layers:
      - { rotation: daily, people: [alice], start: 2026-03-04, restrictions: [{ days: [mon..sun], from: '00:00', to: '23:00' }] }`;
    const [warning] = warningsOf(text);
    expect(warning).toMatch(/^7:3 schedules\.s this schedule has 29 gaps in the next 30 days, /);
    expect(warning).toContain('first from 2026-03-02 13:00 to 2026-03-04 09:00 (Europe/Berlin)');
  });

  it('tell of a secret that may stand in the file, but hardly should, without showing it', () => {
    const text = `people:
  alice: { name: A, email: a@example.com, timeZone: UTC, contact: [{ kind: ntfy, topic: my-hidden-topic }] }`;
    const result = read(text);
    const warnings = result.ok ? result.warnings : [];
    expect(warnings.map(({ path }) => path)).toEqual(['people.alice.contact[0].topic']);
    expect(JSON.stringify(warnings)).not.toContain('my-hidden-topic');
  });
});
