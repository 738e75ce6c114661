import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { durationWords } from '../../../src/domain/duration.ts';
import { openIncidentsQuery, pastIncidentsQuery, servicesQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { IncidentSummary } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { shownSeverity, State } from '../ui/states.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Time } from '../ui/time.tsx';
import { IncidentCard } from './incident-card.tsx';
import { OpenIncidentForm } from './open-incident.tsx';
import { Postmortems } from './postmortems.tsx';

const route = getRouteApi('/member/incidents');

export function IncidentsPage() {
  const { show } = route.useSearch();
  return (
    <Page title="Incidents" actions={<OpenOne />}>
      <Tabs label="Which incidents">
        <Tabs.Link to="/incidents" search={{}} current={show === undefined}>
          Open
        </Tabs.Link>
        <Tabs.Link to="/incidents" search={{ show: 'past' }} current={show === 'past'}>
          Past
        </Tabs.Link>
        <Tabs.Link to="/incidents" search={{ show: 'postmortems' }} current={show === 'postmortems'}>
          Postmortems
        </Tabs.Link>
      </Tabs>
      {show === 'postmortems' ? <Postmortems /> : show === 'past' ? <Past /> : <Open />}
    </Page>
  );
}

function OpenOne() {
  const mayAct = useAllows('responder');
  const services = useQuery({ ...servicesQuery, enabled: mayAct });
  if (!mayAct) return null;
  return (
    <SheetButton label="Open an incident" title="Open an incident" icon="plus">
      {(close) => (
        <Loaded query={services}>{(data) => <OpenIncidentForm services={data.services} close={close} />}</Loaded>
      )}
    </SheetButton>
  );
}

function Open() {
  const query = useQuery(openIncidentsQuery);
  return (
    <Loaded query={query}>
      {({ incidents }) =>
        incidents.length === 0 ? (
          <Empty>
            Nothing is open. Incidents come by themselves when a check fails or another tool raises an alert.
          </Empty>
        ) : (
          <ul className="grid gap-4">
            {incidents.map((incident) => (
              <li key={incident.id}>
                <IncidentCard incident={incident} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

function Past() {
  const query = useInfiniteQuery(pastIncidentsQuery);
  const incidents = query.data?.pages.flatMap((page) => page.incidents);
  return (
    <Loaded
      query={{ data: incidents, error: query.error, isFetching: query.isFetching, refetch: query.refetch }}
      rows={6}
    >
      {(past) =>
        past.length === 0 ? (
          <Empty>Nothing has happened yet that is over.</Empty>
        ) : (
          <>
            <ul className="card divide-y divide-line overflow-hidden">
              {past.map((incident) => (
                <PastRow key={incident.id} incident={incident} />
              ))}
            </ul>
            {query.hasNextPage ? (
              <div className="mt-4 text-center">
                <Button onClick={() => void query.fetchNextPage()} pending={query.isFetchingNextPage}>
                  Older
                </Button>
              </div>
            ) : null}
          </>
        )
      }
    </Loaded>
  );
}

function PastRow({ incident }: { incident: IncidentSummary }) {
  return (
    <li className="relative px-4 py-3 hover:bg-hover">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <Link
          to="/incidents/$id"
          params={{ id: incident.id }}
          className="font-semibold after:absolute after:inset-0 after:content-['']"
        >
          {incident.title}
        </Link>
        <span className="text-[0.94rem] text-soft">#{incident.number}</span>
      </div>
      <p className="flex flex-wrap gap-x-4 text-[0.94rem] text-soft">
        <State shown={shownSeverity[incident.severity]} />
        {incident.service === null ? null : <span>{incident.service.name}</span>}
        <span>
          <Time at={incident.openedAt} as="moment" plain />
          {incident.resolvedAt === null ? null : `, for ${durationWords(incident.resolvedAt - incident.openedAt)}`}
        </span>
        {incident.owner === null ? null : <span>{incident.owner.name}</span>}
      </p>
    </li>
  );
}
