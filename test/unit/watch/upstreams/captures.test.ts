import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../../src/domain/upstream.ts';
import { statuspageFiles } from '../../../../src/tell/statuspage-v2.ts';
import { outageModel } from '../../../harness/page-model.ts';
import { captures, hasCaptures, iso, noticesOf, parse, parseCapture, readOf } from './read-feed.ts';

// Answers of providers as they were served. They lie beside the project, not in it; without them this is skipped, and says so.
const told = (notice: Notice | undefined): unknown[] => [
  notice?.id,
  notice?.state,
  notice?.impact,
  iso(notice?.startedAt),
  iso(notice?.endedAt),
];

describe.skipIf(!hasCaptures)('captured feeds', () => {
  it('AWS: two regions without power, each with what is affected', () => {
    const { notices } = readOf(parseCapture('aws', 'captured/aws-currentevents.utf16be.bin'));
    expect(notices.map((notice) => [notice.regions, notice.state, notice.impact, notice.updates.length])).toEqual([
      [['me-central-1'], 'investigating', 'major_outage', 23],
      [['me-south-1'], 'investigating', 'major_outage', 13],
    ]);
    const products = notices[0]?.parts.map((part) => part.product) ?? [];
    expect(products).toEqual(expect.arrayContaining(['rds', 's3', 'natgateway']));
    // Back to normal by then.
    expect(products).not.toContain('route53');
  });

  it('AWS RSS: one over, two going on', () => {
    const { notices, lists } = readOf(parseCapture('aws-rss', 'feeds/aws_all.rss'));
    expect(lists).toBe('recent');
    expect(notices.map((notice) => [notice.id, notice.state, iso(notice.updatedAt)])).toEqual([
      ['multipleservices-me-central-1', 'investigating', '2026-04-30T07:25:54.000Z'],
      ['multipleservices-me-south-1', 'investigating', '2026-04-30T07:07:11.000Z'],
      ['directconnect-eu-central-1', 'resolved', '2026-08-18T04:01:19.000Z'],
    ]);
  });

  it('Google Cloud: four that are over, with what they began as', () => {
    const { notices } = readOf(parseCapture('google-cloud', 'captured/gcp-incidents.json'));
    expect(notices.map(told)).toEqual([
      ['3BvH3LVGcupoYqV6F4Nw', 'resolved', 'partial_outage', '2026-07-15T23:57:00.000Z', '2026-07-16T12:25:00.000Z'],
      ['T8gmtofFSTGT5tbhyciF', 'resolved', 'partial_outage', '2026-07-14T17:00:00.000Z', '2026-07-15T03:40:00.000Z'],
      ['5fGQt4VbkDnr3Yp8PXPr', 'resolved', 'partial_outage', '2026-06-05T07:00:00.000Z', '2026-06-26T19:00:00.000Z'],
      [
        '41E5S3mkTGDfkZuJZH5k',
        'resolved',
        'degraded_performance',
        '2026-02-27T12:37:00.000Z',
        '2026-02-27T14:35:00.000Z',
      ],
    ]);
    expect(notices[0]?.regions).toEqual(['europe-west4']);
    // The first public word came three and a half hours after the start.
    expect(iso(notices[0]?.publicAt)).toBe('2026-07-16T03:30:59.000Z');
    expect(readOf(parseCapture('google-cloud', 'feeds/gcp_incidents.json')).notices).toHaveLength(2);
  });

  it('Slack: quiet now, a history of ends, and one that goes on', () => {
    expect(readOf(parseCapture('slack', 'captured/slack-current.json'))).toMatchObject({
      lists: 'current',
      notices: [],
    });
    const past = readOf(parseCapture('slack', 'captured/slack-history.json')).notices;
    expect(past.map((notice) => notice.state)).toEqual(['resolved', 'resolved', 'resolved']);
    const later = readOf(parseCapture('slack', 'feeds/slack_history.json')).notices;
    expect(later.map((notice) => [notice.id, notice.state])).toEqual([
      ['1576', 'investigating'],
      ['1575', 'resolved'],
      ['1574', 'resolved'],
      ['1573', 'resolved'],
      ['1572', 'resolved'],
    ]);
    expect(later[0]?.parts.map((part) => part.name)).toEqual(['Messaging', 'Workspace/Org Administration']);
  });

  it('Status.io: GitLab well, and a page with an incident and two maintenances', () => {
    const gitlab = readOf(parseCapture('status-io', 'captured/statusio-gitlab.json'));
    expect(gitlab.notices).toEqual([]);
    expect(gitlab.parts).toHaveLength(24);
    expect(gitlab.parts.every((part) => part.impact === 'operational')).toBe(true);
    const { notices } = readOf(parseCapture('status-io', 'captured/statusio-incident-doc-derived.json'));
    expect(notices.map((notice) => [notice.title, notice.kind, notice.state, notice.parts[0]?.regions])).toEqual(
      expect.arrayContaining([
        ['Authentication Issues', 'incident', 'identified', ['Virginia', 'Ireland']],
        ['Network Upgrade', 'maintenance', 'in_progress', ['Virginia']],
        ['Mobile App Upgrade', 'maintenance', 'scheduled', ['Virginia']],
      ]),
    );
    expect(notices).toHaveLength(3);
  });

  it('FireHydrant: Redis, all over', () => {
    const { notices, parts } = readOf(parseCapture('firehydrant', 'captured/firehydrant-redis.json'));
    expect(notices.map((notice) => [notice.title, notice.kind, notice.state])).toEqual([
      ['Network Issues', 'incident', 'resolved'],
      ['AWS me-central-1 Zone Issue', 'incident', 'resolved'],
      ['Upcoming status page platform transition', 'maintenance', 'resolved'],
      ['Urgent maintenance', 'incident', 'resolved'],
    ]);
    expect(parts.map((part) => part.impact)).toEqual(Array(6).fill('operational'));
  });

  it('Statuspage: GitHub', () => {
    const { notices } = readOf(parseCapture('statuspage', 'feeds/statuspage_github.json'));
    expect(notices.map(told)).toEqual([
      ['gx7js8bd0jpz', 'resolved', 'partial_outage', '2026-08-18T09:36:40.316Z', '2026-08-18T10:23:23.000Z'],
      ['bmpybhnrky3x', 'resolved', 'degraded_performance', '2026-08-18T07:40:35.670Z', '2026-08-18T11:42:59.304Z'],
      ['zkxwbgr0cnmx', 'resolved', 'major_outage', '2026-08-17T13:40:03.620Z', '2026-08-17T21:15:46.623Z'],
      ['pf25whpq58hh', 'resolved', 'degraded_performance', '2026-08-13T16:21:33.096Z', '2026-08-13T18:27:54.660Z'],
      ['24t8gsgqx2qb', 'resolved', 'degraded_performance', '2026-08-13T14:43:25.196Z', '2026-08-13T15:47:22.384Z'],
    ]);
  });

  it('every recorded incident of seven providers comes to the state, the times and the updates that were recorded for it', () => {
    const counts: Record<string, number> = {};
    for (const recorded of readRecorded()) {
      const [notice] = readOne(recorded);
      if (notice === undefined) continue;
      counts[recorded.vendor] = (counts[recorded.vendor] ?? 0) + 1;
      const where = recorded.key;
      expect(`${where} ${notice.state}`).toBe(
        `${where} ${recorded.status === 'postmortem' ? 'resolved' : recorded.status}`,
      );
      expect([where, notice.title]).toEqual([where, recorded.title.trim().replace(/\s+/g, ' ')]);
      expect([where, second(notice.startedAt)]).toEqual([where, second(Date.parse(recorded.started_at))]);
      if (recorded.resolved_at !== undefined) {
        expect([where, second(notice.endedAt)]).toEqual([where, second(Date.parse(recorded.resolved_at))]);
      }
      expect([where, notice.updates.length]).toEqual([where, recorded.updates.length]);
    }
    expect(counts).toEqual({
      atlassian: 34,
      aws: 3,
      circleci: 13,
      datadog: 28,
      digitalocean: 10,
      gcp: 1,
      slack: 16,
      stripe: 24,
    });
  });
});

interface Recorded {
  key: string;
  vendor: string;
  title: string;
  status: string;
  started_at: string;
  resolved_at?: string;
  updates: unknown[];
  raw: object;
}

const readRecorded = (): Recorded[] =>
  readdirSync(path.join(captures, 'incidents'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) => JSON.parse(readFileSync(path.join(captures, 'incidents', file), 'utf8')) as Recorded[]);

const second = (at: number | null): number | null => (at === null ? null : Math.floor(at / 1000));

function readOne({ vendor, raw }: Recorded): Notice[] {
  if (vendor === 'gcp') return noticesOf('google-cloud', [raw]);
  if (vendor === 'slack') return noticesOf('slack', [raw]);
  if (vendor === 'aws') return noticesOf('aws-rss', awsFeedOf(raw as AwsItem[]));
  return noticesOf('statuspage', { page: { id: 'p', name: vendor }, incidents: [raw] });
}

interface AwsItem {
  title: string;
  guid: string;
  link: string;
  pub_date: string;
  description: string;
}

const awsFeedOf = (items: readonly AwsItem[]): string => {
  const rows = items.map(
    (item) =>
      `<item><title><![CDATA[${item.title}]]></title><guid>${item.guid}</guid><pubDate>${item.pub_date}</pubDate>` +
      `<description><![CDATA[${item.description}]]></description></item>`,
  );
  return `<rss version="2.0"><channel><title>AWS</title>${rows.join('')}</channel></rss>`;
};

describe('a HugOps that is followed by another', () => {
  it('is understood, as it publishes itself', () => {
    const summary = statuspageFiles(outageModel()).get('summary.json') ?? {};
    const reading = readOf(parse('hugops', summary));
    expect(reading.lists).toBe('current');
    expect(reading.notices.length).toBeGreaterThan(0);
    expect(
      reading.notices.some(
        (notice) => notice.kind === 'incident' && notice.state !== 'unknown' && notice.updates.length > 0,
      ),
    ).toBe(true);
    expect(reading.parts.length).toBeGreaterThan(0);
  });
});
