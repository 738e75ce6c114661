import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SourceTally } from '../../../src/watch/inbound/index.ts';
import { processSignals } from '../../../src/respond/index.ts';
import { openFakeSns } from '../../harness/fake-sns.ts';
import { addIntegration, addService, type DatabaseKind, eventsKey, type Inbound, openInbound } from './open-inbound.ts';

const now = Date.UTC(2026, 2, 1, 12);
const keys = { grafana: 'g', cloudwatch: 'c', cloudevents: 'v', webhook: 'h' } as const;
const keyOf = (kind: keyof typeof keys): string => keys[kind].repeat(32);
const json = JSON.stringify;

describe.each<DatabaseKind>(['embedded', 'postgres'])('on %s', (kind) => {
  let inbound: Inbound;
  let sns: Awaited<ReturnType<typeof openFakeSns>>;
  let tally: SourceTally;
  beforeAll(async () => {
    sns = await openFakeSns(now);
    inbound = await openInbound({ fetchText: sns.fetchText }, kind);
    tally = inbound.tally;
    for (const tool of ['grafana', 'cloudwatch', 'cloudevents'] as const) {
      await addIntegration(inbound.db, { id: `int_${tool}`, kind: tool, key: keyOf(tool) });
    }
    const mapping = {
      items: '$.problems',
      key: '$.id',
      status: '$.state',
      severity: '$.prio',
      summary: '$.text',
      link: '$.url',
    };
    await addIntegration(inbound.db, { id: 'int_hook', kind: 'webhook', key: keyOf('webhook'), config: { mapping } });
  });
  afterAll(async () => {
    await inbound.close();
    await sns.close();
  });
  afterEach(async () => {
    await inbound.place();
    for (const table of [
      ...(['signals', 'alerts', 'events', 'incident_services', 'escalations', 'incidents'] as const),
      ...(['alert_members', 'inbound_messages', 'integration_activity'] as const),
    ]) {
      await inbound.db.deleteFrom(table).execute();
    }
    sns.served.status = 200;
    sns.asked.length = 0;
  });
  const signals = () => inbound.db.selectFrom('signals').selectAll().orderBy('seq').execute();
  const incidents = () =>
    inbound.db.selectFrom('incidents').select(['title', 'severity', 'status']).orderBy('number').execute();
  const alerts = () => inbound.db.selectFrom('alerts').selectAll().orderBy('id').execute();

  test('Grafana: an alert from its beginning to its end', async () => {
    const path = `/inbound/grafana/${keyOf('grafana')}`;
    const alert = {
      status: 'firing',
      labels: { alertname: 'Slow', severity: 'critical' },
      annotations: { summary: 'Slow pages' },
      fingerprint: 'f1',
    };
    const answer = await inbound.post(path, json({ version: '1', orgId: 1, alerts: [alert] }));
    expect([answer.status, answer.body]).toEqual([202, { status: 'accepted', signals: 1 }]);
    await inbound.place();
    await inbound.post(path, json({ version: '1', alerts: [{ ...alert, status: 'resolved' }] }));
    await inbound.place();
    expect(await incidents()).toEqual([{ title: 'Slow pages', severity: 'critical', status: 'resolved' }]);
  });

  test('a webhook: its mapping says what is what, and a message that it does not fit is refused whole', async () => {
    const path = `/inbound/webhook/${keyOf('webhook')}`;
    const problem = { id: 7, state: 'PROBLEM', prio: 'P1', text: 'Disk full', url: 'https://tool.example.com/7' };
    expect((await inbound.post(path, json({ problems: [problem] }))).status).toBe(202);
    const bad = await inbound.post(path, json({ problems: [{ ...problem, id: 8 }, { state: 'PROBLEM' }] }));
    expect([bad.status, bad.body]).toMatchObject([
      400,
      { errors: [{ path: '$.id', message: 'the message has no text here' }] },
    ]);
    await inbound.place();
    expect(await alerts()).toMatchObject([
      { dedup_key: '7', severity: 'critical', summary: 'Disk full', evidence: { link: problem.url, details: problem } },
    ]);
    await inbound.post(path, json({ problems: [{ ...problem, state: 'Resolved' }] }));
    await inbound.place();
    expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
  });

  test('CloudEvents: structured, binary and a batch; an event that comes again counts once', async () => {
    const path = `/inbound/cloudevents/${keyOf('cloudevents')}`;
    const event = {
      specversion: '1.0',
      id: 'e1',
      source: '/disks',
      type: 'com.example.disk.full',
      subject: 'sda',
      severity: 'critical',
    };
    const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    expect((await inbound.post(path, json(event), structured)).status).toBe(202);
    expect((await inbound.post(path, json(event), structured)).status).toBe(202);
    const binary = {
      'ce-specversion': '1.0',
      'ce-id': 'e2',
      'ce-source': '/disks',
      'ce-type': 'com.example.disk.full',
      'ce-subject': 'sdb',
    };
    expect((await inbound.post(path, json({ message: 'Second disk' }), binary)).status).toBe(202);
    expect(await signals()).toMatchObject([
      { dedup_key: '/disks sda', status: 'firing', severity: 'critical' },
      { dedup_key: '/disks sdb', summary: 'Second disk' },
    ]);
    const ends = [
      { ...event, id: 'e3', type: 'com.example.disk.resolved' },
      { ...event, id: 'e4', subject: 'sdb', data: { status: 'ok' } },
    ];
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await inbound.post(path, json(ends), batch)).body).toEqual({ status: 'accepted', signals: 2 });
    await inbound.place();
    expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
    expect((await inbound.post(path, json([event, { ...event, id: 'e9', specversion: '0.3' }]), batch)).status).toBe(
      400,
    );
    expect(await signals()).toHaveLength(4);
  });

  test('CloudEvents: the question whether it may send is answered', async () => {
    const url = `${inbound.base}/inbound/cloudevents/${keyOf('cloudevents')}`;
    const answer = await fetch(url, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'events.example.com', 'webhook-request-rate': '120' },
    });
    expect([
      answer.status,
      answer.headers.get('webhook-allowed-origin'),
      answer.headers.get('webhook-allowed-rate'),
    ]).toEqual([200, 'events.example.com', '120']);
  });

  describe('CloudWatch over SNS', () => {
    const path = `/inbound/cloudwatch/${keyOf('cloudwatch')}`;
    // SNS says text/plain of its JSON.
    const send = (message: object) =>
      inbound.post(path, json(message), { 'content-type': 'text/plain; charset=UTF-8' });

    test.each(['1', '2'] as const)('an alarm and its end, signed with version %s', async (version) => {
      expect((await send(sns.alarm('ALARM', version))).status).toBe(202);
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'triggered', severity: 'major' }]);
      expect((await send(sns.alarm('INSUFFICIENT_DATA', version))).body).toMatchObject({ signals: 0 });
      await send(sns.alarm('OK', version));
      await inbound.place();
      expect(await incidents()).toMatchObject([
        { title: expect.stringContaining('Queue is long: Threshold'), status: 'resolved' },
      ]);
    });

    test('a subscription is confirmed by visiting the address, and only Amazon’s', async () => {
      const confirmation = (url: string) =>
        sns.message({ Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: url });
      const visit = '/?Action=ConfirmSubscription&Token=t';
      expect((await send(confirmation(`https://${sns.host}${visit}`))).status).toBe(202);
      expect(sns.asked.filter((asked) => asked === visit)).toHaveLength(1);
      for (const url of [
        `http://${sns.host}${visit}`,
        `https://${sns.host}:8443${visit}`,
        `https://a@${sns.host}${visit}`,
        'https://sns.eu-central-1.amazonaws.com.evil.test/',
        'https://evil.test/?sns.eu-central-1.amazonaws.com',
        'https://169.254.169.254/latest/meta-data/',
      ]) {
        expect((await send(confirmation(url))).body).toMatchObject({ errors: [{ path: 'SubscribeURL' }] });
      }
      expect(sns.asked.filter((asked) => asked === visit)).toHaveLength(1);
      sns.served.status = 500;
      const failed = await send(confirmation(`https://${sns.host}${visit}`));
      expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '5']);
    });

    test('what is not signed by Amazon, is old, or was changed on the way is refused, and nothing is kept', async () => {
      const alarm = sns.alarm('ALARM');
      const forged: [string, object][] = [
        ['changed', { ...alarm, Message: alarm.Message.replace('Queue', 'Another') }],
        ['another version', { ...alarm, SignatureVersion: '1' }],
        ['no signature', { ...alarm, Signature: '' }],
        [
          'a certificate of elsewhere',
          { ...alarm, SigningCertURL: 'https://evil.test/SimpleNotificationService-aa.pem' },
        ],
        ['a certificate by http', { ...alarm, SigningCertURL: alarm.SigningCertURL.replace('https', 'http') }],
        ['another file there', { ...alarm, SigningCertURL: `https://${sns.host}/else.pem` }],
        [
          'recorded two hours ago',
          sns.message({ Message: alarm.Message, Timestamp: new Date(now - 7_200_000).toISOString() }),
        ],
        ['of tomorrow', sns.message({ Message: alarm.Message, Timestamp: new Date(now + 86_400_000).toISOString() })],
      ];
      for (const [what, message] of forged) {
        const answer = await send(message);
        expect([what, answer.status]).toEqual([what, 403]);
      }
      expect(await signals()).toEqual([]);
    });

    test('a message that is played again within the hour changes nothing', async () => {
      const alarm = sns.alarm('ALARM');
      await send(alarm);
      await inbound.place();
      await send(sns.alarm('OK'));
      await inbound.place();
      expect((await send(alarm)).status).toBe(202);
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
    });
  });

  describe('alerts that are grouped', () => {
    const key = 'q'.repeat(32);
    beforeAll(() =>
      addIntegration(inbound.db, {
        id: 'int_groups',
        kind: 'events-v2',
        key,
        config: { groupBy: ['$.component', '$.details.region'] },
      }),
    );
    const send = (dedup_key: string, event_action: string, component = 'db', severity = 'warning') =>
      inbound.event({
        routing_key: key,
        event_action,
        dedup_key,
        // PagerDuty's resolve says nothing but the key.
        ...(event_action === 'trigger'
          ? {
              payload: {
                summary: `Down: ${dedup_key}`,
                source: 's',
                severity,
                component,
                custom_details: { region: 'eu' },
              },
            }
          : {}),
      });

    test('are one alert with its count and members, which ends with the last of them', async () => {
      for (let i = 0; i < 30; i++) await send(`a${i}`, 'trigger', 'db', i === 29 ? 'critical' : 'warning');
      await send('other', 'trigger', 'web');
      await inbound.place();
      const [db, web] = (await alerts()).toSorted((a, b) => (a.summary < b.summary ? -1 : 1));
      expect(db).toMatchObject({ summary: 'Down: a0', status: 'firing', severity: 'critical' });
      expect(db?.evidence).toMatchObject({ count: 30, group: { '$.component': 'db', '$.details.region': 'eu' } });
      expect(db?.evidence['members']).toHaveLength(20);
      expect(web).toMatchObject({ evidence: { count: 1 } });
      for (let i = 0; i < 29; i++) await send(`a${i}`, 'resolve');
      await inbound.place();
      expect((await alerts()).map(({ status, evidence }) => [status, evidence['count']])).toEqual([
        ['firing', 1],
        ['firing', 1],
      ]);
      await send('a29', 'resolve');
      await send('never-seen', 'resolve');
      await inbound.place();
      expect((await alerts()).map((alert) => alert.status).toSorted()).toEqual(['firing', 'ok']);
      await send('other', 'resolve');
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
      expect(await inbound.db.selectFrom('alert_members').selectAll().execute()).toEqual([]);
    });

    test('that begin and end in one breath are not lost, and an acknowledgement of a member finds the group', async () => {
      await Promise.all([send('x', 'trigger'), send('x', 'resolve')]);
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
      await send('m', 'trigger');
      await inbound.place();
      await send('m', 'acknowledge');
      expect(await incidents()).toMatchObject([{ status: 'resolved' }, { status: 'acknowledged' }]);
    });

    test('a member that comes with other values moves to their group', async () => {
      await send('mover', 'trigger', 'db');
      await inbound.place();
      await send('mover', 'trigger', 'web');
      await inbound.place();
      expect((await alerts()).map((alert) => alert.status).toSorted()).toEqual(['firing', 'ok']);
    });
  });

  test('a source that floods delays another’s incident by no more than a batch', async () => {
    await addService(inbound.db, 'calm', now).catch(() => undefined);
    await addIntegration(inbound.db, { id: 'int_calm', kind: 'events-v2', key: 'k'.repeat(32), serviceId: 'calm' });
    const payload = { summary: 'The calm one', source: 's', severity: 'critical' };
    const flood = Array.from({ length: 20 }, (_, i) => ({
      service_id: 'shop',
      source_kind: 'events-v2',
      source_id: 'int_events',
      queue: 'int_events',
      status: 'firing' as const,
      severity: 'minor' as const,
      summary: 'Noise',
      evidence: '{}',
      at: now,
      received_at: now,
      outcome: null,
      incident_id: null,
      i,
    }));
    for (const { i, ...row } of flood) {
      const rows = Array.from({ length: 1_000 }, (_, n) => ({
        ...row,
        id: `sig_flood_${i}_${n}`,
        dedup_key: `f${i}-${n}`,
      }));
      await inbound.db.insertInto('signals').values(rows).execute();
    }
    expect((await inbound.event({ routing_key: eventsKey, event_action: 'trigger', payload })).status).toBe(202);
    const from = performance.now();
    await inbound.event({ routing_key: 'k'.repeat(32), event_action: 'trigger', payload });
    const placed = await processSignals(inbound.ctx, now);
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(placed).toBeLessThanOrEqual(150);
    const opened = await inbound.db.selectFrom('incidents').select('service_id').orderBy('number').execute();
    expect(opened.map((one) => one.service_id)).toContain('calm');
    const { waiting } = await inbound.db
      .selectFrom('signals')
      .select((select) => select.fn.countAll<number>().as('waiting'))
      .where('outcome', 'is', null)
      .executeTakeFirstOrThrow();
    expect(Number(waiting)).toBeGreaterThan(19_000);
    await inbound.db.deleteFrom('signals').execute();
  });

  test('a source’s own limit refuses what is over it, and its counts say so', async () => {
    const key = 'l'.repeat(32);
    await tally.flush();
    await inbound.db.deleteFrom('integration_activity').execute();
    await addIntegration(inbound.db, { id: 'int_limited', kind: 'alertmanager', key, config: { maxPerMinute: 2 } });
    const path = `/inbound/alertmanager/${key}`;
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await inbound.post(path, json({ version: '4', alerts: [] }))).status);
    expect(statuses).toEqual([202, 202, 429, 429]);
    expect((await inbound.post(path.replace(key, keyOf('grafana')), '{}')).status).toBe(401);
    await inbound.post(`/inbound/grafana/${keyOf('grafana')}`, '{}');
    await tally.flush();
    await inbound.post(`/inbound/grafana/${keyOf('grafana')}`, '{"alerts":[]}');
    await tally.flush();
    const activity = await inbound.db
      .selectFrom('integration_activity')
      .selectAll()
      .orderBy('integration_id')
      .execute();
    expect(activity).toMatchObject([
      { integration_id: 'int_grafana', accepted: 1, refused: 1, limited: 0, last_accepted_at: now },
      { integration_id: 'int_limited', accepted: 2, limited: 2, last_limited_at: now, last_refused_at: null },
    ]);
    expect(activity[0]?.last_refusal).toContain('alerts');
  });
});
