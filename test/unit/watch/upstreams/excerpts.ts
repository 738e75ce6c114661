/** Small feeds written by hand, each in trouble, in the shape that the provider's documentation and answers have. */

export const statuspageSummary = {
  page: {
    id: 'p1',
    name: 'Acme',
    url: 'https://status.example.com',
    time_zone: 'Etc/UTC',
    updated_at: '2026-05-04T10:20:00Z',
  },
  components: [
    {
      id: 'g1',
      name: 'US East (N. Virginia)',
      status: 'partial_outage',
      group: true,
      group_id: null,
      position: 1,
      showcase: false,
    },
    { id: 'c1', name: 'API', status: 'partial_outage', group: false, group_id: 'g1', position: 1, showcase: true },
    { id: 'c2', name: 'Website', status: 'operational', group: false, group_id: null, position: 2, showcase: true },
  ],
  incidents: [
    {
      id: 'i1',
      name: 'Errors in the API',
      status: 'identified',
      impact: 'major',
      created_at: '2026-05-04T10:05:00Z',
      started_at: '2026-05-04T10:00:00Z',
      updated_at: '2026-05-04T10:20:00Z',
      resolved_at: null,
      shortlink: 'https://stspg.io/x1',
      incident_updates: [
        {
          id: 'u2',
          status: 'identified',
          body: 'A bad deployment.',
          created_at: '2026-05-04T10:20:00Z',
          display_at: '2026-05-04T10:20:00Z',
          affected_components: [{ code: 'c1', name: 'API', old_status: 'major_outage', new_status: 'partial_outage' }],
        },
        {
          id: 'u1',
          status: 'investigating',
          body: 'We see errors.',
          created_at: '2026-05-04T10:05:00Z',
          display_at: '2026-05-04T10:05:00Z',
          affected_components: [{ code: 'c1', name: 'API', old_status: 'operational', new_status: 'major_outage' }],
        },
      ],
      components: [],
    },
  ],
  scheduled_maintenances: [
    {
      id: 'm1',
      name: 'Moving house',
      status: 'scheduled',
      impact: 'maintenance',
      created_at: '2026-05-01T08:00:00Z',
      started_at: null,
      updated_at: '2026-05-01T08:00:00Z',
      resolved_at: null,
      scheduled_for: '2026-05-10T08:00:00Z',
      scheduled_until: '2026-05-10T10:00:00Z',
      shortlink: 'https://stspg.io/x2',
      incident_updates: [],
      components: [],
    },
  ],
  status: { indicator: 'major', description: 'Partial System Outage' },
};

export const incidentIoSummary = {
  page_title: 'Acme',
  page_url: 'https://status.example.com',
  ongoing_incidents: [
    {
      id: '01A',
      name: 'Slow uploads',
      status: 'monitoring',
      url: 'https://status.example.com/incidents/01A',
      last_update_at: '2026-05-04T10:20:00Z',
      last_update_message: 'A fix is out.',
      current_worst_impact: 'full_outage',
      affected_components: [{ id: 'k1', name: 'Uploads', group_name: 'Europe', current_status: 'full_outage' }],
    },
  ],
  in_progress_maintenances: [],
  scheduled_maintenances: [
    {
      id: '01M',
      name: 'Upgrade',
      status: 'maintenance_scheduled',
      url: 'https://status.example.com/maintenances/01M',
      last_update_at: '2026-05-02T10:20:00Z',
      last_update_message: 'Planned.',
      affected_components: [],
      starts_at: '2026-05-20T08:00:00Z',
      ends_at: '2026-05-20T09:00:00Z',
    },
  ],
};

export const instatusSummary = {
  page: { name: 'Acme', url: 'https://status.example.com', status: 'HASISSUES' },
  activeIncidents: [
    {
      id: 'in1',
      name: 'Mail is late',
      started: '2026-05-04T10:00:00.000Z',
      status: 'INVESTIGATING',
      impact: 'PARTIALOUTAGE',
      url: 'https://status.example.com/incident/in1',
      updatedAt: '2026-05-04T10:15:00.000Z',
    },
  ],
};

export const statusIoStatus = {
  result: {
    status_overall: { updated: '2026-05-04T10:20:00Z', status: 'Degraded Performance', status_code: 300 },
    status: [
      {
        id: 's1',
        name: 'Website',
        status: 'Degraded Performance',
        status_code: 300,
        containers: [
          { id: 'd1', name: 'Virginia', status: 'Degraded Performance', status_code: 300 },
          { id: 'd2', name: 'Ireland', status: 'Operational', status_code: 100 },
        ],
      },
    ],
    incidents: [
      {
        _id: 'si1',
        name: 'Slow pages',
        datetime_open: '2026-05-04T10:00:00Z',
        messages: [{ details: 'We look.', state: 100, status: 300, datetime: '2026-05-04T10:00:00Z' }],
        containers_affected: [{ name: 'Virginia', _id: 'd1' }],
        components_affected: [{ name: 'Website', _id: 's1' }],
      },
    ],
    maintenance: { active: [], upcoming: [] },
  },
};

export const betterStackIndex = {
  data: { id: '1', type: 'status_page', attributes: { company_name: 'Acme', aggregate_state: 'downtime' } },
  included: [
    { id: '7', type: 'status_page_section', attributes: { name: 'Frankfurt' } },
    {
      id: '5',
      type: 'status_page_resource',
      attributes: { public_name: 'API', status: 'downtime', status_page_section_id: 7 },
    },
    {
      id: '6',
      type: 'status_page_resource',
      attributes: { public_name: 'Old', status: 'not_monitored', status_page_section_id: 7 },
    },
    {
      id: '9',
      type: 'status_report',
      attributes: {
        title: 'API is down',
        report_type: 'manual',
        starts_at: '2026-05-04T10:00:00.000Z',
        ends_at: null,
        aggregate_state: 'downtime',
        affected_resources: [{ status_page_resource_id: '5', status: 'downtime' }],
      },
    },
    {
      id: '11',
      type: 'status_update',
      attributes: {
        message: 'We are on it.',
        published_at: '2026-05-04T10:04:00.000Z',
        status_report_id: 9,
        affected_resources: [{ status_page_resource_id: '5', status: 'downtime' }],
      },
    },
  ],
};

export const firehydrantPage = {
  config: { title: 'Acme' },
  conditions: { Bumpy: 'DEGRADED', Fine: 'OPERATIONAL', Gone: 'OFFLINE' },
  components: [
    { id: 'f1', name: 'Queue' },
    { id: 'f2', name: 'Cache' },
  ],
  incidents: [
    {
      id: 'fi1',
      title: 'Queue stands still',
      severitySlug: 'SEV1',
      timestamps: { started: '2026-05-04T10:00:00Z', identified: '2026-05-04T10:10:00Z' },
      timeline: [{ time: '2026-05-04T10:03:00Z', details: { note: 'We look.' }, occurredAt: '2026-05-04T10:02:00Z' }],
      components: [{ id: 'f1', name: 'Queue', condition: 'Gone' }],
    },
  ],
};

export const awsEvent = {
  date: '1777888800',
  arn: 'arn:aws:health:us-east-1::event/DYNAMODB/AWS_DYNAMODB_OPERATIONAL_ISSUE/X1',
  region_name: 'N. Virginia',
  status: '2',
  service: 'dynamodb-us-east-1',
  service_name: 'Amazon DynamoDB',
  summary: 'Increased Error Rates',
  event_log: [
    { summary: 'Increased Error Rates', message: 'We are investigating.', status: 1, timestamp: 1777888800 },
    { summary: 'Increased Error Rates', message: 'We see more errors.', status: 2, timestamp: 1777890000 },
  ],
  impacted_services: {
    'dynamodb-us-east-1': { service_name: 'Amazon DynamoDB', current: '2', max: '3' },
    'lambda-us-east-1': { service_name: 'AWS Lambda', current: '0', max: '2' },
    globalaccelerator: { service_name: 'AWS Global Accelerator', current: '1', max: '1' },
  },
};

export const googleIncident = {
  id: 'gx1',
  begin: '2026-05-04T09:00:00+00:00',
  created: '2026-05-04T10:00:00+00:00',
  modified: '2026-05-04T10:30:00+00:00',
  external_desc: 'Cloud SQL connections fail.',
  updates: [
    {
      created: '2026-05-04T10:30:00+00:00',
      when: '2026-05-04T10:30:00+00:00',
      text: 'Still failing.',
      status: 'SERVICE_OUTAGE',
    },
    {
      created: '2026-05-04T10:00:00+00:00',
      when: '2026-05-04T10:00:00+00:00',
      text: 'We look.',
      status: 'SERVICE_DISRUPTION',
    },
  ],
  status_impact: 'SERVICE_OUTAGE',
  affected_products: [{ title: 'Cloud SQL', id: 'hash1' }],
  uri: 'incidents/gx1',
  currently_affected_locations: [{ title: 'Iowa (us-central1)', id: 'us-central1' }],
  previously_affected_locations: [{ title: 'Oregon (us-west1)', id: 'us-west1' }],
};

export const slackIncident = {
  id: 17,
  title: 'Messages are late',
  type: 'outage',
  status: 'active',
  url: 'https://slack-status.com/x',
  date_created: '2026-05-04T03:00:00-07:00',
  date_updated: '2026-05-04T03:30:00-07:00',
  notes: [{ body: '<p>We look.&nbsp;</p><p>Soon more.</p>', date_created: '2026-05-04T03:00:00-07:00' }],
  services: ['Messaging'],
};

export const awsFeed = (items: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title><![CDATA[Amazon Web Services Service Status]]></title>${items}</channel></rss>`;
export const awsItem = (title: string, service: string, seconds: number): string =>
  `<item><title><![CDATA[${title}]]></title><link>https://status.aws.amazon.com/</link><pubDate>${new Date(seconds * 1000).toUTCString()}</pubDate>` +
  `<guid isPermaLink="false">https://status.aws.amazon.com/#${service}_${seconds}</guid><description><![CDATA[Words & more.]]></description></item>`;

export const rssFeed = (items: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:a10="http://www.w3.org/2005/Atom"><channel><title>Acme Status</title>${items}</channel></rss>`;
export const rssItem = (title: string, description: string, more = ''): string =>
  `<item><title>${title}</title><description>${description}</description><pubDate>Mon, 04 May 2026 10:00:00 GMT</pubDate><guid>g-${title.length}</guid>${more}</item>`;

export const atomFeed = (content: string): string =>
  `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Acme</title><updated>2026-05-04T10:00:00Z</updated>` +
  `<entry><id>tag:a,1</id><title>Errors in Cloud Storage</title><updated>2026-05-04T10:00:00Z</updated>` +
  `<link href="https://status.example.com/1"/><content type="html">${content}</content></entry></feed>`;
