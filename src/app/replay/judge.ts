import type { EpochMs } from '../../domain/words.ts';
import { formatDuration } from '../config/duration.ts';
import { generateCrowd } from './generate-crowd.ts';
import type { Story } from './read-story.ts';
import { firstFailureAt, firstProviderPostAt, type Scenario } from './scenario.ts';

/** One thing that had to come out, and what did. */
export interface Finding {
  readonly what: string;
  readonly isMet: boolean;
  /** What was found, in words. */
  readonly found: string;
}

/** Holds a story against what its scenario expects, and against the promises that hold for every story. */
export function judge(scenario: Scenario, story: Story, seed: number): Finding[] {
  return [
    ...judgeIncidents(scenario, story),
    ...judgeKnowledge(scenario, story),
    ...judgePublic(scenario, story, seed),
    ...judgeThanks(scenario, story),
    {
      what: 'everything that the scenario asks for could be done',
      isMet: story.missed.length === 0,
      found: list(story.missed.slice(0, 5)),
    },
  ];
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  [...new Set(a)].toSorted().join() === [...new Set(b)].toSorted().join();
const spanText = (ms: number): string => formatDuration(Math.round(ms / 1_000) * 1_000);

/** Pages that went out, by person. */
export function pagesByPerson(story: Story): Map<string, number> {
  const counts = new Map<string, number>();
  for (const page of story.pages)
    if (page.status === 'sent') counts.set(page.personId, (counts.get(page.personId) ?? 0) + 1);
  return counts;
}

function judgeIncidents({ expect, teams }: Scenario, story: Story): Finding[] {
  const findings: Finding[] = [
    {
      what: `${expect.incidents} ${expect.incidents === 1 ? 'incident' : 'incidents'}`,
      isMet: story.incidents.length === expect.incidents,
      found: `${story.incidents.length}`,
    },
  ];
  const paged = pagesByPerson(story);
  if (expect.pagesPerPerson !== undefined) {
    const most = Math.max(0, ...paged.values());
    findings.push({
      what: `at most ${expect.pagesPerPerson} ${expect.pagesPerPerson === 1 ? 'page' : 'pages'} to each person`,
      isMet: most <= expect.pagesPerPerson,
      found: list([...paged].map(([person, count]) => `${person} ${count}`)),
    });
  }
  if (expect.pagedTeams !== undefined) {
    const found = [...teams].filter(([, team]) => team.onCall.some((person) => paged.has(person))).map(([id]) => id);
    findings.push({
      what: `pages for ${list(expect.pagedTeams)}`,
      isMet: sameSet(found, expect.pagedTeams),
      found: list(found),
    });
  }
  return findings;
}

/** When the cause that the scenario knows was first named. */
export const namedAt = (scenario: Scenario, story: Story): EpochMs | undefined =>
  story.causesNamed.find(({ causeId }) => causeId === scenario.expect.cause?.is)?.at;

/** When the checks knew that the last service works again, and when it did. */
export function recovery(scenario: Scenario, story: Story): { at: EpochMs; seenAt: EpochMs } | undefined {
  const ends = [...scenario.services].flatMap(([id, { health }]) => {
    const last = health.at(-1);
    const up = last && story.changes.findLast((change) => change.serviceId === id);
    return last === undefined ? [] : [{ at: last.at, seenAt: up?.status === 'up' ? up.at : Number.POSITIVE_INFINITY }];
  });
  if (ends.length === 0) return undefined;
  return { at: Math.max(...ends.map(({ at }) => at)), seenAt: Math.max(...ends.map(({ seenAt }) => seenAt)) };
}

function judgeKnowledge(scenario: Scenario, story: Story): Finding[] {
  const { expect } = scenario;
  const findings: Finding[] = [];
  const failedAt = firstFailureAt(scenario) ?? scenario.startsAt;
  if (expect.seenWithin !== undefined) {
    const at = Math.min(...story.incidents.map(({ openedAt }) => openedAt));
    findings.push(within('trouble is seen', at - failedAt, expect.seenWithin));
  }
  if (expect.cause !== undefined) {
    const at = namedAt(scenario, story);
    findings.push(
      within(
        `${expect.cause.is} is named as the cause`,
        at === undefined ? undefined : at - failedAt,
        expect.cause.within,
      ),
    );
    const last = story.incidents.findLast(({ cause }) => cause !== undefined)?.cause;
    findings.push({ what: 'the cause stays named', isMet: last?.id === expect.cause.is, found: last?.id ?? 'none' });
    const postAt = firstProviderPostAt(scenario);
    if (expect.cause.beforeProvider && postAt !== undefined) {
      findings.push({
        what: "the cause is named before the provider's first post",
        isMet: at !== undefined && at < postAt,
        found: at === undefined ? 'never' : `${spanText(Math.abs(postAt - at))} ${at < postAt ? 'before' : 'after'}`,
      });
    }
  }
  const end = recovery(scenario, story);
  if (expect.recoveryWithin !== undefined && end !== undefined) {
    findings.push(within('the recovery is seen', end.seenAt - end.at, expect.recoveryWithin));
    const open = story.incidents.filter(({ resolvedAt }) => resolvedAt === null).length;
    findings.push({ what: 'every incident is over', isMet: open === 0, found: `${open} open` });
  }
  return findings;
}

function within(what: string, tookMs: number | undefined, mostMs: number): Finding {
  const known = tookMs !== undefined && Number.isFinite(tookMs);
  return {
    what: `${what} within ${formatDuration(mostMs)}`,
    isMet: known && tookMs <= mostMs,
    found: known ? spanText(tookMs) : 'never',
  };
}

function judgePublic({ expect, ...scenario }: Scenario, story: Story, seed: number): Finding[] {
  const findings: Finding[] = [];
  const problemBursts = story.bursts.filter(({ measure }) => measure !== 'thanks');
  const thanksBursts = story.bursts.filter(({ measure }) => measure === 'thanks');
  for (const [what, wanted, found] of [
    ['problems', expect.problemBurst, problemBursts.length],
    ['thanks', expect.thanksBurst, thanksBursts.length],
  ] as const)
    if (wanted !== undefined)
      findings.push({
        what: `${wanted ? 'a' : 'no'} burst of ${what}`,
        isMet: found > 0 === wanted,
        found: `${found}`,
      });
  if (expect.notCounted.length > 0) {
    const phrases = new Set(expect.notCounted);
    const wrong = generateCrowd({ expect, ...scenario }, seed).filter(
      (voice) => voice.as === 'post' && phrases.has(voice.phrase) && story.stances.get(voice.id) === 'problem',
    );
    const heard = story.stances.size;
    findings.push({
      what: `${list(expect.notCounted)} in no count of problems`,
      isMet: wrong.length === 0 && heard > 0,
      found: `${wrong.length} of ${heard} posts`,
    });
  }
  return findings;
}

function judgeThanks(scenario: Scenario, story: Story): Finding[] {
  const { expect } = scenario;
  const findings: Finding[] = [];
  const reached = [...new Set(story.thanked.map(({ personId }) => personId))];
  if (expect.hugsReach !== undefined)
    findings.push({
      what: `thanks reach ${list(expect.hugsReach)}`,
      isMet: sameSet(reached, expect.hugsReach),
      found: list(reached),
    });
  const untimely = story.thanked.filter(({ at, personId }) => !isAwake(scenario, personId, at));
  findings.push({
    what: 'nobody is thanked outside of waking hours',
    isMet: untimely.length === 0,
    found: list(untimely.map(({ personId, at }) => `${personId} at ${new Date(at).toISOString()}`)),
  });
  return findings;
}

/** Reckoned anew from the scenario, and not by the code that decides when to deliver. */
function isAwake(scenario: Scenario, personId: string, at: EpochMs): boolean {
  const person = scenario.people.get(personId);
  if (person === undefined) return false;
  const { days, from, to } = person.wakingHours ?? { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' };
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(person.timeZone);
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' });
  if (from < to) return days.includes(local.dayOfWeek) && time >= from && time < to;
  const yesterday = local.dayOfWeek === 1 ? 7 : local.dayOfWeek - 1;
  return (days.includes(local.dayOfWeek) && time >= from) || (days.includes(yesterday) && time < to);
}
