import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfigText } from '../../../src/app/config/read-config.ts';
import { generateCrowd } from '../../../src/app/replay/generate-crowd.ts';
import { readScenarioFile, readScenarioText } from '../../../src/app/replay/read-scenario.ts';
import { postsKeyVariable, scenarioConfig } from '../../../src/app/replay/scenario-config.ts';
import { scenarioJsonSchema } from '../../../src/app/replay/scenario-json-schema.ts';
import type { Scenario } from '../../../src/app/replay/scenario.ts';

const folder = new URL('../../../scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

const small = `
title: A small outage
startsAt: 2026-12-01T09:00:00Z
endsAt: 2026-12-02T18:00:00Z
sources: { log: { title: Our log, url: https://example.com/log } }
facts:
  - { at: '09:10', what: It breaks, source: log }
  - { at: '09:20', what: It works, source: log }
people: { alice: { name: Alice Ahlgren, timeZone: Europe/Berlin, acknowledges: 2m } }
teams: { shop: { name: Shop, onCall: [alice] } }
services:
  web: { name: Website, team: shop, health: [{ at: '09:10', failing: 1 }, { at: '09:20', failing: 0 }] }
phrases: { broken: { stance: problem, texts: ['{service} is down'] } }
streams:
  crowd:
    as: posts
    about: [web]
    rate: [{ at: '09:11', perMinute: 6 }, { at: '09:21', perMinute: 0 }]
    mix: { broken: 1 }
acts: [{ at: '09:12', who: alice, does: note, about: web, text: Looking. }]
expect: { incidents: 1 }
`;

/** What is said about the small outage once a piece of it is written otherwise: the line and the message, the field between them. */
function faults(from: string, to: string): string[] {
  expect(small).toContain(from);
  const read = readScenarioText(small.replace(from, to), 'outage.yaml');
  return read.ok ? [] : read.errors.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

function good(): Scenario {
  const read = readScenarioText(small, 'outage.yaml');
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.scenario;
}

describe('a scenario file', () => {
  it('is read into times', () => {
    const scenario = good();
    expect(scenario.services.get('web')).toMatchObject({
      every: 30_000,
      health: [
        { at: Date.UTC(2026, 11, 1, 9, 10), failing: 1 },
        { at: Date.UTC(2026, 11, 1, 9, 20), failing: 0 },
      ],
    });
  });

  it.each<[what: string, from: string, to: string, told: string]>([
    [
      'an end before the beginning',
      '2026-12-02T18:00:00Z',
      '2026-11-02T18:00:00Z',
      '4 endsAt: expected an end after the beginning',
    ],
    ['a year of it', '2026-12-02T18:00:00Z', '2027-12-02T18:00:00Z', '4 endsAt: expected an end at most 14d after'],
    [
      'a day that there is not',
      '2026-12-02T18:00:00Z',
      '2026-02-30T18:00:00Z',
      '4 endsAt: expected an instant such as',
    ],
    [
      'times out of order',
      "at: '09:20', what",
      "at: '09:05', what",
      '8 facts[1].at: expected a time not before that of facts[0], found "09:05"',
    ],
    [
      'two states at once',
      "{ at: '09:20', failing: 0 }",
      "{ at: '09:10', failing: 0 }",
      'services.web.health[1].at: expected a time after',
    ],
    [
      'a time outside',
      "{ at: '09:12', who",
      "{ at: 'day 9 09:12', who",
      'acts[0].at: expected a time from startsAt to endsAt',
    ],
    [
      'no time',
      "{ at: '09:12', who",
      '{ at: noon, who',
      "acts[0].at: expected a time such as '09:13' or 'day 2 16:00'",
    ],
    [
      'an unknown service',
      'about: [web]',
      'about: [wbe]',
      '17 streams.crowd.about[0]: expected a service from the section services, found "wbe", did you mean "web"?',
    ],
    [
      'an unknown person',
      'onCall: [alice]',
      'onCall: [bob]',
      'teams.shop.onCall[0]: expected a person from the section people, found "bob"',
    ],
    [
      'an unknown source',
      'what: It works, source: log',
      'what: It works, source: blog',
      'facts[1].source: expected a source',
    ],
    ['an unknown phrase', 'mix: { broken: 1 }', 'mix: { borken: 1 }', '19 streams.crowd.mix.borken: expected a phrase'],
    ['a fact without a source', 'what: It works, source: log', 'what: It works', 'facts[1].source: expected'],
    [
      'a stream without an end',
      "at: '09:21', perMinute: 0",
      "at: '09:21', perMinute: 3",
      '18 streams.crowd.rate[1].perMinute: expected a stream that ends',
    ],
    [
      'a stream that floods',
      "{ at: '09:11', perMinute: 6 }, { at: '09:21'",
      "{ at: '09:11', perMinute: 2000 }, { at: 'day 2 09:21'",
      'streams.crowd.rate: expected at most 100000',
    ],
    [
      'shares that do not add up',
      'mix: { broken: 1 }',
      'mix: { broken: 0.7 }',
      'streams.crowd.mix: expected shares that make 1 together, found 0.7',
    ],
    ['posts without words', 'mix: { broken: 1 }', 'authors: 3', 'streams.crowd.mix: expected the phrases'],
    [
      'a service that is never well again',
      "{ at: '09:20', failing: 0 }",
      "{ at: '09:20', failing: 0.5 }",
      'services.web.health[1]: expected a recovery',
    ],
    [
      'more than all requests',
      'failing: 1 }',
      'failing: 0.8, hanging: 0.4 }',
      'services.web.health[0]: expected shares of failing and hanging',
    ],
    [
      'an act before there is trouble',
      "{ at: '09:12', who",
      "{ at: '09:02', who",
      'acts[0].at: expected a time after the trouble of web begins',
    ],
    ['an update without a phase', 'does: note', 'does: update', 'acts[0].phase: expected the phase'],
    ['a note without words', 'about: web, text: Looking.', 'about: web', 'acts[0].text: expected the text of the note'],
    ['a field that there is not', 'team: shop, health', 'taem: shop, health', 'services.web.taem: expected one of'],
    ['nothing to expect', 'expect: { incidents: 1 }', '', 'expect: expected a mapping, found nothing'],
  ])('names line and field of %s', (_, from, to, told) => {
    const found = faults(from, to);
    expect(found.join('\n')).toContain(told);
  });

  it.each([
    ['', 'empty'],
    ['- a\n- b\n', 'mapping'],
    ['title: [', 'not valid YAML'],
    ['\u0000', 'control character'],
    [`a: ${'['.repeat(5_000)}`, 'not valid YAML'],
  ])('refuses %j', (text, told) => {
    const read = readScenarioText(text, 'outage.yaml');
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.errors.map(({ message }) => message).join('\n')).toContain(told);
  });

  it('refuses what is no file', async () => {
    for (const path of ['/nowhere/outage.yaml', '/'])
      expect(await readScenarioFile(path)).toMatchObject({ ok: false, errors: [{ file: path }] });
  });
});

describe('the crowd', () => {
  it('is the same for the same seed, in order, as many as the rates say, of the shares of the mix', () => {
    const scenario = good();
    const crowd = generateCrowd(scenario, 7);
    expect(generateCrowd(scenario, 7)).toEqual(crowd);
    expect(generateCrowd(scenario, 8)).not.toEqual(crowd);
    expect(crowd.map(({ at }) => at)).toEqual(crowd.map(({ at }) => at).toSorted((a, b) => a - b));
    // 6 a minute that fall to 0 over ten minutes are 30: over 200 seeds the mean is within three standard errors of it.
    const counts = Array.from({ length: 200 }, (_, seed) => generateCrowd(scenario, seed).length);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(Math.abs(mean - 30)).toBeLessThan(3 * Math.sqrt(30 / 200));
    expect(crowd.every((voice) => voice.as === 'post' && voice.text === 'Website is down')).toBe(true);
  });
});

describe.each(files)('scenarios/%s', (name) => {
  it('is valid, and so is the configuration of its team', async () => {
    const read = await readScenarioFile(new URL(name, folder).pathname);
    expect(read).toMatchObject({ ok: true });
    if (!read.ok) return;
    const services = new Map([...read.scenario.services.keys()].map((id) => [id, 'http://127.0.0.1:1']));
    const yaml = scenarioConfig(read.scenario, { services, smtpUrl: 'smtp://127.0.0.1:25' });
    expect(
      readConfigText(yaml, 'hugops.yaml', {
        variables: { [postsKeyVariable]: 'a-key-that-has-enough-letters' },
        now: read.scenario.startsAt,
      }),
    ).toMatchObject({
      ok: true,
    });
  });
});

describe('scenario.schema.json', () => {
  const path = new URL('../../../scenario.schema.json', import.meta.url);

  it('is current (UPDATE_SCHEMA=1 writes it; format it afterwards)', () => {
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(path, JSON.stringify(scenarioJsonSchema(), null, 2));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });

  it('is explained field by field in docs/replay.md', () => {
    const text = readFileSync(new URL('../../../docs/replay.md', import.meta.url), 'utf8');
    const missing = [...fieldNames(scenarioJsonSchema())].filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    expect(missing).toEqual([]);
  });
});

function* fieldNames(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') yield* Object.keys(value as object);
    yield* fieldNames(value);
  }
}
