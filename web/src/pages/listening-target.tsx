import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { listeningTargetQuery } from '../api/queries.ts';
import type { ListeningTarget } from '../api/types.ts';
import { Boundary } from '../ui/boundary.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { State } from '../ui/states.tsx';
import { clockText, spanText, Time } from '../ui/time.tsx';
import { HeardPosts } from './heard-posts.tsx';
import { burst as shownBurst, suspect } from './listening.tsx';

const VoicesPlot = lazy(async () => ({ default: (await import('./voices-plot.tsx')).VoicesPlot }));

const route = getRouteApi('/member/listening/$kind/$id');

/** What is said about one service or upstream, against what is usual. */
export function ListeningTargetPage() {
  const { kind, id } = route.useParams();
  const query = useQuery(listeningTargetQuery(kind, id));
  return (
    <Page title={query.data?.name ?? id} back={{ to: '/listening', text: 'Listening' }}>
      <Loaded query={query} rows={5}>
        {({ curve, bursts, posts }) => (
          <>
            <Section title="The last day">
              <Curve curve={curve} />
            </Section>
            <Section title="Bursts">
              {bursts.length === 0 ? (
                <Empty>None in the last day: no more people than usual told of problems.</Empty>
              ) : (
                <ul className="card divide-y divide-line">
                  {bursts.map((burst) => (
                    <Burst key={burst.id} burst={burst} />
                  ))}
                </ul>
              )}
            </Section>
            <Section title="Newest posts">
              <HeardPosts posts={posts} />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Curve({ curve }: { curve: ListeningTarget['curve'] }) {
  const loud = curve.filter(
    ({ problem, thanks, joke, other, reports }) => problem + thanks + joke + other + reports > 0,
  );
  return (
    <div className="card px-3 pt-3 pb-2">
      <Boundary instead={<p className="px-1 text-soft">This browser could not draw the plot.</p>}>
        <Suspense fallback={<div className="skeleton h-60" />}>
          <VoicesPlot points={curve} />
        </Suspense>
      </Boundary>
      <div className="px-1">
        <Disclosure label="As a table">
          {loud.length === 0 ? <p className="pb-3 text-soft">Nobody said anything.</p> : <Table points={loud} />}
        </Disclosure>
      </div>
    </div>
  );
}

function Table({ points }: { points: ListeningTarget['curve'] }) {
  return (
    <div className="overflow-x-auto">
      <table className="mb-3 w-full text-[0.94rem] tabular-nums">
        <caption className="sr-only">Voices in five minutes; bins in which nobody spoke are left out</caption>
        <thead>
          <tr className="border-b border-line text-soft">
            {['From', 'Problems', 'Usual', 'Thanks', 'Jokes', 'Other', 'Reports'].map((name) => (
              <th key={name} scope="col" className="py-1 pe-4 text-start font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <tr key={point.at} className="border-b border-line last:border-0">
              <th scope="row" className="py-1 text-start font-normal">
                {clockText(point.at)}
              </th>
              <td>{point.problem}</td>
              <td>{point.expected === null ? 'not known' : point.expected.toFixed(1)}</td>
              <td>{point.thanks}</td>
              <td>{point.joke}</td>
              <td>{point.other}</td>
              <td>{point.reports}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Burst({ burst }: { burst: ListeningTarget['bursts'][number] }) {
  return (
    <li className="px-4 py-3">
      <p className="flex flex-wrap items-baseline gap-x-4">
        <State shown={burst.suspect ? suspect : shownBurst} />
        <span className="text-soft">
          <Time at={burst.since} as={burst.endedAt === null ? 'since' : 'moment'} />
          {burst.endedAt === null ? '' : `, for ${spanText(burst.endedAt - burst.since)}`}
        </span>
      </p>
      <p className="text-[0.94rem]">
        {Math.round(burst.observed)} where {burst.expected < 1 ? 'hardly any are' : `${Math.round(burst.expected)} are`}{' '}
        usual, at most {Math.round(burst.peak)} in five minutes.
        {burst.learning ? ' What is usual is still being learnt.' : ''}
        {burst.suspect ? ' Half of them or more are accounts younger than a week, so nobody was called.' : ''}
        {leadText(burst.lead)}
        {burst.incidentId === null ? null : (
          <>
            {' '}
            <Link to="/incidents/$id" params={{ id: burst.incidentId }} className="underline">
              Its incident
            </Link>
          </>
        )}
      </p>
    </li>
  );
}

function leadText(lead: ListeningTarget['bursts'][number]['lead']): string {
  if (lead === null) return '';
  const against = (ms: number | null, what: string): string => {
    if (ms === null) return '';
    return ms >= 0 ? ` ${spanText(ms)} before ${what}.` : ` ${spanText(-ms)} after ${what}.`;
  };
  return against(lead.checksMs, 'the first failed check') + against(lead.providerMs, 'the provider’s first word');
}
