// How many posts one core reads: match, stance and burst over made posts as a public stream has them, against JSON.parse alone.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type BurstState, createBurst, stepBurst } from '../src/detect/burst.ts';
import { compileMatcher, type Matcher, matchPost, type ServiceTerms } from '../src/detect/match.ts';
import { createStanceModel, type StanceModel } from '../src/detect/stance.ts';
import type { Bench } from './bench.ts';
import { makeSentences, seeded } from './stance-grammar.ts';

const FLOOR = 100_000;
const POSTS = 50_000;
const ROUNDS = 5;
/** Of all posts of a public network, how many name one of our services: judged. A source that asks for names has them in all. */
const MIXES = [
  { title: 'public stream, 5% name a service', share: 0.05 },
  { title: 'every post names a service', share: 1 },
] as const;
const SERVICES: readonly number[] = [1000, 10_000];
const START = Date.UTC(2026, 0, 5);

const syllables = 'ka lo mi ra ten vo su der pix nu zor bel qui fa ster lin go hub dra tel'.split(' ');
const common = (
  'the of and to a in is I it you that was for on with he as are they be at one have this from had hot but some what there we can out other ' +
  'were all your when up use word how said an each she which do their time if will way about many then them would write like so these her long make thing see him two has ' +
  'look more day could go come did my sound no most number who over know water than call first people may down side been now find any new work part take get place made live where after ' +
  'back little only round man year came show every good me give our under name very through just form much great think say help low line before turn cause same mean differ move right boy old too'
).split(' ');

const pick = <T>(items: readonly T[], random: () => number): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('Nothing to pick from');
  return item;
};

/** A name that no other service has, four aliases of each kind. */
function makeServices(count: number, random: () => number): ServiceTerms[] {
  const made = new Set<string>();
  while (made.size < count) {
    const name = Array.from({ length: 3 + Math.floor(random() * 2) }, () => pick(syllables, random)).join('');
    made.add(name);
  }
  return [...made].map((name, i) => ({
    id: `service-${i}`,
    names: [
      name,
      `${name} ${pick(['Cloud', 'Pay', 'Mail', 'Play'], random)}`,
      i % 50 === 0 ? `${name} 楽` : `${name}ware`,
    ],
    handles: [`@${name}`, `@${name}_support`],
    hashtags: [`${name}status`],
    domains: [`${name}.test`],
    context: [`${name}ing`],
    exclusions: [`${name} river`],
  }));
}

/** Of lengths as in public networks, about 110 characters in the mean; one in eight is not English. */
function makeChatter(random: () => number): string {
  const words = Array.from({ length: 4 + Math.floor(random() * random() * 60) }, () => pick(common, random));
  if (random() < 0.3)
    words.push(pick(['😂', '❤️', '#monday', '#art', '@alice.test', 'https://example.com/p/1'], random));
  if (random() < 0.125)
    words.push(pick(['今日はいい天気ですね', 'Привет, как дела', 'où est la bibliothèque', 'สวัสดี'], random));
  return words.join(' ');
}

interface Post {
  readonly uri: string;
  readonly did: string;
  readonly createdAt: string;
  readonly text: string;
  readonly langs: readonly string[];
}

function makePosts(services: readonly ServiceTerms[], share: number, random: () => number): Post[] {
  const sentences = makeSentences(9, 2500, 'train');
  return Array.from({ length: POSTS }, (_, i) => {
    let text = makeChatter(random);
    if (random() < share) {
      const { text: sentence, named } = pick(sentences, random);
      const [span] = named;
      const name = pick(services, random).names[0] ?? '';
      text = span ? sentence.slice(0, span.from) + name + sentence.slice(span.to) : `${name}: ${sentence}`;
      if (random() < 0.3) text += `. ${makeChatter(random).slice(0, 80)}`;
    }
    const did = `did:plc:${Math.floor(random() * 1e9).toString(36)}`;
    const createdAt = new Date(START + i * 12).toISOString();
    return { uri: `at://${did}/app.bsky.feed.post/${i}`, did, createdAt, text, langs: ['en'] };
  });
}

interface Listener {
  readonly matcher: Matcher;
  readonly model: StanceModel;
  readonly bursts: Map<string, BurstState>;
  named: number;
  problems: number;
}

function hashOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** What becomes of a post: only those that name a service are judged, and only trouble is counted. */
function hear(listener: Listener, post: Post, now: number): void {
  const { matches } = matchPost(listener.matcher, post.text);
  if (matches.length === 0) return;
  listener.named += 1;
  const { stance } = listener.model.judge(post.text, matches);
  if (stance !== 'problem') return;
  listener.problems += 1;
  const author = hashOf(post.did);
  for (const { serviceId } of matches) {
    const state = listener.bursts.get(serviceId) ?? createBurst();
    listener.bursts.set(serviceId, stepBurst(state, { kind: 'event', at: now, author }, now)[0]);
  }
}

/** Seconds of processor time, the best of some rounds: other work on the machine must not count. */
function bestOf(rounds: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    work();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / 1e6);
  }
  return best;
}

const perSecond = (seconds: number): string =>
  Math.round(POSTS / seconds)
    .toLocaleString('en')
    .padStart(11);

function measure(count: number, mix: (typeof MIXES)[number]): number {
  const random = seeded(count + mix.share * 100);
  const services = makeServices(count, random);
  const posts = makePosts(services, mix.share, random);
  const lines = posts.map((post) => JSON.stringify(post));
  const heapBefore = settledBytes();
  const matcher = compileMatcher(services);
  const listener: Listener = { matcher, model: createStanceModel(), bursts: new Map(), named: 0, problems: 0 };
  const tables = settledBytes() - heapBefore;
  let at = START;
  const all = bestOf(ROUNDS, () => {
    listener.named = 0;
    listener.problems = 0;
    for (const post of posts) hear(listener, post, (at += 12));
  });
  const bursts = settledBytes() - heapBefore - tables;
  const matchAlone = bestOf(ROUNDS, () => posts.forEach(({ text }) => matchPost(matcher, text)));
  const stanceAlone = bestOf(ROUNDS, () => posts.forEach(({ text }) => listener.model.judge(text)));
  const parse = bestOf(ROUNDS, () => lines.forEach((line) => JSON.parse(line) as unknown));
  const length = posts.reduce((sum, { text }) => sum + text.length, 0) / POSTS;
  console.log(
    `\n${count} services (${(count * 9).toLocaleString('en')} terms), ${mix.title}; ${length.toFixed(0)} characters a post`,
  );
  console.log(`  match + stance + burst  ${perSecond(all)} posts/s, ${(parse / all).toFixed(2)} of JSON.parse`);
  console.log(`  match alone             ${perSecond(matchAlone)}`);
  console.log(`  stance alone, every post${perSecond(stanceAlone)}`);
  console.log(`  JSON.parse of the same  ${perSecond(parse)}`);
  console.log(
    `  ${listener.named} named a service, ${listener.problems} were trouble; terms and weights ${mb(tables)}, ` +
      `${listener.bursts.size} burst states ${mb(bursts)}`,
  );
  return POSTS / all;
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is held after a collection: the heap and the flat arrays beside it. */
function settledBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function run(): ReturnType<Bench['run']> {
  console.log(
    `${POSTS.toLocaleString('en')} posts, best of ${ROUNDS} rounds, processor time of one thread and its collector`,
  );
  const rates = SERVICES.map((count) => MIXES.map((mix) => measure(count, mix)));
  console.log(`\nresident memory of the whole process: ${mb(process.memoryUsage().rss)}`);
  const least = Math.round(Math.min(...rates.map(([asPublic = 0]) => asPublic)));
  const worst = Math.round(Math.min(...rates.flat()));
  return {
    figure: least,
    unit: `posts/s of a public stream on one core, ${worst} if each named a service`,
    ok: least >= FLOOR,
  };
}

export const bench: Bench = {
  name: 'posts',
  what: 'posts read by one core: match, stance and burst with 1,000 and 10,000 services, beside JSON.parse',
  floor: `at least ${FLOOR.toLocaleString('en')} posts/s`,
  run,
};
