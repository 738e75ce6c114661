import { didYouMean } from '../../domain/closest.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { formatPath, type Located, nameValue, type Path, type Problem } from './located.ts';
import { contactMeant } from './contact-meant.ts';
import { localTimeAt } from './schedule-schema.ts';

/** Where ids of another section stand; `*` is any key. */
const references: readonly { path: string; section: string; noun: string }[] = [
  { path: 'teams.*.members.*', section: 'people', noun: 'a person' },
  { path: 'teams.*.leads.*', section: 'people', noun: 'a person' },
  { path: 'teams.*.policy', section: 'policies', noun: 'a policy' },
  { path: 'schedules.*.layers.*.people.*', section: 'people', noun: 'a person' },
  { path: 'schedules.*.overrides.*.person', section: 'people', noun: 'a person' },
  { path: 'policies.*.steps.*.notify.*.schedule', section: 'schedules', noun: 'a schedule' },
  { path: 'policies.*.steps.*.notify.*.person', section: 'people', noun: 'a person' },
  { path: 'policies.*.steps.*.notify.*.roundRobin', section: 'teams', noun: 'a team' },
  { path: 'policies.*.steps.*.notify.*.team', section: 'teams', noun: 'a team' },
  { path: 'services.*.team', section: 'teams', noun: 'a team' },
  { path: 'services.*.policy', section: 'policies', noun: 'a policy' },
  { path: 'services.*.dependsOn.*', section: 'services', noun: 'a service' },
  { path: 'services.*.dependsOn.*.on', section: 'services', noun: 'a service' },
  { path: 'statusPage.groups.*.components.*.service', section: 'services', noun: 'a service' },
];

/** What must be there once only; texts are compared without regard to case. */
const uniques: readonly { path: string; what: string; within?: number; isSecret?: true }[] = [
  { path: 'people.*.email', what: 'each e-mail address once' },
  { path: 'statusPage.groups.*.components.*.service', what: 'each service once on the page' },
  { path: 'services.*.integrations.*.key', what: 'a key of its own for each integration', isSecret: true },
  { path: 'listen.sources.*.key', what: 'a key of its own for each source', isSecret: true },
  { path: 'services.*.checks.*.pingKey', what: 'a key of its own for each heartbeat', isSecret: true },
  // `within`: compared among the entries below the first so many keys of the path.
  { path: 'services.*.dependsOn.*', what: 'each dependency once', within: 2 },
];

export interface Found {
  readonly node: Located;
  readonly path: Path;
}

/** Everything below `node` that stands at a path such as `services.*.checks.*`; `*` is any key or index. */
export function* matches(node: Located, pattern: readonly string[], path: Path = []): Generator<Found> {
  const [key, ...rest] = pattern;
  if (key === undefined) {
    yield { node, path };
  } else if (key === '*') {
    for (const [name, child] of node.children) yield* matches(child, rest, [...path, name]);
  } else {
    const child = node.children.get(key);
    if (child !== undefined) yield* matches(child, rest, [...path, key]);
  }
}

const shown = ({ value, written }: Located): string => nameValue(written ?? value);

/**
 * What a schema cannot see: ids that lead nowhere, what is there twice, circles, times that contradict each other. Works on the
 * file as written, so that these are told together with the schema's own findings. Stops at `limit` problems.
 */
export function checkReferences(root: Located, limit: number): Problem[] {
  const problems: Problem[] = [];
  for (const check of [leadsNowhere, namesNoChannel, usesNoContact, isThereTwice, goesInCircles, contradictsItself]) {
    for (const problem of check(root)) {
      if (problems.length >= limit) return problems;
      problems.push(problem);
    }
  }
  return problems;
}

function* leadsNowhere(root: Located): Generator<Problem> {
  let hints = 0;
  for (const { path: pattern, section, noun } of references) {
    const known = root.children.get(section)?.children ?? new Map<string | number, Located>();
    for (const { node, path } of matches(root, pattern.split('.'))) {
      if (typeof node.value !== 'string' || known.has(node.value)) continue;
      const isDependency = pattern.startsWith('services.*.dependsOn');
      if (isDependency && node.value.includes('/')) continue;
      const expected = `${noun} from the section ${section}${isDependency ? ', or an upstream such as aws/us-east-1/dynamodb' : ''}`;
      // Comparing with every id is slow; after some dozens nobody needs the hints.
      const hint =
        node.written === undefined && hints++ < 30 ? didYouMean(node.value, [...known.keys()].map(String)) : '';
      yield { offset: node.from, path, message: `expected ${expected}, found ${shown(node)}${hint}`, expected };
    }
  }
}

/** A channel is named by its team and its own id, as in shop/room. */
function* namesNoChannel(root: Located): Generator<Problem> {
  const known = [...matches(root, ['teams', '*', 'channels', '*'])].map(({ path }) => `${path[1]}/${path[3]}`);
  for (const { node, path } of matches(root, 'policies.*.steps.*.notify.*.channel'.split('.'))) {
    if (typeof node.value !== 'string' || known.includes(node.value)) continue;
    const expected = 'a channel of a team, as in shop/room';
    const hint = node.written === undefined ? didYouMean(node.value, known) : '';
    yield { offset: node.from, path, message: `expected ${expected}, found ${shown(node)}${hint}`, expected };
  }
}

/** A rule of a person that means none, or more than one, of the person's contact methods. */
function* usesNoContact(root: Located): Generator<Problem> {
  for (const urgency of ['high', 'low']) {
    for (const { node, path } of matches(root, ['people', '*', 'notify', urgency, '*', 'use'])) {
      const person = root.children.get('people')?.children.get(path[1] ?? '');
      const contacts = [...(person?.children.get('contact')?.children.values() ?? [])].map(({ children }) => ({
        kind: children.get('kind')?.value,
        label: children.get('label')?.value,
      }));
      if (typeof node.value !== 'string' || contactMeant(node.value, contacts) !== undefined) continue;
      const expected = "the label of one of this person's contact methods, or a kind that is there once";
      yield { offset: node.from, path, message: `expected ${expected}, found ${shown(node)}`, expected };
    }
  }
}

function* isThereTwice(root: Located): Generator<Problem> {
  for (const { path: pattern, what, within, isSecret } of uniques) {
    const seen = new Map<string, Path>();
    for (const { node, path } of matches(root, pattern.split('.'))) {
      const on = node.children.get('on') ?? node;
      if (typeof on.value !== 'string') continue;
      const scope = within === undefined ? '' : `${path.slice(0, within).join('\n')}\n`;
      const key = scope + (isSecret ? on.value : on.value.toLowerCase());
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, path);
        continue;
      }
      const found = isSecret ? 'that of' : `${shown(on)} as in`;
      const message = `expected ${what}, found ${found} ${first.map(String).join('.')} again`;
      yield { offset: on.from, path, message, expected: what };
    }
  }
}

type Dependency = Found & { readonly on: string };

/** Services that cannot work without each other in a circle could never be told apart as cause and effect. */
function* goesInCircles(root: Located): Generator<Problem> {
  const hard = new Map<string, Dependency[]>();
  for (const { node, path } of matches(root, ['services', '*', 'dependsOn', '*'])) {
    const on = node.children.get('on')?.value ?? node.value;
    if (typeof on !== 'string' || node.children.get('hardness')?.value === 'soft') continue;
    const service = String(path[1]);
    const list = hard.get(service) ?? [];
    list.push({ node, path, on });
    hard.set(service, list);
  }
  const done = new Set<string>();
  for (const start of hard.keys()) {
    if (done.has(start)) continue;
    // Depth first, with a stack of our own: a chain of thousands must not end that of the program.
    const trail = [{ service: start, next: 0 }];
    const place = new Map([[start, 0]]);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const edge = hard.get(top.service)?.[top.next++];
      if (edge === undefined) {
        done.add(top.service);
        place.delete(top.service);
        trail.pop();
        continue;
      }
      const back = place.get(edge.on);
      if (back !== undefined)
        yield circle(
          edge,
          trail.slice(back).map(({ service }) => service),
        );
      else if (!done.has(edge.on)) {
        place.set(edge.on, trail.length);
        trail.push({ service: edge.on, next: 0 });
      }
    }
  }
}

function circle({ node, path, on }: Dependency, services: string[]): Problem {
  const expected = 'hard dependencies without a circle (make one of them soft)';
  const names = services.length > 10 ? [...services.slice(0, 5), '…', ...services.slice(-4)] : services;
  return { offset: node.from, path, message: `expected ${expected}, found ${[...names, on].join(' → ')}`, expected };
}

function* contradictsItself(root: Located): Generator<Problem> {
  for (const { node, path } of matches(root, ['schedules', '*'])) yield* overridesClash(node, path);
  for (const { node, path } of matches(root, ['services', '*', 'checks', '*'])) {
    const timeout = node.children.get('timeout');
    const interval = durationIn(node.children.get('interval')?.value ?? '1m');
    const timeoutMs = durationIn(timeout?.value);
    if (timeout === undefined || interval === undefined || timeoutMs === undefined || timeoutMs <= interval) continue;
    const expected = `a timeout of at most the interval (${formatDuration(interval)})`;
    yield {
      offset: timeout.from,
      path: [...path, 'timeout'],
      message: `expected ${expected}, found ${shown(timeout)}`,
      expected,
    };
  }
}

const durationIn = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseDuration(value) : undefined;

interface LocalSpan extends Found {
  readonly fromAt: number;
  readonly untilAt: number;
}

function* overridesClash(schedule: Located, schedulePath: Path): Generator<Problem> {
  const zone = schedule.children.get('timeZone')?.value;
  const spans: LocalSpan[] = [];
  for (const { node, path } of matches(schedule, ['overrides', '*'], schedulePath)) {
    const fromAt = timeIn(node.children.get('from'), zone);
    const until = node.children.get('until');
    const untilAt = timeIn(until, zone);
    if (until === undefined || fromAt === undefined || untilAt === undefined) continue;
    if (fromAt < untilAt) {
      spans.push({ node, path, fromAt, untilAt });
      continue;
    }
    const expected = 'an end after the beginning';
    yield {
      offset: until.from,
      path: [...path, 'until'],
      message: `expected ${expected}, found ${shown(until)}`,
      expected,
    };
  }
  spans.sort((a, b) => a.fromAt - b.fromAt);
  let last: LocalSpan | undefined;
  for (const span of spans) {
    if (last !== undefined && span.fromAt < last.untilAt) {
      const expected = 'overrides that do not overlap';
      const found = `one that begins before ${formatPath(last.path)} ends`;
      yield { offset: span.node.from, path: span.path, message: `expected ${expected}, found ${found}`, expected };
    }
    if (last === undefined || span.untilAt > last.untilAt) last = span;
  }
}

/** Undefined when it is no time at all, which the schema tells. */
function timeIn(node: Located | undefined, zone: unknown): number | undefined {
  if (
    typeof node?.value !== 'string' ||
    typeof zone !== 'string' ||
    !/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}$/.test(node.value)
  )
    return undefined;
  try {
    return localTimeAt(node.value.replace(' ', 'T'), zone);
  } catch {
    return undefined;
  }
}
