import { describe, expect, test } from 'vitest';
import { foldGroups, groupKeyOf, type GroupState, groupValues } from '../../../src/watch/inbound/group-alerts.ts';
import { grafana } from '../../../src/watch/inbound/grafana.ts';
import { isRefusal } from '../../../src/watch/inbound/inbound.ts';
import { isSnsAddress } from '../../../src/watch/inbound/sns-signature.ts';
import { misfits, type SourceConfig, sourceConfigSchema } from '../../../src/watch/inbound/source-config.ts';
import { tryMessage } from '../../../src/watch/inbound/try-message.ts';

const now = Date.UTC(2026, 2, 1, 12);

describe('a mapping', () => {
  const attempt = (mapping: NonNullable<SourceConfig['mapping']>, message: unknown, more: SourceConfig = {}) =>
    tryMessage({ kind: 'webhook', config: { mapping, ...more }, message: JSON.stringify(message) }, now);
  const mapping = { key: '$.id', status: '$.state' };

  test.each([
    ['Resolved', 'ok'],
    ['CLOSED', 'ok'],
    [false, 'ok'],
    [0, 'ok'],
    ['open', 'firing'],
    ['a word that nobody knows', 'firing'],
    [true, 'firing'],
  ])('the status %j means %s', (state, status) => {
    expect(attempt(mapping, { id: 1, state }).signals).toMatchObject([{ key: '1', status, severity: 'major' }]);
  });

  test('own words count instead, and where both are given an unknown one is refused by its path', () => {
    const own = { ...mapping, ok: ['Gut'], firing: ['schlecht'] };
    expect(attempt(own, { id: 1, state: 'gut' }).signals).toMatchObject([{ status: 'ok' }]);
    expect(attempt(own, { id: 1, state: 'Schlecht' }).signals).toMatchObject([{ status: 'firing' }]);
    expect(attempt(own, { id: 1, state: 'resolved' })).toMatchObject({ signals: [], problems: [{ path: '$.state' }] });
    // Without words for the end, one of trouble wins over what usually means the end.
    expect(attempt({ ...mapping, firing: ['0'] }, { id: 1, state: 0 }).signals).toMatchObject([{ status: 'firing' }]);
  });

  test('all that is missing is named at once, and nothing is half understood', () => {
    const tried = attempt(mapping, { other: 1 });
    expect(tried.signals).toEqual([]);
    expect(tried.problems.map((problem) => problem.path)).toEqual(['$.id', '$.state']);
    expect(attempt({ ...mapping, items: '$.list' }, { id: 1 }).problems).toMatchObject([{ path: '$.list' }]);
    expect(attempt({ ...mapping, items: '$.list' }, { list: [] })).toMatchObject({ signals: [], refusal: null });
    expect(attempt(mapping, { id: 'k'.repeat(256), state: 'x' }).problems).toMatchObject([{ path: '$.id' }]);
    expect(tryMessage({ kind: 'webhook', config: { mapping }, message: '{' }, now).refusal).toBe(
      'The body is not valid JSON.',
    );
  });

  test('a link that is no web address is no link, and a group shows its values', () => {
    const full = { ...mapping, link: '$.url', summary: '$.text', severity: '$.prio' };
    const message = { id: 1, state: 'x', url: 'javascript:alert(1)', text: 'a\nb', prio: 'P3', host: 'web-1' };
    expect(attempt(full, message, { groupBy: ['$.details.host', '$.details.none'] }).signals).toEqual([
      {
        key: '1',
        status: 'firing',
        severity: 'minor',
        summary: 'a b',
        link: null,
        group: { '$.details.host': 'web-1', '$.details.none': null },
      },
    ]);
  });

  test('paths are checked when they are written, and only where a mapping has a meaning', () => {
    const read = sourceConfigSchema.safeParse({ mapping: { key: 'id', status: '$..x' } });
    expect(read.error?.issues.map((issue) => issue.path.join('.'))).toEqual(['mapping.key', 'mapping.status']);
    expect(misfits('webhook', {}).map((problem) => problem.path)).toEqual(['mapping.key', 'mapping.status']);
    expect(misfits('grafana', { mapping })).toMatchObject([{ path: 'mapping' }]);
    expect(misfits('cloudevents', { mapping: { key: '$.id' } })).toEqual([]);
  });
});

describe('groups', () => {
  const open = (): GroupState => ({ groupOf: new Map(), countOf: new Map() });
  const fires = (memberKey: string, groupKey = 'g') => ({ memberKey, groupKey, status: 'firing' as const });
  const ends = (memberKey: string) => ({ memberKey, groupKey: 'unknown', status: 'ok' as const });

  test('begin with the first member and end with the last, in order', () => {
    const changes = foldGroups([fires('a'), fires('b'), ends('a'), ends('b'), fires('a')], open());
    expect(changes.map(({ kind, index }) => [kind, index])).toEqual([
      ['began', 0],
      ['ended', 3],
      ['began', 4],
      ['still', 4],
    ]);
  });

  test('the end of what never fired says nothing, and the end of one of many does not end them', () => {
    expect(foldGroups([ends('x')], open())).toEqual([]);
    const state: GroupState = { groupOf: new Map([['a', 'g']]), countOf: new Map([['g', 7]]) };
    expect(foldGroups([ends('a')], state)).toEqual([{ groupKey: 'g', kind: 'still', index: 0 }]);
    expect(state.countOf.get('g')).toBe(6);
  });

  test('values make the key: absent ones too, and of whatever type', () => {
    const key = (evidence: Record<string, unknown>) => groupKeyOf(groupValues(evidence, ['$.a', '$.b']));
    expect(key({ a: 1, b: 2, c: 3 })).toBe(key({ a: 1, b: 2, c: 4 }));
    expect(key({ a: 1 })).not.toBe(key({ a: '1' }));
    expect(key({ a: 1 })).toBe(key({ a: 1, b: null }));
  });
});

test('Grafana: a rule without data says which rule, and wrong fields are named', () => {
  const facts = { headers: new Headers(), now, newKey: () => '', config: {} };
  const labels = { alertname: 'DatasourceNoData', rulename: 'Queue length' };
  const parsed = grafana.parse({ alerts: [{ status: 'firing', labels, fingerprint: 'f' }] }, facts);
  expect(parsed).toMatchObject({ signals: [{ summary: 'Queue length: no data', severity: 'major' }] });
  const refused = grafana.parse({ alerts: [{ status: 'alerting', labels }] }, facts);
  expect(isRefusal(refused) && refused.fields?.[0]?.path).toBe('alerts.0.status');
});

test.each([
  ['https://sns.us-east-1.amazonaws.com/x', true],
  ['https://sns.cn-north-1.amazonaws.com.cn/x', true],
  ['http://sns.us-east-1.amazonaws.com/x', false],
  ['https://sns.us-east-1.amazonaws.com.evil.test/x', false],
  ['https://evilsns.us-east-1.amazonaws.com/x', false],
  ['https://sns.us-east-1.amazonaws.com:444/x', false],
  ['https://sns.us-east-1.amazonaws.com@evil.test/x', false],
  ['not an address', false],
])('%s is Amazon’s: %s', (url, expected) => {
  expect(isSnsAddress(url)).toBe(expected);
});
