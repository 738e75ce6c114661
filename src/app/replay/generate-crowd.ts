import type { EpochMs, HugKind } from '../../domain/words.ts';
import type { Scenario, ScenarioService, ScenarioStream } from './scenario.ts';
import { seededRandom, seedFor } from './seeded-random.ts';

/** What somebody out there does: says something in public, reports a problem, leaves a hug. */
export type Voice = { readonly id: string; readonly at: EpochMs; readonly serviceId: string; readonly who: string } & (
  | { readonly as: 'post'; readonly phrase: string; readonly text: string; readonly isFresh: boolean }
  | { readonly as: 'report' }
  | { readonly as: 'hug'; readonly kind: HugKind; readonly text: string | undefined }
);

/** Everybody of a scenario, in the order of time. The same seed gives the same crowd; none of it is a real person's. */
export function generateCrowd(scenario: Scenario, seed: number): Voice[] {
  const voices = [...scenario.streams].flatMap(([id, stream]) => generateStream(scenario, id, stream, seed));
  return voices.toSorted((a, b) => a.at - b.at);
}

function generateStream(scenario: Scenario, id: string, stream: ScenarioStream, seed: number): Voice[] {
  const random = seededRandom(seedFor(seed, id));
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  return arrivals(stream.rate, random).map((at, index): Voice => {
    const serviceId = pick(stream.about) ?? '';
    const author = stream.authors === undefined ? index : Math.floor(random() * stream.authors);
    const base = { id: `${id}-${index}`, at, serviceId, who: `${id}-${author}` };
    if (stream.as === 'reports') return { ...base, as: 'report' };
    const phrase = pickShare(stream.mix, random());
    const service = scenario.services.get(serviceId);
    const text = phrase === undefined || service === undefined ? undefined : sayIt(scenario, phrase, service, random);
    if (stream.as === 'hugs') return { ...base, as: 'hug', kind: pick(stream.kinds) ?? 'hug', text };
    return { ...base, as: 'post', phrase: phrase ?? '', text: text ?? '', isFresh: stream.fresh };
  });
}

/** A Poisson process of which the rate is a line between points: candidates at the highest rate, kept by chance (Lewis and Shedler 1979). */
function arrivals(rate: ScenarioStream['rate'], random: () => number): EpochMs[] {
  const times: EpochMs[] = [];
  const first = rate[0];
  const last = rate.at(-1);
  const highest = Math.max(...rate.map((point) => point.perMinute));
  if (first === undefined || last === undefined || highest === 0) return times;
  for (let at = first.at; ;) {
    at += (-Math.log(1 - random()) / highest) * 60_000;
    if (at >= last.at) return times;
    if (random() * highest < rateAt(rate, at)) times.push(Math.floor(at));
  }
}

function rateAt(rate: ScenarioStream['rate'], at: EpochMs): number {
  const next = rate.findIndex((point) => point.at > at);
  const from = rate[next - 1];
  const to = rate[next];
  if (from === undefined || to === undefined) return 0;
  return from.perMinute + (to.perMinute - from.perMinute) * ((at - from.at) / (to.at - from.at));
}

function pickShare(mix: Readonly<Record<string, number>>, chance: number): string | undefined {
  let left = chance;
  let last: string | undefined;
  for (const [name, share] of Object.entries(mix)) {
    last = name;
    left -= share;
    if (left < 0) return name;
  }
  return last;
}

function sayIt(scenario: Scenario, phraseId: string, service: ScenarioService, random: () => number): string {
  const phrase = scenario.phrases.get(phraseId);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  const text = [pick(phrase?.openings ?? []), pick(phrase?.texts ?? []), pick(phrase?.endings ?? [])]
    .filter((part) => part !== '')
    .join(' ');
  return text
    .replaceAll('{service}', service.name)
    .replaceAll('{tag}', `#${service.name.replaceAll(/[^\p{L}\p{N}]/gu, '')}`)
    .replaceAll('{n}', String(2 + Math.floor(random() * 97)));
}
