import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  alertmanagerKey,
  addIntegration,
  addService,
  eventsKey,
  type DatabaseKind,
  type Inbound,
  openInbound,
} from './open-inbound.ts';

/** The events as requests that are sent without waiting for an answer. */
function pipelined(events: readonly object[]): string {
  const requests = events.map((event, i) => {
    const body = JSON.stringify({ routing_key: eventsKey, ...event });
    const connection = i === events.length - 1 ? 'close' : 'keep-alive';
    const head = `POST /v2/enqueue HTTP/1.1\r\nhost: x\r\nconnection: ${connection}\r\ncontent-type: application/json\r\n`;
    return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  });
  return requests.join('');
}

describe.each<DatabaseKind>(['embedded', 'postgres'])('on %s', (kind) => {
  let inbound: Inbound;
  beforeAll(async () => {
    inbound = await openInbound({}, kind);
  });
  afterAll(() => inbound.close());
  afterEach(async () => {
    await inbound.place();
    for (const table of ['signals', 'alerts', 'events', 'incident_services', 'escalations', 'incidents'] as const) {
      await inbound.db.deleteFrom(table).execute();
    }
  });

  const payload = { summary: 'Disk full', source: 'web-1', severity: 'critical' };
  const trigger = (dedup_key: string) => ({ event_action: 'trigger', dedup_key, payload });
  const signals = () => inbound.db.selectFrom('signals').selectAll().orderBy('seq').execute();
  const incidents = () => inbound.db.selectFrom('incidents').select(['title', 'status']).orderBy('number').execute();
  const done = { status: 'success', message: 'Event processed' };

  describe('PagerDuty events', () => {
    test('a trigger is stored when it is answered, and opens an incident', async () => {
      const answer = await inbound.event(trigger('k1'));
      expect([answer.status, answer.body]).toEqual([202, { ...done, dedup_key: 'k1' }]);
      expect(await signals()).toMatchObject([
        {
          service_id: 'shop',
          source_kind: 'events-v2',
          source_id: 'int_events',
          dedup_key: 'k1',
          status: 'firing',
          severity: 'critical',
          summary: 'Disk full',
          outcome: null,
        },
      ]);
      await inbound.place();
      expect(await incidents()).toEqual([{ title: 'Disk full', status: 'triggered' }]);
    });

    test('a trigger without a key is told the key it got, which another resolves', async () => {
      const { body } = await inbound.event({ event_action: 'trigger', payload });
      const { dedup_key } = body as { dedup_key: string };
      expect(dedup_key).toMatch(/^[0-9a-f]{32}$/);
      await inbound.place();
      await inbound.event({ event_action: 'resolve', dedup_key });
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
    });

    test('trigger and resolve that wait together, in one millisecond, end resolved; the other way round open', async () => {
      for (let i = 0; i < 30; i++) {
        await inbound.event(trigger(`over-${i}`));
        await inbound.event({ event_action: 'resolve', dedup_key: `over-${i}` });
      }
      const times = new Set((await signals()).map((signal) => signal.received_at));
      expect(times.size).toBe(1);
      await inbound.place();
      expect(new Set((await incidents()).map((incident) => incident.status))).toEqual(new Set(['resolved']));

      await inbound.event({ event_action: 'resolve', dedup_key: 'again' });
      await inbound.event(trigger('again'));
      await inbound.place();
      expect((await incidents()).at(-1)).toMatchObject({ status: 'triggered' });
    });

    test('trigger and resolve in one breath on one socket share a commit and stay in order', async () => {
      const events = Array.from({ length: 20 }, (_, i) => [
        trigger(`breath-${i}`),
        { event_action: 'resolve', dedup_key: `breath-${i}` },
      ]).flat();
      const answer = await inbound.raw(pipelined(events));
      expect(answer.match(/HTTP\/1\.1 202/g)).toHaveLength(40);
      expect((await signals()).map((signal) => signal.dedup_key)).toEqual(events.map((event) => event.dedup_key));
      await inbound.place();
      expect(new Set((await incidents()).map((incident) => incident.status))).toEqual(new Set(['resolved']));
    });

    test('an acknowledge finds its alert also when the trigger still waits for its place', async () => {
      for (let i = 0; i < 120; i++) await inbound.event(trigger(`before-${i}`));
      await inbound.event(trigger('mine'));
      const answer = await inbound.event({ event_action: 'acknowledge', dedup_key: 'mine' });
      expect([answer.status, answer.body]).toEqual([202, { ...done, dedup_key: 'mine' }]);
      expect(await incidents()).toMatchObject([{ status: 'acknowledged' }]);
      const events = await inbound.db
        .selectFrom('events')
        .selectAll()
        .where('kind', '=', 'incident.acknowledged')
        .execute();
      expect(events).toMatchObject([{ actor_kind: 'api', actor_id: 'int_events', data: { via: 'events-v2' } }]);
    });

    test('an acknowledge right behind its trigger, not yet committed, finds it as well', async () => {
      const crowd = Array.from({ length: 8 }, (_, i) => inbound.event(trigger(`crowd-${i}`)));
      const answer = await inbound.raw(
        pipelined([trigger('quick'), { event_action: 'acknowledge', dedup_key: 'quick' }]),
      );
      expect(answer.match(/HTTP\/1\.1 202/g)).toHaveLength(2);
      await Promise.all(crowd);
      expect(await incidents()).toMatchObject([{ status: 'acknowledged' }]);
    });

    test('an acknowledge or a resolve of nothing is dropped, and changes nothing', async () => {
      await inbound.event(trigger('open'));
      await inbound.place();
      for (const event_action of ['acknowledge', 'resolve']) {
        const answer = await inbound.event({ event_action, dedup_key: 'another' });
        expect(answer.status).toBe(202);
      }
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'triggered' }]);
    });

    test('keys are compared within one integration only', async () => {
      await addIntegration(inbound.db, { id: 'int_other', kind: 'events-v2', key: 'o'.repeat(32) });
      await inbound.event(trigger('shared'));
      await inbound.event({ routing_key: 'o'.repeat(32), event_action: 'acknowledge', dedup_key: 'shared' });
      await inbound.event({ routing_key: 'o'.repeat(32), event_action: 'resolve', dedup_key: 'shared' });
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'triggered' }]);
    });
  });

  describe('Alertmanager', () => {
    const alert = (fingerprint: string, status: string) => ({
      status,
      labels: { alertname: 'Down', severity: 'critical' },
      annotations: { summary: `Down: ${fingerprint}` },
      startsAt: '2026-03-01T11:59:00Z',
      endsAt: status === 'resolved' ? '2026-03-01T11:59:30Z' : '0001-01-01T00:00:00Z',
      fingerprint,
    });
    const message = (...alerts: object[]) => JSON.stringify({ version: '4', status: 'firing', groupKey: 'g', alerts });
    const path = `/inbound/alertmanager/${alertmanagerKey}`;

    test('alerts that fire open one incident of the service, and end it one by one', async () => {
      const answer = await inbound.post(path, message(alert('a', 'firing'), alert('b', 'firing')));
      expect([answer.status, answer.body]).toEqual([202, { status: 'accepted', signals: 2 }]);
      await inbound.place();
      expect(await incidents()).toEqual([{ title: 'Down: a', status: 'triggered' }]);
      await inbound.post(path, message(alert('a', 'resolved'), alert('b', 'firing')));
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'triggered' }]);
      await inbound.post(path, message(alert('b', 'resolved')));
      await inbound.place();
      expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
    });

    test('the key may come in the path, as a bearer token or as a password', async () => {
      const basic = Buffer.from(`prometheus:${alertmanagerKey}`).toString('base64');
      for (const authorization of [`Bearer ${alertmanagerKey}`, `bearer  ${alertmanagerKey}`, `Basic ${basic}`]) {
        const answer = await inbound.post('/inbound/alertmanager', message(), { authorization });
        expect(answer.status).toBe(202);
      }
    });

    test('1,000 alerts are one commit', async () => {
      const alerts = Array.from({ length: 1000 }, (_, i) => alert(`f${i}`, 'firing'));
      const before = inbound.queries.count;
      expect((await inbound.post(path, message(...alerts))).status).toBe(202);
      expect(inbound.queries.count - before).toBe(1);
      expect(await signals()).toHaveLength(1000);
    });
  });

  describe('what PostgreSQL does not store', () => {
    test('zeros and half characters are replaced in every field', async () => {
      const body = String.raw`{"routing_key":"${eventsKey}","event_action":"trigger","dedup_key":"k\u0000\ud800","client":"\u0000","payload":{"summary":"a\u0000b","source":"\udc00","severity":"info","custom_details":{"x\u0000":["\u0000"]}}}`;
      const answer = await inbound.post('/v2/enqueue', body);
      expect([answer.status, answer.body]).toEqual([202, { ...done, dedup_key: 'k\ufffd\ufffd' }]);
      expect(await signals()).toMatchObject([
        {
          dedup_key: 'k\ufffd\ufffd',
          summary: 'a b',
          evidence: { client: '\ufffd', source: '\ufffd', details: { 'x\ufffd': ['\ufffd'] } },
        },
      ]);
    });

    test('the largest numbers, the deepest nesting and the longest details are stored', async () => {
      const nested = '['.repeat(60) + ']'.repeat(60);
      const body = `{"routing_key":"${eventsKey}","event_action":"trigger","payload":{"summary":"s","source":"s","severity":"info","custom_details":{"n":[1e308,1e999,-0,123456789012345678901234567890],"deep":${nested},"long":"${'x'.repeat(400_000)}"}}}`;
      expect((await inbound.post('/v2/enqueue', body)).status).toBe(202);
      expect((await signals())[0]?.evidence).toMatchObject({ truncated: true });
    });
  });

  describe('when it cannot be stored', () => {
    test('503, nothing kept, and it goes on when it can', async () => {
      await inbound.db.schema.alterTable('signals').renameTo('signals_away').execute();
      const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => inbound.event(trigger(`lost-${i}`))));
      await inbound.db.schema.alterTable('signals_away').renameTo('signals').execute();
      for (const answer of answers) {
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
        expect(answer.body).toMatchObject({ status: 'service unavailable' });
      }
      expect(await signals()).toEqual([]);
      expect((await inbound.event(trigger('back'))).status).toBe(202);
    });

    test('a service that is deleted meanwhile costs the others nothing', async () => {
      await addService(inbound.db, 'gone', 1);
      await addIntegration(inbound.db, { id: 'int_gone', kind: 'events-v2', key: 'g'.repeat(32), serviceId: 'gone' });
      expect((await inbound.event({ ...trigger('x'), routing_key: 'g'.repeat(32) })).status).toBe(202);
      await inbound.db.deleteFrom('services').where('id', '=', 'gone').execute();
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          inbound.event(i % 3 === 0 ? { ...trigger(`bad-${i}`), routing_key: 'g'.repeat(32) } : trigger(`good-${i}`)),
        ),
      );
      expect(answers.map((answer) => answer.status)).toEqual(answers.map((_, i) => (i % 3 === 0 ? 503 : 202)));
      expect(await signals()).toHaveLength(8);
    });
  });
});
