import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listeningQuery } from '../api/queries.ts';
import type { Listening } from '../api/types.ts';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { countText, type Shown, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Source = Listening['sources'][number];
type Target = Listening['targets'][number];

/** What the public says: where it is heard, and about what. */
export function ListeningPage() {
  const query = useQuery(listeningQuery);
  return (
    <Page title="Listening">
      <Loaded query={query} rows={4}>
        {({ sources, targets, isBlind }) => (
          <>
            {isBlind ? (
              <p role="status" className="card mb-6 flex items-start gap-2 px-5 py-4">
                <Icon name="offline" className="mt-1 text-degraded" />
                Most of what is usually heard cannot be heard just now. What is counted meanwhile says nothing.
              </p>
            ) : null}
            <Section title="What is listened for">
              {targets.length === 0 ? <NothingWatched /> : <TargetRows targets={targets} />}
            </Section>
            <Section title="Sources">{sources.length === 0 ? <NoSources /> : <SourceRows sources={sources} />}</Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}

const NothingWatched = () => (
  <Empty>
    Nothing yet. Say in hugops.yaml by which words people name a service, under its <code>listen</code>; upstreams that
    services depend on are listened for by themselves.
  </Empty>
);

const NoSources = () => (
  <Empty>
    No source yet. Connect Bluesky, Mastodon, Reddit, Hacker News or a webhook of your support desk in hugops.yaml,
    under <code>listen</code>.
  </Empty>
);

function TargetRows({ targets }: { targets: Target[] }) {
  return (
    <ul className="card divide-y divide-line overflow-hidden">
      {targets.map((target) => (
        <li key={`${target.kind} ${target.id}`} className="relative hover:bg-hover">
          <div className="flex min-h-14 items-center gap-4 px-4 py-2.5">
            <div className="min-w-0 grow">
              <Link
                to="/listening/$kind/$id"
                params={{ kind: target.kind, id: target.id }}
                className="font-semibold after:absolute after:inset-0 after:content-['']"
              >
                {target.name}
              </Link>
              <p className="text-[0.94rem] text-soft">
                {target.kind === 'upstream' ? 'Upstream: ' : 'Service: '}
                {lastHour(target.lastHour)}
              </p>
            </div>
            <div className="text-end text-[0.94rem]">
              {target.burst === null ? (
                <State shown={usual} />
              ) : (
                <>
                  <State shown={target.burst.suspect ? suspect : burst} />
                  <p className="text-soft">
                    <Time at={target.burst.since} plain />
                  </p>
                </>
              )}
            </div>
            <Icon name="go" className="text-soft" />
          </div>
        </li>
      ))}
    </ul>
  );
}

const usual: Shown = { icon: 'ok', word: 'As usual', tone: 't-ok' };
export const burst: Shown = { icon: 'megaphone', word: 'Many complain', tone: 't-major' };
export const suspect: Shown = { icon: 'people', word: 'Suspect', tone: 't-degraded' };

function lastHour({ problem, thanks, joke, other }: Target['lastHour']): string {
  const rest = joke + other;
  if (problem + thanks + rest === 0) return 'nobody in the last hour';
  const parts = [
    problem > 0 ? countText(problem, 'problem') : '',
    thanks > 0 ? `${thanks} thanks` : '',
    rest > 0 ? `${rest} other` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')} in the last hour`;
}

const shownHealth: Record<Source['health'], Shown> = {
  ok: { icon: 'ok', word: 'Heard', tone: 't-ok' },
  waiting: { icon: 'unknown', word: 'Not heard yet', tone: 't-unknown' },
  failing: { icon: 'major', word: 'Not heard', tone: 't-major' },
  ended: { icon: 'check', word: 'At its end', tone: 't-unknown' },
};

function SourceRows({ sources }: { sources: Source[] }) {
  return (
    <ul className="card divide-y divide-line">
      {sources.map((source) => (
        <li key={source.id} className="flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-3">
          <div className="min-w-0 grow">
            <p className="font-semibold">
              {source.id} <span className="font-normal text-soft">{source.label}</span>
            </p>
            <p className="text-[0.94rem] text-soft">
              {countText(source.postsOfDay, 'post')} in the last day
              {source.lastSeenAt === null ? null : (
                <>
                  , last heard <Time at={source.lastSeenAt} />
                </>
              )}
            </p>
            {source.health === 'failing' && source.lastError !== null ? (
              <p className="text-[0.94rem]">
                {source.lastError}
                {source.failures > 1 ? ` (${source.failures} times)` : ''}
              </p>
            ) : null}
          </div>
          <div className="text-[0.94rem] sm:text-end">
            <State shown={shownHealth[source.health]} />
            <p className="text-soft">
              <Time at={source.healthSince} as="since" plain />
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
