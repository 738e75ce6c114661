import { describe, expect, it } from 'vitest';
import { formatConfigErrors } from '../../../src/app/config/config-error.ts';
import { builtInKinds } from '../../../src/app/config/kinds.ts';
import { brief, briefErrors, errorsOf } from './config-kit.ts';

describe('an error', () => {
  it('looks like a compiler’s', () => {
    const text = `services:
  checkout:
    name: Checkout
    checks:
      home:
        kind: http
        url: https://example.com
        interval: fast
`;
    expect(formatConfigErrors(errorsOf(text))).toBe(
      `hugops.yaml:8:19  services.checkout.checks.home.interval  expected a duration of at least 1s, found "fast"
    8 |         interval: fast
      |                   ^
`,
    );
  });

  it('points at the right character after letters outside the basic plane, tabs, and far into a long line', () => {
    const [error] = errorsOf('services: { a: { name: "🫂🫂", descripton: x } }');
    expect(error).toMatchObject({ line: 1, column: 30 });
    const long = formatConfigErrors(errorsOf(`services: { a: { name: ${'x'.repeat(300)}, description: 3 } }`));
    const [, source = '', caret = ''] = long.split('\n');
    expect(source.length).toBeLessThan(120);
    expect(source.slice(caret.indexOf('^'))).toMatch(/^x/);
  });

  it('never carries escape sequences or changes of direction to the terminal', () => {
    const output = formatConfigErrors(errorsOf('services: { "a\u202eb": 1, "c\u009b31m": 2 }'));
    expect(output).not.toMatch(/[\u009b\u202e]/u);
  });
});

const base = `
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC }
`;

describe('every mistake is told at once, with what was expected and found', () => {
  it('in fields', () => {
    const text = `people:
  alice:
    name: 42
    email: alice
    timeZone: Europe/Berln
    wakingHours: { days: [mon..fri, fooday], from: 9:00, to: '17:00' }
    showName: yes
  Bob: { name: Bob, email: bob@example.com, timeZone: UTC }
services:
  api: { descripton: x }
`;
    expect(briefErrors(text)).toEqual([
      '3:11 people.alice.name expected a name as text, found the number 42 (put it in quotes)',
      '4:12 people.alice.email expected an e-mail address, found "alice"',
      '5:15 people.alice.timeZone expected a time zone such as Europe/Berlin, found "Europe/Berln"',
      '6:37 people.alice.wakingHours.days[1] expected a day or a span of days such as mon or mon..fri, found "fooday"',
      `6:52 people.alice.wakingHours.from expected a time of day from '00:00' to '23:59', found "9:00"`,
      '7:15 people.alice.showName expected true or false, found "yes"',
      '8:3 people.Bob expected an id of up to 64 lower-case letters, digits, - and _, beginning with a letter or digit, found "Bob"',
      '10:3 services.api.name expected a name as text, found nothing',
      '10:10 services.api.descripton expected one of name, description, team, policy, dependsOn, checks, integrations, listen, found the unknown field "descripton", did you mean "description"?',
    ]);
  });

  it('in checks and contact methods, by their kind', () => {
    const text = `${base}
  bob: { name: B, email: b@example.com, timeZone: UTC, contact: [{ kind: slak }, { kind: email, adress: b }, email] }
services:
  api:
    name: API
    checks:
      a: { kind: http, url: 'ftp://example.com', timeot: 1s }
      b: { kind: tcp, host: db.example.com, port: 70000 }
      c: { kind: heartbeat, grace: 5 }
      d: { kind: http, url: 'https://example.com', expect: [{ on: header, name: x, is: present, vlue: y }] }
      e: { kind: tcp, host: h, port: 1, interval: 5s, timeout: 6s }
      f: {}
`;
    const errors = briefErrors(text);
    expect(errors).toContain(
      `5:74 people.bob.contact[0].kind expected one of ${kindsOf(builtInKinds.channelKinds)}, found "slak", did you mean "slack"?`,
    );
    expect(errors.find((error) => error.startsWith('5:97'))).toContain('did you mean "address"?');
    expect(errors).toContainEqual(expect.stringMatching(/^5:110 people\.bob\.contact\[2\] expected a mapping/));
    expect(errors).toContainEqual(
      expect.stringMatching(/^10:29 services\.api\.checks\.a\.url .*; found "ftp:\/\/example.com"$/),
    );
    expect(errors.find((error) => error.startsWith('10:50'))).toContain('did you mean "timeout"?');
    expect(errors).toContain('11:51 services.api.checks.b.port expected at most 65535, found the number 70000');
    expect(errors).toContain('12:7 services.api.checks.c.interval expected a duration of at least 1s, found nothing');
    expect(errors).toContain(
      '12:36 services.api.checks.c.grace expected a duration of at least 1s, found the number 5',
    );
    expect(errors.find((error) => error.startsWith('13:97'))).toContain('did you mean "value"?');
    expect(errors).toContain(
      '14:64 services.api.checks.e.timeout expected a timeout of at most the interval (5s), found "6s"',
    );
    expect(errors).toContain(
      `15:7 services.api.checks.f.kind expected one of ${kindsOf(builtInKinds.checkKinds)}, found nothing`,
    );
  });

  it('in references, also beside fields that are wrong', () => {
    const text = `${base}
teams: { t: { name: T, members: [alice, alcie], policy: defalt, nmae: 1 } }
schedules:
  s: { name: S, timeZone: UTC, layers: [{ rotation: weekly, people: [bob], start: 2026-02-30 }] }
policies:
  default: { steps: [{ notify: [{ person: al }, { team: tt }, { schedule: x }, { person: alice, team: t }, {}] }] }
services:
  api: { name: API, team: none, policy: gone, dependsOn: [web, upstream/x, { on: api2 }] }
statusPage: { title: P, groups: [{ name: G, components: [{ service: wbe }, { service: api }, { service: api }] }] }
`;
    const found = errorsOf(text).map(({ line, path }) => `${line} ${path}`);
    expect(found).toEqual([
      '5 teams.t.members[1]',
      '5 teams.t.policy',
      '5 teams.t.nmae',
      '7 schedules.s.layers[0].people[0]',
      '7 schedules.s.layers[0].start',
      '9 policies.default.steps[0].notify[0].person',
      '9 policies.default.steps[0].notify[1].team',
      '9 policies.default.steps[0].notify[2].schedule',
      '9 policies.default.steps[0].notify[3]',
      '9 policies.default.steps[0].notify[4]',
      '11 services.api.team',
      '11 services.api.policy',
      '11 services.api.dependsOn[0]',
      '11 services.api.dependsOn[2].on',
      '12 statusPage.groups[0].components[0].service',
      '12 statusPage.groups[0].components[2].service',
    ]);
    expect(briefErrors(text)[0]).toBe(
      '5:41 teams.t.members[1] expected a person from the section people, found "alcie", did you mean "alice"?',
    );
  });

  it('in circles of hard dependencies, not of soft ones', () => {
    const service = (id: string, on: string): string => `  ${id}: { name: ${id}, dependsOn: [${on}] }\n`;
    const circle = `services:\n${service('a', 'b')}${service('b', 'c')}${service('c', 'a')}${service('d', 'd')}`;
    expect(briefErrors(circle)).toEqual([
      '4:29 services.c.dependsOn[0] expected hard dependencies without a circle (make one of them soft), found a → b → c → a',
      '5:29 services.d.dependsOn[0] expected hard dependencies without a circle (make one of them soft), found d → d',
    ]);
    const soft = `services:\n${service('a', 'b')}${service('b', '{ on: a, hardness: soft }')}`;
    expect(() => errorsOf(soft)).toThrow('expected a refused file');
  });

  it('in a chain of thousands', () => {
    const count = 2_000;
    const lines = Array.from({ length: count }, (_, i) => `  s${i}: {name: n, dependsOn: [s${(i + 1) % count}]}`);
    const errors = errorsOf(`services:\n${lines.join('\n')}`);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message.length).toBeLessThan(300);
  });

  it('in what must be there once', () => {
    const text = `${base}
  bob: { name: Bob, email: ALICE@example.com, timeZone: UTC }
services:
  api:
    name: API
    dependsOn: [x/y, x/y]
    integrations:
      a: { kind: alertmanager, key: '\${env:KEY}' }
      b: { kind: events-v2, key: '\${env:KEY}' }
`;
    const errors = errorsOf(text, { KEY: 'k'.repeat(32) });
    expect(errors.map(brief)).toEqual([
      '5:28 people.bob.email expected each e-mail address once, found "ALICE@example.com" as in people.alice.email again',
      '9:22 services.api.dependsOn[1] expected each dependency once, found "x/y" as in services.api.dependsOn.0 again',
      '12:34 services.api.integrations.b.key expected a key of its own for each integration, found that of services.api.integrations.a.key again',
    ]);
  });

  it('in overrides', () => {
    const text = `${base}
schedules:
  s:
    name: S
    timeZone: Europe/Berlin
    layers: [{ rotation: weekly, people: [alice], start: 2026-01-01 }]
    overrides:
      - { person: alice, from: 2026-05-01 10:00, until: 2026-05-01 09:00 }
      - { person: alice, from: 2026-06-01 10:00, until: 2026-06-03 10:00 }
      - { person: alice, from: 2026-06-03 09:00, until: 2026-06-04 10:00 }
      - { person: alice, from: 2026-13-01 09:00, until: soon }
`;
    expect(briefErrors(text)).toEqual([
      '11:57 schedules.s.overrides[0].until expected an end after the beginning, found "2026-05-01 09:00"',
      '13:9 schedules.s.overrides[2] expected overrides that do not overlap, found one that begins before schedules.s.overrides[1] ends',
      '14:32 schedules.s.overrides[3].from expected a local time on a date that exists, from 1970 to 2200, found "2026-13-01 09:00"',
      '14:57 schedules.s.overrides[3].until expected a local time such as 2026-01-05 09:00, found "soon"',
    ]);
  });
});

describe('a file that is no YAML', () => {
  it.each([
    ['', 'expected a mapping with sections such as people and services, found an empty file'],
    ['# nothing', 'expected a mapping with sections such as people and services, found an empty file'],
    ['people:\nservices:\n', 'expected a mapping with sections such as people and services, found an empty file'],
    ['just text', 'expected a mapping, found "just text"'],
    ['- a\n- b', 'expected a mapping, found a list'],
  ])('%j', (text, message) => {
    expect(errorsOf(text)).toEqual([expect.objectContaining({ line: 1, message })]);
  });

  it.each([
    ['services:\n\tapi: { name: A }', 2, /tab/],
    ['services:\n  api: { name: A\n', 3, /flow map/i],
    ['services: { api: { name: "A } }', 1, /missing closing/i],
    ['services: { api: { name: !secret A } }', 1, /tag/],
    ['a: 1\n---\nb: 2', 2, /multiple documents/],
    ['services: *nowhere', 1, /anchor/],
    ['services: &a { x: *a }', 1, /ends/],
    ['services:\n  api: { name: A }\n  api: { name: B }', 3, /each key once/],
    ['services:\n  ? [a]\n  : b', 2, /a name as the key, found a collection/],
    ['services:\n  __proto__: { name: A }', 2, /another name/],
    ['services: { ~: { name: A } }', 1, /a name as the key/],
  ])('%j', (text, line, message) => {
    const [error] = errorsOf(text);
    expect(error?.message).toMatch(message);
    expect(error?.line).toBe(line);
  });

  it('says which encoding it wants, and where it ends', () => {
    expect(briefErrors(Buffer.from('services: { a: { name: A } }', 'utf16le'))[0]).toContain('control character');
    expect(briefErrors(Buffer.from('\ufeffservices: {}', 'utf16le'))[0]).toBe('1:1  expected UTF-8, found UTF-16');
    expect(briefErrors(Buffer.from('services:\n  a: { name: \xe4 }', 'latin1'))[0]).toBe(
      '2:14  expected UTF-8, found bytes in another encoding',
    );
    expect(briefErrors('services:\n  a: { name: \ud800 }')[0]).toContain('expected UTF-8');
    expect(briefErrors('services:\n  a: { name: "\u0000" }')[0]).toBe(
      '2:15  expected printable text, found the control character U+0000',
    );
  });

  it('is refused when it is larger than 1 MiB', () => {
    expect(briefErrors(`services: {}\n${'#'.repeat(1_048_576)}`)).toEqual([
      expect.stringContaining('expected a file of at most 1 MiB, found 1048589 bytes'),
    ]);
  });
});

describe('a file that is an attack', () => {
  it('of aliases of aliases ends soon', () => {
    const levels = Array.from({ length: 30 }, (_, i) =>
      i === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
        : `a${i}: &a${i} [${Array(10)
            .fill(`*a${i - 1}`)
            .join(', ')}]`,
    );
    const startedAt = performance.now();
    const errors = errorsOf(levels.join('\n'));
    expect(errors.some(({ message }) => /at most [\d]+ (aliases|values)/.test(message))).toBe(true);
    expect(errors.length).toBeLessThan(600);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it.each([
    ['nested brackets', '['.repeat(50_000)],
    ['nested mappings', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['nested lists', `${'- '.repeat(20_000)}a`],
    ['many keys', `services:\n${Array.from({ length: 15_000 }, (_, i) => `  a${i}: 1`).join('\n')}`],
    ['one line', `services: {${Array.from({ length: 10_000 }, (_, i) => `a${i}: 1`).join(',')}}`],
    ['many unknown sections', Array.from({ length: 10_000 }, (_, i) => `servcies${i}: 1`).join('\n')],
    [
      'many references',
      `teams: { t: { name: T, members: [${Array.from({ length: 15_000 }, (_, i) => `m${i}`).join(',')}] } }`,
    ],
    ['one long word', `services: ${'x'.repeat(1_000_000)}`],
    ['one long key', `${'x'.repeat(900)}: 1\n"${'y'.repeat(900_000)}": 2`],
    ['many quotes', `a: ${"''".repeat(400_000)}`],
  ])('of %s ends soon, with a line', (_, text) => {
    const startedAt = performance.now();
    const errors = errorsOf(text);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(500);
    expect(formatConfigErrors(errors).length).toBeLessThan(1_000_000);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});

const kindsOf = (kinds: Iterable<{ kind: string }>): string => Array.from(kinds, ({ kind }) => kind).join(', ');
