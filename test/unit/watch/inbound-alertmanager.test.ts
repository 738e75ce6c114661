import { describe, expect, test } from 'vitest';
import { alertmanager } from '../../../src/watch/inbound/alertmanager.ts';
import { isRefusal, type Parsed, type Refusal } from '../../../src/watch/inbound/inbound.ts';

const now = Date.UTC(2026, 2, 1, 12);
const facts = { headers: new Headers(), now, newKey: () => 'unused', config: {} };

const alert = {
  status: 'firing',
  labels: { alertname: 'HighErrorRate', severity: 'page', job: 'shop' },
  annotations: {
    summary: 'Errors above 5%',
    description: 'Longer words',
    runbook_url: 'https://runbooks.example.com/1',
  },
  startsAt: '2026-03-01T11:50:00.5Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.test:9090/graph?g0.expr=up',
  fingerprint: 'c6eadffa33fcdf37',
};
const message = {
  version: '4',
  groupKey: '{}:{alertname="HighErrorRate"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'hugops',
  groupLabels: { alertname: 'HighErrorRate' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.test:9093',
  alerts: [alert],
};
const of = (...alerts: object[]): object => ({ ...message, alerts });

function accepted(body: unknown): Parsed {
  const result = alertmanager.parse(body, facts);
  if (isRefusal(result)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}
function refused(body: unknown): Refusal {
  const result = alertmanager.parse(body, facts);
  if (!isRefusal(result)) throw new Error('it was accepted');
  return result;
}
const first = (body: unknown) => accepted(body).signals[0];

describe('alerts', () => {
  test('become signals, one each, by their fingerprints', () => {
    const { signals, acknowledgements } = accepted({
      ...of(alert, { ...alert, status: 'resolved', endsAt: '2026-03-01T11:59:00Z', fingerprint: 'b1' }),
      truncatedAlerts: 3,
    });
    expect(acknowledgements).toEqual([]);
    expect(signals).toMatchObject([
      {
        dedupKey: 'c6eadffa33fcdf37',
        status: 'firing',
        severity: 'critical',
        summary: 'Errors above 5%',
        at: Date.UTC(2026, 2, 1, 11, 50, 0, 500),
      },
      { dedupKey: 'b1', status: 'ok', at: Date.UTC(2026, 2, 1, 11, 59) },
    ]);
    expect(signals[0]?.evidence).toEqual({
      startsAt: '2026-03-01T11:50:00.5Z',
      generatorUrl: 'http://prometheus.test:9090/graph?g0.expr=up',
      runbookUrl: 'https://runbooks.example.com/1',
      externalUrl: 'http://alertmanager.test:9093',
      groupKey: '{}:{alertname="HighErrorRate"}',
      receiver: 'hugops',
      truncatedAlerts: 3,
      labels: alert.labels,
      annotations: alert.annotations,
    });
  });

  test.each([
    ['critical', 'critical'],
    ['CRITICAL ', 'critical'],
    ['page', 'critical'],
    ['error', 'major'],
    ['high', 'major'],
    ['warning', 'minor'],
    ['none', 'minor'],
    ['what ever', 'major'],
    [undefined, 'major'],
  ])('with the severity label %j are %s', (severity, ours) => {
    const labels = severity === undefined ? { alertname: 'A' } : { alertname: 'A', severity };
    expect(first(of({ ...alert, labels }))?.severity).toBe(ours);
  });

  test.each([
    [{ summary: 'S', description: 'D' }, 'S'],
    [{ summary: ' \n', description: 'D\nE' }, 'D E'],
    [{ message: 'M' }, 'M'],
    [{}, 'HighErrorRate'],
    [undefined, 'HighErrorRate'],
  ])('with annotations %j are summed up as %j', (annotations, summary) => {
    expect(first(of({ ...alert, annotations }))?.summary).toBe(summary);
  });

  test('without any name still page', () => {
    expect(first(of({ status: 'firing', labels: {} }))).toMatchObject({ summary: 'Alert without a name', at: now });
  });

  test('without a fingerprint are told apart by their labels, in any order', () => {
    const { fingerprint: _, ...bare } = alert;
    const key = first(of(bare))?.dedupKey;
    const reordered = { ...bare, labels: { job: 'shop', severity: 'page', alertname: 'HighErrorRate' } };
    expect(first(of(reordered))?.dedupKey).toBe(key);
    expect(first(of({ ...bare, labels: { ...bare.labels, job: 'mail' } }))?.dedupKey).not.toBe(key);
  });

  test('that began in the future began now, because a clock is wrong', () => {
    expect(first(of({ ...alert, startsAt: '2027-01-01T00:00:00Z' }))?.at).toBe(now);
  });

  test('unknown fields are of no consequence', () => {
    expect(accepted({ ...of({ ...alert, silenceURL: 7 }), orgId: [] }).signals).toHaveLength(1);
  });

  test('1,000 are taken, none is fine', () => {
    expect(accepted(of(...Array.from({ length: 1000 }, () => alert))).signals).toHaveLength(1000);
    expect(accepted(of()).signals).toEqual([]);
  });
});

describe('refusals name the field', () => {
  test.each<[string, unknown]>([
    ['version', { ...message, version: '3' }],
    ['version', { ...message, version: 4 }],
    ['alerts', { ...message, alerts: {} }],
    ['alerts.0.status', of({ ...alert, status: 'pending' })],
    ['alerts.1.labels', of(alert, { ...alert, labels: 'none' })],
    ['alerts.0.labels.severity', of({ ...alert, labels: { severity: 1 } })],
    ['alerts.0.annotations.summary', of({ ...alert, annotations: { summary: null } })],
    ['alerts.0.startsAt', of({ ...alert, startsAt: 1_700_000_000 })],
    ['alerts.0.fingerprint', of({ ...alert, fingerprint: 'f'.repeat(256) })],
    ['(whole)', null],
    ['(whole)', [message]],
  ])('%s', (path, body) => {
    const refusal = refused(body);
    expect(refusal.code).toBe('invalid');
    expect(refusal.fields?.map((field) => field.path)).toContain(path);
    expect(refusal.message).toContain(path);
  });

  test('more than 1,000 alerts, with what to do', () => {
    const refusal = refused(of(...Array.from({ length: 1001 }, () => alert)));
    expect(refusal.message).toBe(
      'alerts: at most 1000 alerts in one message, not 1001; set max_alerts or group by more labels',
    );
  });

  test('as problem details', async () => {
    const response = alertmanager.respond({ refused: refused({ ...message, version: '3' }) });
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect(await response.json()).toMatchObject({ status: 400, code: 'invalid', errors: [{ path: 'version' }] });
    const unknown = alertmanager.respond({ refused: { code: 'unknown-key', message: 'No.' } });
    expect([unknown.status, unknown.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});
