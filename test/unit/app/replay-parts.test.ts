import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/app/replay/judge.ts';
import { parseReplayArgs } from '../../../src/app/replay/parse-replay-args.ts';
import type { Story } from '../../../src/app/replay/read-story.ts';
import { reportHtml } from '../../../src/app/replay/report-html.ts';
import { reportTable } from '../../../src/app/replay/report-table.ts';
import { lagText, reportText } from '../../../src/app/replay/report-text.ts';
import { renderFeed } from '../../../src/app/replay/world/provider-feed.ts';
import { machineMs, scaledClock } from '../../../src/platform/clock.ts';
import { feedFormat } from '../../../src/watch/upstreams/formats.ts';
import { bundledScenario } from '../../harness/replay.ts';

const at = (clock: string): number => Date.parse(`2015-09-20T${clock}:00Z`);

describe("a provider's feed", () => {
  it('is read by the reader of AWS as what was published by then', async () => {
    const provider = (await bundledScenario('2015-09-20-aws')).providers.get('aws');
    if (provider === undefined) throw new Error('no provider');
    const read = (clock: string) => {
      const { bytes, type } = renderFeed(provider, at(clock));
      const reading = feedFormat('aws')?.parse(bytes, type);
      if (reading?.ok !== true) throw new Error(JSON.stringify(reading));
      return reading.notices.map(({ state, impact, parts, updates }) => ({
        state,
        impact,
        parts: parts.map(({ id }) => id),
        updates: updates.length,
      }));
    };
    expect(read('09:59')).toEqual([]);
    expect(read('10:00')).toEqual([
      { state: 'investigating', impact: 'degraded_performance', parts: ['dynamodb-us-east-1'], updates: 1 },
    ]);
    expect(read('11:52')).toContainEqual(expect.objectContaining({ impact: 'major_outage', updates: 5 }));
    expect(read('14:10')).toContainEqual(expect.objectContaining({ state: 'resolved', updates: 6 }));
    // A day later nobody lists it any more.
    expect(read('23:59')).toEqual([]);
  });

  it('is read by the reader of Statuspage', async () => {
    const provider = (await bundledScenario('2021-06-08-fastly')).providers.get('fastly');
    if (provider === undefined) throw new Error('no provider');
    const { bytes, type } = renderFeed(provider, Date.parse('2021-06-08T10:30:00Z'));
    expect(feedFormat('statuspage')?.parse(bytes, type)).toMatchObject({
      ok: true,
      notices: [{ state: 'identified', impact: 'major_outage', parts: [{ name: 'CDN' }] }],
    });
  });
});

describe('a clock that runs fast', () => {
  it('shows what its pace says, stands still when told, and shortens waits down to a floor', () => {
    const realAt = Date.now();
    const clock = scaledClock({ realAt: realAt - 1_000, at: 5_000, speed: 60 });
    expect(clock.now()).toBeGreaterThanOrEqual(65_000);
    expect(clock.realTimeOf(65_000)).toBe(realAt);
    expect(machineMs(clock, 60_000, 50)).toBe(1_000);
    expect(machineMs(clock, 600, 50)).toBe(50);
    expect(machineMs(clock, 20, 50)).toBe(20);
    clock.setPace({ realAt, at: 7_000, speed: 0 });
    expect(clock.now()).toBe(7_000);
    expect(clock.realTimeOf(8_000)).toBe(Number.POSITIVE_INFINITY);
    expect(machineMs(clock, 600, 50)).toBe(50);
    expect(machineMs({ now: () => 0 }, 600, 50)).toBe(600);
  });
});

describe('the command line of a replay', () => {
  it('has sane defaults and reads what is given', () => {
    expect(parseReplayArgs([])).toMatchObject({ scenarios: [], speed: 60, seed: 1, all: false });
    expect(parseReplayArgs(['a.yaml', '--speed', '240', '--seed', '7', '--kill-every', '30m'])).toMatchObject({
      scenarios: ['a.yaml'],
      speed: 240,
      seed: 7,
      killEveryMs: 1_800_000,
    });
  });

  it.each([
    [['--speed', '0'], '--speed: expected a whole number from 1 to 1000, found "0"'],
    [['--seed', 'x'], '--seed: expected a whole number'],
    [['--kill-every', '5s'], '--kill-every: expected a duration of at least 1m'],
    [['--database-url', 'mysql://x'], '--database-url: expected postgres://'],
    [['--sped', '3'], '--sped'],
  ])('refuses %j', (args, told) => {
    expect(() => parseReplayArgs(args)).toThrow(told);
  });
});

const minute = 60_000;
const story = (change: Partial<Story> = {}): Story => ({
  incidents: [
    {
      id: 'inc',
      number: 1,
      title: 'Checkout: home is down <script>',
      severity: 'critical',
      services: ['checkout'],
      openedAt: Date.parse('2026-12-02T02:05:00Z'),
      acknowledgedAt: null,
      resolvedAt: Date.parse('2026-12-02T02:13:00Z'),
      cause: undefined,
    },
  ],
  causesNamed: [],
  changes: [{ at: Date.parse('2026-12-02T02:12:30Z'), serviceId: 'checkout', status: 'up' }],
  pages: [{ at: Date.parse('2026-12-02T02:05:01Z'), personId: 'alice', incidentId: 'inc', status: 'sent' }],
  updates: [],
  providerReadAt: undefined,
  bursts: [],
  voices: [],
  reports: [],
  stances: new Map(),
  hugs: [],
  thanked: [],
  missed: [],
  killed: 0,
  ...change,
});

describe('the judge', () => {
  const unmet = async (change: Partial<Story>): Promise<string[]> =>
    judge(await bundledScenario('bad-deploy-at-night'), story(change), 1)
      .filter(({ isMet }) => !isMet)
      .map(({ what, found }) => `${what}: ${found}`);

  it('is content with what was expected, and names whatever was not', async () => {
    expect(await unmet({})).toEqual([]);
    const [page] = story().pages;
    const [incident] = story().incidents;
    if (page === undefined || incident === undefined) throw new Error('the story has both');
    expect(await unmet({ incidents: [] })).toContain('1 incident: 0');
    expect(await unmet({ pages: [page, page] })).toEqual(['at most 1 page to each person: alice 2']);
    expect(await unmet({ pages: [] })).toEqual(['pages for shop: none']);
    expect(await unmet({ incidents: [{ ...incident, openedAt: incident.openedAt + 5 * minute }] })).toEqual([
      'trouble is seen within 2m: 6m',
    ]);
    expect(await unmet({ changes: [] })).toEqual(['the recovery is seen within 1m: never']);
    expect(await unmet({ incidents: [{ ...incident, resolvedAt: null }] })).toEqual(['every incident is over: 1 open']);
    expect(await unmet({ bursts: [{ at: 0, since: 0, measure: 'posts', target: 'checkout', peak: 9 }] })).toEqual([
      'no burst of problems: 1',
    ]);
    // Four in the night, in Berlin.
    expect(await unmet({ thanked: [{ at: Date.parse('2026-12-02T03:00:00Z'), personId: 'alice', hugs: 1 }] })).toEqual([
      'nobody is thanked outside of waking hours: alice at 2026-12-02T03:00:00.000Z',
    ]);
    expect(await unmet({ missed: ['alice could not note'] })).toHaveLength(1);
  });

  it('is told in a table, a text and a page of its own, without anybody else’s markup', async () => {
    const scenario = await bundledScenario('bad-deploy-at-night');
    const played = { name: 'bad-deploy-at-night', scenario, story: story(), findings: judge(scenario, story(), 1) };
    expect(reportTable([played])).toContain(
      '| [bad-deploy-at-night](../scenarios/bad-deploy-at-night.yaml) | 1m | – |',
    );
    const text = reportText(scenario, played.story, played.findings);
    expect(text).toContain('02:05  +1m  ');
    expect(text).toContain('yes  1 incident: 1');
    const html = reportHtml(played);
    expect(html).not.toContain('<script');
    expect(html).toContain('Checkout: home is down &#60;script&#62;');
    expect(html).toContain('role="img"');
    expect(html).not.toMatch(/(src|href)="(?!https:\/\/|#)/);
    expect(lagText(10_000, 4_000)).toBe('-6s');
  });
});
