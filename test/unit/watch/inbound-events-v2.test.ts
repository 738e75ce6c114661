import { describe, expect, test } from 'vitest';
import { eventsV2 } from '../../../src/watch/inbound/events-v2.ts';
import { isRefusal, type Parsed, type Refusal } from '../../../src/watch/inbound/inbound.ts';

const now = Date.UTC(2026, 2, 1, 12);
const facts = { headers: new Headers(), now, newKey: () => 'made-here', config: {} };
const trigger = {
  routing_key: '0123456789abcdef0123456789abcdef',
  event_action: 'trigger',
  dedup_key: 'disk/web-1',
  payload: { summary: 'Disk 98% full', source: 'web-1.example.com', severity: 'critical' },
};

function accepted(body: unknown): Parsed {
  const result = eventsV2.parse(body, facts);
  if (isRefusal(result)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}
function refused(body: unknown): Refusal {
  const result = eventsV2.parse(body, facts);
  if (!isRefusal(result)) throw new Error('it was accepted');
  return result;
}
const errorsOf = (body: unknown): string[] => (refused(body).fields ?? []).map((field) => field.message);
const withPayload = (payload: object): object => ({ ...trigger, payload: { ...trigger.payload, ...payload } });
const answer = async (refusal: Refusal): Promise<[number, unknown]> => {
  const response = eventsV2.respond({ refused: refusal });
  return [response.status, await response.json()];
};

describe('a trigger', () => {
  test('becomes a firing signal with its evidence', () => {
    const { signals, acknowledgements } = accepted({
      ...trigger,
      client: 'Acme monitoring',
      client_url: 'https://monitoring.example.com/7',
      links: [{ href: 'https://example.com/graph', text: 'Graph' }, { href: 'javascript:alert(1)' }, 'no object'],
      images: [{ src: 'https://example.com/a.png', alt: 'Plot' }, { alt: 'without an address' }],
      payload: {
        ...trigger.payload,
        timestamp: '2026-03-01T11:58:00.250+0000',
        component: 'mysql',
        group: 'shop',
        class: 'disk',
        custom_details: { free: '2%', load: 0.75 },
      },
    });
    expect(acknowledgements).toEqual([]);
    expect(signals).toEqual([
      {
        dedupKey: 'disk/web-1',
        status: 'firing',
        severity: 'critical',
        summary: 'Disk 98% full',
        at: Date.UTC(2026, 2, 1, 11, 58, 0, 250),
        evidence: {
          source: 'web-1.example.com',
          component: 'mysql',
          group: 'shop',
          class: 'disk',
          severity: 'critical',
          timestamp: '2026-03-01T11:58:00.250+0000',
          client: 'Acme monitoring',
          clientUrl: 'https://monitoring.example.com/7',
          links: [{ href: 'https://example.com/graph', text: 'Graph' }],
          images: [{ src: 'https://example.com/a.png', alt: 'Plot' }],
          details: { free: '2%', load: 0.75 },
        },
      },
    ]);
  });

  test.each([
    ['critical', 'critical'],
    ['error', 'major'],
    ['warning', 'minor'],
    ['info', 'minor'],
  ])('of severity %s is %s here', (theirs, ours) => {
    expect(accepted(withPayload({ severity: theirs })).signals[0]?.severity).toBe(ours);
  });

  test.each([undefined, null, '', '  '])('without a key (%j) gets one', (dedup_key) => {
    expect(accepted({ ...trigger, dedup_key }).signals[0]?.dedupKey).toBe('made-here');
  });

  test.each([
    ['a time in the future', '2026-03-01T13:00:00Z'],
    ['no time', 'yesterday'],
    ['a time before 1970', '0001-01-01T00:00:00Z'],
    ['null', null],
  ])('with %s happened when it came', (_, timestamp) => {
    expect(accepted(withPayload({ timestamp })).signals[0]?.at).toBe(now);
  });

  test.each([
    ['2026-03-01T11:00:00Z', Date.UTC(2026, 2, 1, 11)],
    ['2026-03-01 11:00:00+01:00', Date.UTC(2026, 2, 1, 10)],
    ['2026-03-01T11:00:00-0030', Date.UTC(2026, 2, 1, 11, 30)],
    ['2026-03-01T11:00:00.123456789Z', Date.UTC(2026, 2, 1, 11, 0, 0, 123)],
    ['2026-03-01T11:00+01', Date.UTC(2026, 2, 1, 10)],
    ['2026-03-01T11:00', Date.UTC(2026, 2, 1, 11)],
  ])('understands the time %s', (timestamp, at) => {
    expect(accepted(withPayload({ timestamp })).signals[0]?.at).toBe(at);
  });

  test('may have numbers and truth values where text is meant', () => {
    const { signals } = accepted({ ...withPayload({ source: 1, component: true }), dedup_key: 42 });
    expect(signals[0]).toMatchObject({ dedupKey: '42', evidence: { source: '1', component: 'true' } });
  });

  test('has a summary of one line, without half characters or zeros', () => {
    const { signals } = accepted(
      withPayload({ summary: 'a\nb\u0000c\ud800', custom_details: { 'k\u0000': 'v\u0000\udfff' } }),
    );
    expect(signals[0]?.summary).toBe('a b c\ufffd');
    expect(signals[0]?.evidence['details']).toEqual({ 'k\ufffd': 'v\ufffd\ufffd' });
  });

  test('takes 1,024 characters of summary and 255 of key, also when they are four bytes each', () => {
    const { signals } = accepted({ ...withPayload({ summary: '😀'.repeat(1024) }), dedup_key: '😀'.repeat(255) });
    expect(signals[0]?.dedupKey).toBe('😀'.repeat(255));
  });

  test('with a detail named __proto__ keeps it as a detail', () => {
    const body: unknown = JSON.parse(
      JSON.stringify(trigger).replace('"severity"', '"custom_details":{"__proto__":{"polluted":true}},"severity"'),
    );
    const details = accepted(body).signals[0]?.evidence['details'];
    expect(JSON.stringify(details)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('with too many details keeps the rest and says so', () => {
    const { signals } = accepted(withPayload({ custom_details: { log: 'x'.repeat(400_000), more: 'y' } }));
    const evidence = signals[0]?.evidence ?? {};
    expect(evidence).toMatchObject({ source: 'web-1.example.com', truncated: true });
    expect(JSON.stringify(evidence).length).toBeLessThan(40_000);
  });
});

describe('what follows a trigger', () => {
  test('a resolve is a signal that it is over, whatever its payload says', () => {
    const { signals } = accepted({ ...trigger, event_action: 'resolve', payload: { severity: 'no such' } });
    expect(signals).toMatchObject([{ dedupKey: 'disk/web-1', status: 'ok', summary: 'disk/web-1' }]);
  });

  test('an acknowledge names the key and is no signal', () => {
    const { payload: _, ...rest } = trigger;
    expect(accepted({ ...rest, event_action: 'acknowledge' })).toEqual({
      signals: [],
      acknowledgements: ['disk/web-1'],
    });
  });

  test.each(['acknowledge', 'resolve'])('%s needs the key', (event_action) => {
    const { dedup_key: _, ...rest } = trigger;
    expect(errorsOf({ ...rest, event_action })).toEqual(["'dedup_key' is missing or blank"]);
  });
});

describe('a bad event is refused in the words that senders know', () => {
  test('an empty one', () => {
    expect(errorsOf({})).toEqual(["'routing_key' cannot be blank", "'event_action' is missing or blank"]);
  });

  test('a trigger without a payload', () => {
    const { payload: _, ...rest } = trigger;
    expect(errorsOf(rest)).toEqual([
      "'payload.summary' is missing or blank",
      "'payload.source' is missing or blank",
      "'payload.severity' is missing or blank",
    ]);
  });

  test.each<[string, object, string]>([
    [
      'event_action',
      { ...trigger, event_action: 'page' },
      "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    ],
    [
      'payload.severity',
      withPayload({ severity: 'none' }),
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    ],
    [
      'payload.summary',
      withPayload({ summary: 'x'.repeat(1025) }),
      "'payload.summary' is too long (maximum is 1024 characters)",
    ],
    ['payload.summary', withPayload({ summary: ['x'] }), "'payload.summary' is invalid (must be a string)"],
    ['payload.source', withPayload({ source: ' ' }), "'payload.source' is missing or blank"],
    ['payload.component', withPayload({ component: {} }), "'payload.component' is invalid (must be a string)"],
    ['payload', { ...trigger, payload: 'down' }, "'payload' is invalid (must be an object)"],
    ['payload', { ...trigger, payload: [] }, "'payload' is invalid (must be an object)"],
    ['dedup_key', { ...trigger, dedup_key: 'k'.repeat(256) }, "'dedup_key' is too long (maximum is 255 characters)"],
    ['dedup_key', { ...trigger, dedup_key: {} }, "'dedup_key' is invalid (must be a string)"],
    ['routing_key', { ...trigger, routing_key: [] }, "'routing_key' is invalid (must be a string)"],
    ['links', { ...trigger, links: 'https://example.com' }, "'links' is invalid (must be an array)"],
  ])('%s', (path, body, message) => {
    expect(refused(body)).toEqual({ code: 'invalid', message: 'Event object is invalid', fields: [{ path, message }] });
  });

  test.each([null, 'text', 7, [], true])('%j is no event', (body) => {
    expect(refused(body).code).toBe('malformed');
  });
});

describe('the answers', () => {
  test('202 returns the key', async () => {
    const response = eventsV2.respond({ accepted: accepted(trigger) });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ status: 'success', message: 'Event processed', dedup_key: 'disk/web-1' });
  });

  test('each refusal has its status and shape', async () => {
    expect(await answer(refused({ ...trigger, dedup_key: [] }))).toEqual([
      400,
      {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: ["'dedup_key' is invalid (must be a string)"],
      },
    ]);
    expect(await answer({ code: 'unknown-key', message: '' })).toEqual([
      400,
      { status: 'invalid event', message: 'Event object is invalid', errors: ['Invalid routing key'] },
    ]);
    expect(await answer({ code: 'malformed', message: 'No JSON.' })).toEqual([
      400,
      {
        status: 'Unrecognized object',
        message: 'Event object format is unrecognized',
        errors: ['JSON parse error', 'No JSON.'],
      },
    ]);
    expect((await answer({ code: 'too-large', message: '' }))[0]).toBe(413);
    expect((await answer({ code: 'unsupported', message: '' }))[0]).toBe(415);
    const busy = eventsV2.respond({ refused: { code: 'too-many', message: '', retryAfterMs: 1_200 } });
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await busy.json()).toMatchObject({ status: 'throttle exceeded' });
    expect((await answer({ code: 'unavailable', message: 'Later.' }))[0]).toBe(503);
  });
});
