import { expect, test } from 'vitest';
import { explain, uniteMargin } from '../../../src/domain/explain.ts';
import { foldOutages, type OpenIncident, saysOtherwise } from '../../../src/domain/fold-outages.ts';
import type { NodeView, Scene } from '../../../src/domain/scene.ts';
import { findStragglers } from '../../../src/domain/stragglers.ts';
import { buildTopology, type Dependency } from '../../../src/domain/topology.ts';

const minute = 60_000;
const now = 1_000 * minute;

/** `a>b` needs hard, `a~b` soft; `bad` fails since so many minutes, everything else that is named works. */
function scene(text: string, bad: Record<string, number>, more: Partial<Scene> & { unknown?: string[] } = {}): Scene {
  const dependencies = text.split(' ').map((one): Dependency => {
    const [serviceId = '', on = ''] = one.split(/[>~]/);
    return { serviceId, on, hardness: one.includes('>') ? 'hard' : 'soft' };
  });
  const nodes = new Map<string, NodeView>();
  for (const { serviceId, on } of dependencies)
    for (const id of [serviceId, on]) nodes.set(id, { health: 'fine', since: 0, detectMs: minute });
  for (const [id, ago] of Object.entries(bad))
    nodes.set(id, { health: 'failing', since: now - ago * minute, detectMs: minute });
  for (const id of more.unknown ?? []) nodes.delete(id);
  return { now, topology: buildTopology(dependencies), nodes, barred: new Map(), pinned: new Set(), ...more };
}

const told = (of: Scene): Record<string, string> =>
  Object.fromEntries(explain(of).map((outage) => [outage.cause.causeId, outage.services.toSorted().join(' ')]));

test('a database that fails with what needs it is one outage, and is its cause', () => {
  const [outage, ...more] = explain(scene('a>db b>db c>db d>other', { db: 5, a: 5, b: 4, c: 4 }));
  expect(more).toEqual([]);
  expect(outage?.services.toSorted()).toEqual(['a', 'b', 'c', 'db']);
  expect(outage?.cause).toMatchObject({ causeId: 'db', hardFine: [], before: [] });
  expect(outage?.cause.confidence).toBeGreaterThan(0.95);
});

test('an upstream that admits nothing is named when all that need it fail, and is not when most of them work', () => {
  expect(told(scene('a>p/x b>p/x c>p/x d>p/x e>p/x', { a: 2, b: 2, c: 2, d: 1, e: 1 }))).toEqual({
    'p/x': 'a b c d e',
  });
  expect(told(scene('a>p/x b>p/x c>p/x d>p/x e>p/x f>p/x', { a: 5, b: 5 }))).toEqual({ a: 'a', b: 'b' });
  // While the others have not had the time to fail, they say nothing.
  expect(told(scene('a>p/x b>p/x c>p/x d>p/x e>p/x f>p/x', { a: 1, b: 1 }))).toEqual({ 'p/x': 'a b' });
});

test('what its provider admits explains a single service too, also when the provider speaks late', () => {
  expect(told(scene('a>p/x b>p/y', { 'p/x': 0, a: 12 }))).toEqual({ 'p/x': 'a' });
  expect(told(scene('a>p/x b>p/y', { 'p/x': 0, b: 12 }))).toEqual({ b: 'b' });
});

test('trouble of its own is not swallowed: long before, long after, by a dependency that works, after the cause is over', () => {
  expect(told(scene('a>db b>db c>db', { db: 3, a: 2, b: 2, c: 60 }))).toEqual({ db: 'a b db', c: 'c' });
  expect(told(scene('a>db b>db c>db', { db: 90, a: 89, b: 89, c: 1 }))).toEqual({ db: 'a b db', c: 'c' });
  expect(told(scene('a>db b>db c~db d~up', { db: 40, a: 40, b: 40, c: 5, d: 40 }))).toEqual({
    db: 'a b db',
    c: 'c',
    d: 'd',
  });
  const over: NodeView = { health: 'failing', since: now - 30 * minute, until: now - 20 * minute, detectMs: minute };
  const base = scene('a>db b>db c>db', { a: 30, b: 30, c: 2 });
  expect(told({ ...base, nodes: new Map([...base.nodes, ['db', over]]) })).toEqual({ db: 'a b db', c: 'c' });
});

test('a service between that works shields what stands behind it; one that nobody watches does not', () => {
  expect(told(scene('a>mid b>mid mid>db c>db', { db: 9, a: 9, b: 9, c: 9 }))).toMatchObject({ db: 'c db' });
  expect(told(scene('a>mid b>mid mid>db c>db', { db: 9, a: 9, b: 9, c: 9 }, { unknown: ['mid'] }))).toEqual({
    db: 'a b c db',
  });
});

test('in a circle the one that failed first is the cause', () => {
  expect(Object.keys(told(scene('a>b b>a c>a', { b: 20, a: 15, c: 15 })))).toEqual(['b']);
});

test('a person rules: a cause ruled out explains nothing there, a named one what stands on it, and what stands alone stands alone', () => {
  const text = 'a>p/x b>p/x c>p/x';
  const bad = { a: 2, b: 2, c: 2 };
  const out = new Set(['p/x']);
  const barred = new Map(['a', 'b', 'c'].map((id) => [id, out]));
  expect(told(scene(text, bad, { barred }))).toEqual({ a: 'a', b: 'b', c: 'c' });
  expect(told(scene(text, bad, { barred: new Map([['c', 'alone']]) }))).toEqual({ 'p/x': 'a b', c: 'c' });
  expect(told(scene('a>p/x b>p/x c>p/x', { a: 9 }, { pinned: new Set(['p/x']) }))).toEqual({ 'p/x': 'a' });
});

test('confidence is a share of one, the rest goes to the other candidates', () => {
  const [outage] = explain(scene('a>db b>db db>p/x', { a: 3, b: 3 }, { unknown: ['db'] }));
  const sum = outage?.ranked.reduce((all, one) => all + one.confidence, 0) ?? 0;
  expect(outage?.ranked.map((one) => one.causeId)).toEqual(expect.arrayContaining(['db', 'p/x']));
  expect(sum).toBeGreaterThan(0.9);
  expect(sum).toBeLessThanOrEqual(1);
  expect(uniteMargin).toBeGreaterThan(0);
});

const incident = (id: string, services: string[], more: Partial<OpenIncident> = {}): OpenIncident => ({
  id,
  openedAt: Number(id),
  openedBy: 'signal',
  isAcknowledged: false,
  standsAlone: false,
  services,
  upstreams: [],
  ...more,
});

test('incidents of one outage fold into the one that somebody has, else the oldest; what a person opened or took out stays', () => {
  const outages = explain(scene('a>db b>db c>db', { db: 3, a: 3, b: 3, c: 3 }));
  const fold = (...incidents: OpenIncident[]) => foldOutages(outages, incidents)[0];
  expect(fold()).toMatchObject({ incidentId: undefined, merge: [] });
  expect(fold(incident('1', ['a']), incident('2', ['b']))).toMatchObject({ incidentId: '1', merge: ['2'] });
  expect(fold(incident('1', ['a']), incident('2', ['b']))?.newcomers.toSorted()).toEqual(['c', 'db']);
  expect(fold(incident('1', ['a']), incident('2', ['b'], { isAcknowledged: true }))).toMatchObject({
    incidentId: '2',
    merge: ['1'],
  });
  expect(fold(incident('1', ['a']), incident('2', ['b'], { openedBy: 'person' }))).toMatchObject({ merge: [] });
  expect(fold(incident('1', ['a'], { standsAlone: true }), incident('2', ['b']))).toMatchObject({
    incidentId: '2',
    merge: [],
  });
  expect(fold(incident('7', [], { upstreams: ['db'] }))).toMatchObject({ incidentId: '7' });
});

test('an incident with two outages in it is joined by the one that it is more of', () => {
  const outages = explain(scene('a>db b>db c>db d>e', { db: 3, a: 3, b: 3, c: 3, d: 3 }));
  const folds = foldOutages(outages, [incident('1', ['a', 'b', 'd'])]);
  expect(folds.map((one) => [one.outage.cause.causeId, one.incidentId, one.newcomers.toSorted()])).toEqual([
    ['db', '1', ['c', 'db']],
    ['d', undefined, []],
  ]);
});

test('what is left broken when the rest has recovered is taken out after five minutes, unless the cause itself is still bad', () => {
  const clear = (serviceId: string, minutes: number) => ({ serviceId, clearAt: now - minutes * minute });
  const firing = (serviceId: string) => ({ serviceId, clearAt: undefined });
  const cause = (health: 'failing' | 'fine' | 'unknown', id = 'p/x') => ({ id, health });
  expect(findStragglers([clear('a', 6), clear('b', 6), firing('c')], cause('fine'), now)).toEqual(['c']);
  expect(findStragglers([clear('a', 4), clear('b', 4), firing('c')], cause('fine'), now)).toEqual([]);
  expect(findStragglers([clear('a', 6), clear('b', 6), firing('c')], cause('failing'), now)).toEqual([]);
  expect(findStragglers([clear('a', 6), firing('b'), firing('c')], cause('fine'), now)).toEqual([]);
  expect(findStragglers([clear('db', 6), firing('b'), firing('c')], cause('fine', 'db'), now)).toEqual(['b', 'c']);
  expect(findStragglers([clear('a', 6), firing('db')], cause('failing', 'db'), now)).toEqual([]);
  expect(findStragglers([firing('a')], undefined, now)).toEqual([]);
});

test('a cause is stated anew when it is another one or clearly more or less sure', () => {
  const one = [{ causeId: 'a', confidence: 0.8 }];
  expect(saysOtherwise(one, [{ causeId: 'a', confidence: 0.82 }])).toBe(false);
  expect(saysOtherwise(one, [{ causeId: 'a', confidence: 0.9 }])).toBe(true);
  expect(saysOtherwise(one, [{ causeId: 'b', confidence: 0.8 }])).toBe(true);
  expect(saysOtherwise([], one)).toBe(true);
});
