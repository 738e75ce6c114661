import { describe, expect, it } from 'vitest';
import * as feeds from './excerpts.ts';
import { iso, noticesOf, parse, readOf } from './read-feed.ts';

const utf16be = (text: string): Uint8Array => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return bytes.swap16();
};

describe('Statuspage', () => {
  it('reads the summary: what is open, with its components and groups', () => {
    const reading = readOf(parse('statuspage', feeds.statuspageSummary));
    expect(reading.lists).toBe('current');
    expect(reading.parts).toEqual([
      { id: 'c1', name: 'API', group: 'US East (N. Virginia)', product: null, regions: [], impact: 'partial_outage' },
      { id: 'c2', name: 'Website', group: null, product: null, regions: [], impact: 'operational' },
    ]);
    const [incident, maintenance] = reading.notices;
    expect(incident).toMatchObject({
      id: 'i1',
      kind: 'incident',
      title: 'Errors in the API',
      url: 'https://stspg.io/x1',
      state: 'identified',
      impact: 'partial_outage',
      endedAt: null,
      parts: [{ id: 'c1', name: 'API', impact: 'partial_outage' }],
    });
    expect([iso(incident?.startedAt), iso(incident?.publicAt)]).toEqual([
      '2026-05-04T10:00:00.000Z',
      '2026-05-04T10:05:00.000Z',
    ]);
    expect(incident?.updates.map((update) => [update.id, update.state, update.text])).toEqual([
      ['u1', 'investigating', 'We see errors.'],
      ['u2', 'identified', 'A bad deployment.'],
    ]);
    expect(maintenance).toMatchObject({
      id: 'm1',
      kind: 'maintenance',
      state: 'scheduled',
      impact: 'under_maintenance',
    });
    expect([iso(maintenance?.startedAt), iso(maintenance?.endedAt)]).toEqual([
      '2026-05-10T08:00:00.000Z',
      '2026-05-10T10:00:00.000Z',
    ]);
  });

  it('reads the list of incidents as a history', () => {
    const { page, incidents } = feeds.statuspageSummary;
    const [incident] = incidents;
    const resolved = { ...incident, status: 'postmortem', resolved_at: '2026-05-04T11:00:00Z' };
    const reading = readOf(parse('statuspage', { page, incidents: [resolved] }));
    expect(reading.lists).toBe('recent');
    expect(reading.notices[0]).toMatchObject({ state: 'resolved', endedAt: Date.parse('2026-05-04T11:00:00Z') });
  });

  it('never takes a word that it does not know for a good one', () => {
    const [incident] = feeds.statuspageSummary.incidents;
    const [, component] = feeds.statuspageSummary.components;
    const strange = {
      ...feeds.statuspageSummary,
      components: [{ ...component, status: 'mostly_harmless' }],
      incidents: [{ ...incident, status: 'contained', impact: 'weird' }],
    };
    const reading = readOf(parse('statuspage', strange));
    expect(reading.notices[0]).toMatchObject({ state: 'unknown', impact: 'unknown' });
    expect(reading.parts[0]?.impact).toBe('unknown');
  });
});

describe('incident.io', () => {
  it('reads the widget API', () => {
    const reading = readOf(parse('incident-io', feeds.incidentIoSummary));
    expect(reading.lists).toBe('current');
    expect(reading.notices).toMatchObject([
      {
        id: '01A',
        state: 'monitoring',
        impact: 'major_outage',
        parts: [{ id: 'k1', name: 'Uploads', group: 'Europe', impact: 'major_outage' }],
        updates: [{ text: 'A fix is out.' }],
      },
      { id: '01M', kind: 'maintenance', state: 'scheduled', startedAt: Date.parse('2026-05-20T08:00:00Z') },
    ]);
  });

  it("reads the pages that answer in Statuspage's language", () => {
    expect(noticesOf('incident-io', feeds.statuspageSummary)[0]).toMatchObject({ id: 'i1', state: 'identified' });
  });
});

describe('Instatus', () => {
  it('reads incidents, and the page itself as a part', () => {
    const reading = readOf(parse('instatus', feeds.instatusSummary));
    expect(reading.notices).toMatchObject([{ id: 'in1', state: 'investigating', impact: 'partial_outage' }]);
    expect(reading.parts).toMatchObject([{ id: 'page', impact: 'degraded_performance' }]);
  });

  it('is not well when the page has issues that it does not list', () => {
    const reading = readOf(parse('instatus', { page: feeds.instatusSummary.page }));
    expect(reading.notices).toEqual([]);
    expect(reading.parts[0]?.impact).toBe('degraded_performance');
    expect(readOf(parse('instatus', { page: { name: 'Acme', status: 'UP' } })).parts[0]?.impact).toBe('operational');
  });
});

describe('Status.io', () => {
  it('reads incidents with the containers as regions', () => {
    const reading = readOf(parse('status-io', feeds.statusIoStatus));
    expect(reading.notices).toMatchObject([
      {
        id: 'si1',
        state: 'investigating',
        impact: 'degraded_performance',
        parts: [{ name: 'Website', regions: ['Virginia'] }],
      },
    ]);
    expect(reading.parts.map((part) => [part.name, part.group, part.impact])).toEqual([
      ['Website', 'Virginia', 'degraded_performance'],
      ['Website', 'Ireland', 'operational'],
    ]);
  });
});

describe('Better Stack', () => {
  it('reads reports, their updates and resources by section; what is not monitored is not there', () => {
    const reading = readOf(parse('better-stack', feeds.betterStackIndex));
    expect(reading.parts).toMatchObject([{ id: '5', name: 'API', group: 'Frankfurt', impact: 'major_outage' }]);
    expect(reading.notices).toMatchObject([
      {
        id: '9',
        state: 'investigating',
        impact: 'major_outage',
        parts: [{ name: 'API' }],
        updates: [{ text: 'We are on it.' }],
      },
    ]);
  });

  it('is over when every resource is', () => {
    const feed = structuredClone(feeds.betterStackIndex);
    const report = feed.included.find((one) => one.type === 'status_report');
    Object.assign(report?.attributes ?? {}, {
      aggregate_state: 'operational',
      affected_resources: [{ status_page_resource_id: '5', status: 'resolved' }],
    });
    expect(noticesOf('better-stack', feed)[0]?.state).toBe('resolved');
  });
});

describe('FireHydrant', () => {
  it("reads incidents, with the page's own words for conditions", () => {
    const reading = readOf(parse('firehydrant', feeds.firehydrantPage));
    expect(reading.notices).toMatchObject([
      { id: 'fi1', state: 'identified', impact: 'major_outage', parts: [{ name: 'Queue', impact: 'major_outage' }] },
    ]);
    expect(reading.parts.map((part) => [part.name, part.impact])).toEqual([
      ['Queue', 'major_outage'],
      ['Cache', 'operational'],
    ]);
  });
});

describe('AWS', () => {
  it('reads current events from UTF-16BE with a byte order mark', () => {
    const reading = readOf(parse('aws', utf16be(JSON.stringify([feeds.awsEvent]))));
    expect(reading.lists).toBe('current');
    expect(reading.notices).toMatchObject([
      {
        id: feeds.awsEvent.arn,
        title: 'Increased Error Rates (Amazon DynamoDB, N. Virginia)',
        state: 'investigating',
        impact: 'partial_outage',
        regions: ['us-east-1'],
        startedAt: 1777888800_000,
      },
    ]);
    // What is back to normal is not affected any more.
    expect(reading.notices[0]?.parts.map((part) => [part.product, part.regions, part.impact])).toEqual([
      ['dynamodb', ['us-east-1'], 'partial_outage'],
      ['globalaccelerator', [], 'degraded_performance'],
    ]);
  });

  it('reads an event that is over, and one of many services that names none', () => {
    const over = { ...feeds.awsEvent, status: '0', end_time: '1777892400' };
    expect(noticesOf('aws', [over])[0]).toMatchObject({ state: 'resolved', endedAt: 1777892400_000 });
    const many = { ...feeds.awsEvent, service: 'multipleservices-us-east-1', impacted_services: {} };
    expect(noticesOf('aws', [many])[0]).toMatchObject({ parts: [], regions: ['us-east-1'] });
  });

  it('reads RSS: items of one service and region are one notice, the newest speaks', () => {
    const feed = feeds.awsFeed(
      feeds.awsItem('Service disruption: Errors', 'dynamodb-us-east-1', 1777890000) +
        feeds.awsItem('Service impact: Errors', 'dynamodb-us-east-1', 1777888800) +
        feeds.awsItem('Service is operating normally: [RESOLVED] Slow', 'dynamodb-us-east-1', 1777800000) +
        feeds.awsItem('Service impact: Slow', 'dynamodb-us-east-1', 1777790000) +
        feeds.awsItem('Service is operating normally: [RESOLVED] Late', 'route53', 1777700000),
    );
    expect(noticesOf('aws-rss', feed)).toMatchObject([
      {
        id: 'dynamodb-us-east-1',
        title: 'Errors',
        state: 'investigating',
        impact: 'major_outage',
        // The trouble before was over: this is a new one.
        startedAt: 1777888800_000,
        parts: [{ product: 'dynamodb', regions: ['us-east-1'] }],
        updates: [{ text: 'Words & more.' }, {}],
      },
      { id: 'route53', state: 'resolved', endedAt: 1777700000_000, regions: [] },
    ]);
  });
});

describe('Google Cloud', () => {
  it('reads an incident that goes on, with where it is now and its first public word', () => {
    const [notice] = noticesOf('google-cloud', [feeds.googleIncident]);
    expect(notice).toMatchObject({
      id: 'gx1',
      state: 'investigating',
      impact: 'major_outage',
      regions: ['us-central1'],
      parts: [{ name: 'Cloud SQL' }],
      url: 'https://status.cloud.google.com/incidents/gx1',
    });
    expect([iso(notice?.startedAt), iso(notice?.publicAt)]).toEqual([
      '2026-05-04T09:00:00.000Z',
      '2026-05-04T10:00:00.000Z',
    ]);
  });

  it('reads one that is over, with where it was', () => {
    const over = { ...feeds.googleIncident, end: '2026-05-04T11:00:00+00:00', currently_affected_locations: [] };
    expect(noticesOf('google-cloud', [over])[0]).toMatchObject({ state: 'resolved', regions: ['us-west1'] });
    const unreadable = { ...feeds.googleIncident, end: 'soon' };
    expect(noticesOf('google-cloud', [unreadable])[0]?.state).toBe('investigating');
  });
});

describe('Azure', () => {
  const item = (title: string, at: string): string =>
    feeds.rssItem(
      title,
      'Customers may see errors.',
      `<category>Virtual Machines</category><category>West US</category><a10:updated>${at}</a10:updated>`,
    );

  it('lists what goes on; an empty channel is quiet', () => {
    const reading = readOf(
      parse('azure-rss', feeds.rssFeed(item('Virtual Machines - West US', '2026-05-04T10:00:00Z'))),
    );
    expect(reading.lists).toBe('current');
    expect(reading.notices).toMatchObject([
      { state: 'investigating', parts: [{ name: 'Virtual Machines' }, { name: 'West US' }] },
    ]);
    expect(readOf(parse('azure-rss', feeds.rssFeed(''))).notices).toEqual([]);
  });

  it('tells events apart that were given the same guid', () => {
    const feed = feeds.rssFeed(
      item('Errors in storage', '2026-05-04T10:00:00Z') + item('Errors in network', '2026-05-04T10:00:00Z'),
    );
    const notices = noticesOf('azure-rss', feed);
    expect(notices).toHaveLength(2);
    expect(new Set(notices.map((notice) => notice.id)).size).toBe(2);
  });

  it('takes a review for what it is: over', () => {
    expect(
      noticesOf('azure-rss', feeds.rssFeed(item('PIR - Virtual Machines', '2026-05-04T10:00:00Z')))[0]?.state,
    ).toBe('resolved');
  });
});

describe('Slack', () => {
  it('reads what is current, and the history', () => {
    const current = readOf(parse('slack', { status: 'active', active_incidents: [feeds.slackIncident] }));
    expect(current.lists).toBe('current');
    expect(current.notices).toMatchObject([
      {
        id: '17',
        state: 'investigating',
        impact: 'major_outage',
        parts: [{ name: 'Messaging' }],
        updates: [{ text: 'We look.\nSoon more.' }],
      },
    ]);
    const history = readOf(parse('slack', [{ ...feeds.slackIncident, status: 'resolved' }]));
    expect(history).toMatchObject({ lists: 'recent', notices: [{ state: 'resolved' }] });
    expect(readOf(parse('slack', { status: 'ok', active_incidents: [] })).notices).toEqual([]);
  });

  it('is not well when it says that something is wrong and not what', () => {
    expect(parse('slack', { status: 'active', active_incidents: [] })).toMatchObject({
      ok: false,
      reason: 'changed-format',
    });
  });
});

describe('RSS and Atom', () => {
  it.each([
    [
      'Errors',
      '&lt;p&gt;&lt;small&gt;May 4, 10:00 UTC&lt;/small&gt;&lt;br&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - All is well.&lt;/p&gt;',
      'resolved',
    ],
    ['[Resolved] Errors', 'It was bad.', 'resolved'],
    ['Resolved: Errors', '', 'resolved'],
    ['Errors - Monitoring', '', 'monitoring'],
    ['Errors', '&lt;b&gt;Status: Identified&lt;/b&gt;&lt;br/&gt;Text', 'identified'],
    ['Errors', 'Update - we are still investigating.', 'unknown'],
    ['Errors', 'This is not yet resolved, and resolved it shall be.', 'unknown'],
    ['Errors resolved slowly by customers', 'We look', 'unknown'],
  ])('reads the state of "%s: %s" as %s', (title, description, state) => {
    expect(noticesOf('rss', feeds.rssFeed(feeds.rssItem(title, description)))[0]?.state).toBe(state);
  });

  it('knows maintenance by its words', () => {
    const feed = feeds.rssFeed(feeds.rssItem('Scheduled maintenance of the database', 'Soon.'));
    expect(noticesOf('rss', feed)[0]).toMatchObject({
      kind: 'maintenance',
      state: 'scheduled',
      impact: 'under_maintenance',
    });
  });

  it('reads Atom', () => {
    expect(
      noticesOf('rss', feeds.atomFeed('&lt;p&gt;&lt;strong&gt;Identified&lt;/strong&gt; - A cable.&lt;/p&gt;')),
    ).toMatchObject([
      { id: 'tag:a,1', title: 'Errors in Cloud Storage', state: 'identified', url: 'https://status.example.com/1' },
    ]);
  });
});

describe('another HugOps', () => {
  it('is read like Statuspage', () => {
    expect(noticesOf('hugops', feeds.statuspageSummary)[0]).toMatchObject({ id: 'i1', impact: 'partial_outage' });
  });

  it('is noticed when it is none, or another version', () => {
    const { status: _status, ...other } = feeds.statuspageSummary;
    expect(parse('hugops', other)).toEqual({
      ok: false,
      reason: 'changed-format',
      detail: '"status" is missing or different',
    });
  });
});
