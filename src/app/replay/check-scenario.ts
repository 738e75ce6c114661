import { didYouMean } from '../../domain/closest.ts';
import { type Found, matches } from '../config/check-references.ts';
import { formatDuration } from '../config/duration.ts';
import { formatPath, type Located, nameValue, type Path, type Problem } from '../config/located.ts';
import { readInstant, readScenarioTime } from './scenario-time.ts';

/** What leads where: ids at `path` name an entry of `section`. */
const references: readonly { path: string; section: string; noun: string }[] = [
  { path: 'facts.*.source', section: 'sources', noun: 'a source' },
  { path: 'teams.*.onCall.*', section: 'people', noun: 'a person' },
  { path: 'services.*.team', section: 'teams', noun: 'a team' },
  { path: 'services.*.dependsOn.*', section: 'services', noun: 'a service' },
  { path: 'services.*.health.*.source', section: 'sources', noun: 'a source' },
  { path: 'providers.*.notices.*.posts.*.source', section: 'sources', noun: 'a source' },
  { path: 'streams.*.about.*', section: 'services', noun: 'a service' },
  { path: 'acts.*.who', section: 'people', noun: 'a person' },
  { path: 'acts.*.about', section: 'services', noun: 'a service' },
  { path: 'acts.*.source', section: 'sources', noun: 'a source' },
  { path: 'expect.pagedTeams.*', section: 'teams', noun: 'a team' },
  { path: 'expect.notCounted.*', section: 'phrases', noun: 'a phrase' },
  { path: 'expect.hugsReach.*', section: 'people', noun: 'a person' },
];

/** Lists whose times must not go back. In those that are `strict` no two may be the same either: what held then would be a guess. */
const timelines: readonly { path: string; strict: boolean }[] = [
  { path: 'facts', strict: false },
  { path: 'services.*.health', strict: true },
  { path: 'providers.*.notices.*.posts', strict: true },
  { path: 'streams.*.rate', strict: true },
  { path: 'acts', strict: false },
];

const longestMs = 14 * 86_400_000;
/** More than this is a benchmark, not a story. */
const mostInStreams = 100_000;

interface Span {
  readonly startsAt: number;
  readonly endsAt: number;
}

/** What a schema cannot see: ids that lead nowhere, times out of order, contradictions, streams without an end. Stops at `limit`. */
export function checkScenario(root: Located, limit: number): Problem[] {
  const problems: Problem[] = [];
  const span = spanOf(root);
  const checks = [
    leadsNowhere(root),
    wrongSpan(root),
    ...(span === undefined ? [] : [outOfOrder(root, span), streams(root, span), contradictions(root, span)]),
  ];
  for (const check of checks) {
    for (const problem of check) {
      if (problems.length >= limit) return problems;
      problems.push(problem);
    }
  }
  return problems;
}

const problemAt = (node: Located, path: Path, expected: string, found = nameValue(node.value)): Problem => ({
  offset: node.from,
  path,
  message: `expected ${expected}, found ${found}`,
  expected,
});

const textAt = (node: Located | undefined, key: string): string | undefined => {
  const value = node?.children.get(key)?.value;
  return typeof value === 'string' ? value : undefined;
};
const numberAt = (node: Located | undefined, key: string): number => {
  const value = node?.children.get(key)?.value;
  return typeof value === 'number' ? value : 0;
};

function spanOf(root: Located): Span | undefined {
  const startsAt = readInstant(textAt(root, 'startsAt') ?? '');
  const endsAt = readInstant(textAt(root, 'endsAt') ?? '');
  return startsAt === undefined || endsAt === undefined || endsAt <= startsAt ? undefined : { startsAt, endsAt };
}

function* wrongSpan(root: Located): Generator<Problem> {
  const startsAt = readInstant(textAt(root, 'startsAt') ?? '');
  const endsAt = readInstant(textAt(root, 'endsAt') ?? '');
  const end = root.children.get('endsAt');
  if (startsAt === undefined || endsAt === undefined || end === undefined) return;
  if (endsAt <= startsAt) yield problemAt(end, ['endsAt'], 'an end after the beginning');
  else if (endsAt - startsAt > longestMs)
    yield problemAt(end, ['endsAt'], `an end at most ${formatDuration(longestMs)} after the beginning`);
}

function* leadsNowhere(root: Located): Generator<Problem> {
  for (const { path: pattern, section, noun } of references) {
    const known = root.children.get(section)?.children ?? new Map<string | number, Located>();
    for (const { node, path } of matches(root, pattern.split('.'))) {
      if (typeof node.value !== 'string' || known.has(node.value)) continue;
      if (pattern === 'services.*.dependsOn.*' && node.value.includes('/')) continue;
      yield unknownId({ node, path }, section, noun, known);
    }
  }
  const phrases = root.children.get('phrases')?.children ?? new Map<string | number, Located>();
  for (const { node, path } of matches(root, ['streams', '*', 'mix', '*'])) {
    const id = String(path.at(-1));
    if (phrases.has(id)) continue;
    const at = { ...node, from: node.keyFrom ?? node.from, value: id };
    yield unknownId({ node: at, path }, 'phrases', 'a phrase', phrases);
  }
}

function unknownId(
  { node, path }: Found,
  section: string,
  noun: string,
  known: ReadonlyMap<string | number, Located>,
): Problem {
  const expected = `${noun} from the section ${section}`;
  const hint = didYouMean(String(node.value), [...known.keys()].map(String));
  return problemAt(node, path, expected, `${nameValue(node.value)}${hint}`);
}

function* outOfOrder(root: Located, span: Span): Generator<Problem> {
  for (const { path: pattern, strict } of timelines) {
    for (const list of matches(root, pattern.split('.'))) {
      let before: { at: number; path: Path } | undefined;
      for (const [index, entry] of list.node.children) {
        const node = entry.children.get('at');
        const path = [...list.path, index, 'at'];
        const at = typeof node?.value === 'string' ? readScenarioTime(node.value, span.startsAt) : undefined;
        if (node === undefined || at === undefined) continue;
        if (at < span.startsAt || at > span.endsAt) {
          yield problemAt(node, path, 'a time from startsAt to endsAt');
        } else if (before !== undefined && (at < before.at || (strict && at === before.at))) {
          yield problemAt(
            node,
            path,
            `a time ${strict ? 'after' : 'not before'} that of ${formatPath(before.path.slice(0, -1))}`,
          );
        }
        before = { at, path };
      }
    }
  }
}

function* streams(root: Located, span: Span): Generator<Problem> {
  let all = 0;
  for (const { node, path } of matches(root, ['streams', '*'])) {
    const rate = node.children.get('rate');
    const points = [...(rate?.children.values() ?? [])];
    const last = points.at(-1);
    if (rate === undefined || last === undefined) continue;
    const lastRate = last.children.get('perMinute');
    if (lastRate !== undefined && lastRate.value !== 0)
      yield problemAt(
        lastRate,
        [...path, 'rate', points.length - 1, 'perMinute'],
        'a stream that ends: 0 at its last point',
      );
    all += countOf(points, span.startsAt);
    if (all > mostInStreams) {
      yield problemAt(
        rate,
        [...path, 'rate'],
        `at most ${mostInStreams} posts, reports and hugs in all streams`,
        `${Math.round(all)} up to here`,
      );
      return;
    }
    const mix = node.children.get('mix');
    const needsWords = textAt(node, 'as') === 'posts';
    if (mix === undefined || mix.children.size === 0) {
      if (needsWords)
        yield problemAt(node, [...path, 'mix'], 'the phrases that it is made of, and their shares', 'nothing');
      continue;
    }
    const sum = [...mix.children.values()].reduce(
      (total, { value }) => total + (typeof value === 'number' ? value : 0),
      0,
    );
    if (Math.abs(sum - 1) > 0.001)
      yield problemAt(mix, [...path, 'mix'], 'shares that make 1 together', `${Number(sum.toFixed(3))}`);
  }
}

/** The area below the line of the rates. */
function countOf(points: readonly Located[], startsAt: number): number {
  let count = 0;
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    const from = readScenarioTime(textAt(point, 'at') ?? '', startsAt);
    const until = readScenarioTime(textAt(next, 'at') ?? '', startsAt);
    if (from === undefined || until === undefined || until <= from) continue;
    count += ((numberAt(point, 'perMinute') + numberAt(next, 'perMinute')) / 2) * ((until - from) / 60_000);
  }
  return count;
}

function* contradictions(root: Located, span: Span): Generator<Problem> {
  const troubledFrom = new Map<string, number>();
  for (const { node, path } of matches(root, ['services', '*', 'health'])) {
    const entries = [...node.children.values()];
    for (const [index, entry] of entries.entries()) {
      if (numberAt(entry, 'failing') + numberAt(entry, 'hanging') > 1)
        yield problemAt(entry, [...path, index], 'shares of failing and hanging of at most 1 together');
    }
    const at = readScenarioTime(textAt(entries[0], 'at') ?? '', span.startsAt);
    if (at !== undefined) troubledFrom.set(String(path[1]), at);
    const last = entries.at(-1);
    if (last !== undefined && numberAt(last, 'failing') + numberAt(last, 'hanging') > 0)
      yield problemAt(
        last,
        [...path, entries.length - 1],
        'a recovery at the end (failing: 0)',
        'a service that is never well again',
      );
  }
  for (const { node, path } of matches(root, ['acts', '*'])) yield* actAgainst(node, path, troubledFrom, span);
  for (const { node, path } of matches(root, ['providers', '*', 'notices', '*'])) {
    if (textAt(root.children.get('providers')?.children.get(String(path[1])), 'format') !== 'aws') continue;
    for (const field of ['region', 'regionName'])
      if (node.children.get(field) === undefined)
        yield problemAt(node, [...path, field], 'the region, which this format names', 'nothing');
  }
}

function* actAgainst(
  node: Located,
  path: Path,
  troubledFrom: ReadonlyMap<string, number>,
  span: Span,
): Generator<Problem> {
  const does = textAt(node, 'does');
  if ((does === 'note' || does === 'update') && node.children.get('text') === undefined)
    yield problemAt(node, [...path, 'text'], `the text of the ${does}`, 'nothing');
  if (does === 'update' && node.children.get('phase') === undefined)
    yield problemAt(node, [...path, 'phase'], 'the phase that the public is told', 'nothing');
  const about = node.children.get('about');
  const at = readScenarioTime(textAt(node, 'at') ?? '', span.startsAt);
  if (typeof about?.value !== 'string' || at === undefined) return;
  const from = troubledFrom.get(about.value);
  if (from === undefined) yield problemAt(about, [...path, 'about'], 'a service that has trouble in this scenario');
  else if (at < from)
    yield problemAt(
      node.children.get('at') ?? node,
      [...path, 'at'],
      `a time after the trouble of ${about.value} begins`,
    );
}
