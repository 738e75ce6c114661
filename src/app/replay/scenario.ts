import type { EpochMs, HugKind, Phase } from '../../domain/words.ts';
import { readInstant, readScenarioTime } from './scenario-time.ts';
import type { ScenarioFile } from './scenario-schema.ts';

type Timed<T> = Omit<T, 'at'> & { readonly at: EpochMs };
type ServiceFile = ScenarioFile['services'][string];
type ProviderFile = ScenarioFile['providers'][string];
type NoticeFile = ProviderFile['notices'][string];
type StreamFile = ScenarioFile['streams'][string];

export type Health = Timed<ServiceFile['health'][number]>;
export type Act = Timed<ScenarioFile['acts'][number]> & { readonly phase?: Phase | undefined };
export type ProviderPost = Timed<NoticeFile['posts'][number]>;
export interface ProviderNotice extends Omit<NoticeFile, 'posts' | 'begins'> {
  readonly beginsAt: EpochMs;
  readonly posts: readonly ProviderPost[];
}
export interface ScenarioProvider extends Omit<ProviderFile, 'notices'> {
  readonly notices: ReadonlyMap<string, ProviderNotice>;
}
export interface ScenarioService extends Omit<ServiceFile, 'health'> {
  readonly health: readonly Health[];
}
export interface ScenarioStream extends Omit<StreamFile, 'rate'> {
  readonly rate: readonly Timed<StreamFile['rate'][number]>[];
  readonly kinds: HugKind[];
}

/** A scenario as it is played: times are epoch milliseconds, sections are maps. */
export interface Scenario {
  readonly title: string;
  readonly about: string;
  readonly startsAt: EpochMs;
  readonly endsAt: EpochMs;
  readonly sources: ScenarioFile['sources'];
  readonly facts: readonly Timed<ScenarioFile['facts'][number]>[];
  readonly people: ReadonlyMap<string, ScenarioFile['people'][string]>;
  readonly teams: ReadonlyMap<string, ScenarioFile['teams'][string]>;
  readonly services: ReadonlyMap<string, ScenarioService>;
  readonly providers: ReadonlyMap<string, ScenarioProvider>;
  readonly phrases: ReadonlyMap<string, ScenarioFile['phrases'][string]>;
  readonly streams: ReadonlyMap<string, ScenarioStream>;
  readonly acts: readonly Act[];
  readonly expect: ScenarioFile['expect'];
}

/** Puts times in the place of texts. The file has been checked: a time that cannot be read is a broken invariant and throws. */
export function toScenario(file: ScenarioFile): Scenario {
  const startsAt = known(readInstant(file.startsAt), file.startsAt);
  const at = (text: string): EpochMs => known(readScenarioTime(text, startsAt), text);
  const timed = <T extends { at: string }>(entries: readonly T[]): Timed<T>[] =>
    entries.map((entry) => ({ ...entry, at: at(entry.at) }));
  const notice = ({ begins, ...rest }: NoticeFile): ProviderNotice => {
    const posts = timed(rest.posts);
    return { ...rest, posts, beginsAt: begins === undefined ? (posts[0]?.at ?? startsAt) : at(begins) };
  };
  return {
    ...file,
    startsAt,
    endsAt: known(readInstant(file.endsAt), file.endsAt),
    facts: timed(file.facts),
    acts: timed(file.acts),
    people: new Map(Object.entries(file.people)),
    teams: new Map(Object.entries(file.teams)),
    phrases: new Map(Object.entries(file.phrases)),
    services: mapValues(file.services, (service) => ({ ...service, health: timed(service.health) })),
    streams: mapValues(file.streams, (stream) => ({ ...stream, rate: timed(stream.rate) })),
    providers: mapValues(file.providers, (provider) => ({ ...provider, notices: mapValues(provider.notices, notice) })),
  };
}

const mapValues = <In, Out>(entries: Record<string, In>, change: (value: In) => Out): Map<string, Out> =>
  new Map(Object.entries(entries).map(([key, value]) => [key, change(value)]));

function known(at: EpochMs | undefined, text: string): EpochMs {
  if (at === undefined) throw new Error(`${text} is no time`);
  return at;
}

/** When trouble begins that the checks can see; undefined in a scenario in which nothing breaks. */
export function firstFailureAt(scenario: Scenario): EpochMs | undefined {
  const times = [...scenario.services.values()].flatMap(({ health }) =>
    health.filter((one) => one.failing + one.hanging > 0).map((one) => one.at),
  );
  return times.length === 0 ? undefined : Math.min(...times);
}

/** When a provider said its first word; undefined where none says anything. */
export function firstProviderPostAt(scenario: Scenario): EpochMs | undefined {
  const times = [...scenario.providers.values()].flatMap(({ notices }) =>
    [...notices.values()].flatMap(({ posts }) => posts.map((post) => post.at)),
  );
  return times.length === 0 ? undefined : Math.min(...times);
}
