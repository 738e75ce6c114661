import type { EpochMs } from '../../domain/words.ts';
import { namedAt, pagesByPerson, recovery } from './judge.ts';
import type { Story } from './read-story.ts';
import { firstFailureAt, firstProviderPostAt, type Scenario } from './scenario.ts';

/** The figures of a replay, as its report and the table of all replays show them. Times are epoch milliseconds; undefined: never. */
export interface Figures {
  readonly failedAt: EpochMs | undefined;
  /** When the checks knew: the first incident. */
  readonly seenAt: EpochMs | undefined;
  /** When the public had made itself heard: the first burst of posts or reports. */
  readonly publicAt: EpochMs | undefined;
  readonly providerAt: EpochMs | undefined;
  /** When HugOps had read the provider's first word. */
  readonly providerReadAt: EpochMs | undefined;
  readonly causeAt: EpochMs | undefined;
  readonly recovery: { readonly at: EpochMs; readonly seenAt: EpochMs } | undefined;
  readonly incidents: number;
  readonly pages: number;
  /** Incidents of services in which nothing broke. */
  readonly falseIncidents: number;
  readonly hugs: number;
  readonly peopleThanked: number;
  /** When a team would have known that has neither checks of its own nor HugOps: from the provider's page. */
  readonly withoutAt: EpochMs | undefined;
}

const least = (times: readonly EpochMs[]): EpochMs | undefined => (times.length === 0 ? undefined : Math.min(...times));

export function figuresOf(scenario: Scenario, story: Story): Figures {
  const broken = new Set([...scenario.services].filter(([, { health }]) => health.length > 0).map(([id]) => id));
  const providerAt = firstProviderPostAt(scenario);
  return {
    failedAt: firstFailureAt(scenario),
    seenAt: least(story.incidents.map(({ openedAt }) => openedAt)),
    publicAt: least(story.bursts.filter(({ measure }) => measure !== 'thanks').map(({ at }) => at)),
    providerAt,
    providerReadAt: story.providerReadAt,
    causeAt: namedAt(scenario, story),
    recovery: recovery(scenario, story),
    incidents: story.incidents.length,
    pages: [...pagesByPerson(story).values()].reduce((sum, count) => sum + count, 0),
    falseIncidents: story.incidents.filter(({ services }) => !services.some((id) => broken.has(id))).length,
    hugs: story.hugs.filter(({ status }) => status === 'approved').length,
    peopleThanked: new Set(story.thanked.map(({ personId }) => personId)).size,
    withoutAt: providerAt,
  };
}

export interface TimelineEntry {
  readonly at: EpochMs;
  readonly kind: 'fact' | 'provider' | 'hugops' | 'people' | 'public' | 'thanks';
  readonly text: string;
  /** Where it is written, of facts. */
  readonly source?: string | undefined;
}

/** What happened and what HugOps made of it, in one order. */
export function timelineOf(scenario: Scenario, story: Story): TimelineEntry[] {
  const nameOf = (id: string): string => scenario.services.get(id)?.name ?? id;
  const personName = (id: string): string => scenario.people.get(id)?.name ?? id;
  const entries: TimelineEntry[] = [
    ...scenario.facts.map((fact) => ({ at: fact.at, kind: 'fact' as const, text: fact.what, source: fact.source })),
    ...[...scenario.providers.values()].flatMap(({ name, notices }) =>
      [...notices.values()].flatMap((notice) =>
        notice.posts.map((post) => ({
          at: post.at,
          kind: 'provider' as const,
          text: `${name}, ${notice.part} (${post.status}): ${post.text}`,
          source: post.source,
        })),
      ),
    ),
    ...story.incidents.flatMap((incident): TimelineEntry[] => [
      { at: incident.openedAt, kind: 'hugops', text: `Incident #${incident.number}: ${incident.title}` },
      ...(incident.resolvedAt === null
        ? []
        : [
            {
              at: incident.resolvedAt,
              kind: 'hugops' as const,
              text: `Incident #${incident.number} is over (${incident.services.map(nameOf).join(', ')})`,
            },
          ]),
    ]),
    ...story.causesNamed.map(({ at, causeId }) => ({ at, kind: 'hugops' as const, text: `Likely cause: ${causeId}` })),
    ...story.pages
      .filter(({ status }) => status === 'sent')
      .map(({ at, personId }) => ({ at, kind: 'people' as const, text: `${personName(personId)} is paged` })),
    ...story.updates.map(({ at, phase, text }) => ({
      at,
      kind: 'hugops' as const,
      text: `The public page says (${phase}): ${text}`,
    })),
    ...story.bursts.map(({ at, target, measure, peak }) => ({
      at,
      kind: measure === 'thanks' ? ('thanks' as const) : ('public' as const),
      text:
        measure === 'thanks'
          ? 'The thanks are many more than usual'
          : `A burst of ${measure} about ${nameOf(target)}, ${peak} in five minutes at its peak`,
    })),
    ...story.thanked.map(({ at, personId, hugs }) => ({
      at,
      kind: 'thanks' as const,
      text: `${hugs} ${hugs === 1 ? 'hug reaches' : 'hugs reach'} ${personName(personId)}`,
    })),
  ];
  return entries.toSorted((a, b) => a.at - b.at);
}
