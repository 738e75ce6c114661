import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { incidentQuery } from '../api/queries.ts';
import { useNow } from '../api/server-time.ts';
import type { IncidentDetail } from '../api/types.ts';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page, Section } from '../ui/page.tsx';
import { countText, shownPhase, shownSeverity, State, Whose } from '../ui/states.tsx';
import { spanText, Time } from '../ui/time.tsx';
import { IncidentActions } from './incident-actions.tsx';
import { Alerts } from './incident-alerts.tsx';
import { LikelyCause, TouchedServices } from './incident-cause.tsx';
import { IncidentCredit } from './incident-credit.tsx';
import { Pages } from './incident-pages.tsx';
import { IncidentPostmortem } from './incident-postmortem.tsx';
import { Timeline } from './incident-timeline.tsx';

const route = getRouteApi('/member/incidents/$id');

/** One incident. Without scrolling: what is broken, since when, and the button. */
export function IncidentPage() {
  const { id } = route.useParams();
  const query = useQuery(incidentQuery(id));
  return (
    <Page
      title={query.data?.title ?? 'Incident'}
      heading={query.data ? <Head incident={query.data} /> : <h1 className="sr-only">Incident</h1>}
      back={{ to: '/incidents', text: 'Incidents' }}
    >
      <Loaded query={query} rows={5}>
        {(incident) => <Body incident={incident} />}
      </Loaded>
    </Page>
  );
}

function Head({ incident }: { incident: IncidentDetail }) {
  const shown = shownSeverity[incident.severity];
  return (
    <div className="mb-6">
      <div
        className={`card edged ${incident.status === 'resolved' ? 't-ok' : shown.tone} px-5 pt-5 pb-5 sm:px-7 sm:pt-7`}
      >
        <p className="mb-1.5 flex flex-wrap items-center gap-x-4 gap-y-0.5 text-[0.94rem]">
          <State shown={shown} />
          <span className="text-soft">#{incident.number}</span>
        </p>
        <h1 className="text-2xl rail:text-3xl" tabIndex={-1}>
          {incident.title}
        </h1>
        <p className="mt-2 text-lg text-soft">
          {incident.service === null ? null : (
            <>
              <Link to="/services/$id" params={{ id: incident.service.id }} className="link">
                {incident.service.name}
              </Link>
              {', '}
            </>
          )}
          {incident.resolvedAt === null ? (
            <Time at={incident.openedAt} as="since" />
          ) : (
            <>
              <Time at={incident.openedAt} as="moment" />, for {spanText(incident.resolvedAt - incident.openedAt)}
            </>
          )}
        </p>
        <p className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1" aria-live="polite">
          <Whose status={incident.status} owner={incident.owner} />
          <NextCall incident={incident} />
        </p>
        <IncidentActions incident={incident} />
      </div>
    </div>
  );
}

/** What happens next without anybody's doing. */
function NextCall({ incident }: { incident: IncidentDetail }) {
  const now = useNow();
  if (incident.status !== 'triggered' || incident.nextEscalationAt === null) return null;
  return (
    <span className="text-soft">
      {incident.nextEscalationAt <= now ? (
        'Calling now'
      ) : (
        <>
          Next call <Time at={incident.nextEscalationAt} />
        </>
      )}
    </span>
  );
}

function Body({ incident }: { incident: IncidentDetail }) {
  return (
    <div className="rail:grid rail:grid-cols-[minmax(0,1fr)_21rem] rail:gap-10">
      <div>
        <MergedInto incident={incident} />
        <LikelyCause incident={incident} />
        <TouchedServices incident={incident} />
        {incident.alerts.length === 0 ? null : (
          <Section title="What was seen">
            <Alerts alerts={incident.alerts} />
          </Section>
        )}
        <Section title="Timeline">
          <Timeline incident={incident} />
        </Section>
      </div>
      <div>
        <Section title="The public">
          <PublicFacts incident={incident} />
        </Section>
        <IncidentPostmortem incident={incident} />
        {incident.status === 'resolved' ? <IncidentCredit incidentId={incident.id} /> : null}
        <Section title="Pages">
          <Pages pages={incident.pages} status={incident.status} />
        </Section>
      </div>
    </div>
  );
}

function MergedInto({ incident }: { incident: IncidentDetail }) {
  if (incident.mergedInto === null) return null;
  return (
    <p className="mb-6">
      This turned out to be part of{' '}
      <Link to="/incidents/$id" params={{ id: incident.mergedInto.id }} className="link">
        incident #{incident.mergedInto.number}
      </Link>
      .
    </p>
  );
}

function PublicFacts({ incident }: { incident: IncidentDetail }) {
  const phase = shownPhase[incident.phase];
  const row = 'flex items-center gap-3 px-4 py-2.5';
  return (
    <ul className="card divide-y divide-line">
      <li className={row}>
        <Icon name={incident.isPublic ? phase.icon : 'eye'} className="text-soft" />
        {incident.isPublic ? (
          <span>
            {phase.word}
            <span className="block text-[0.94rem] text-soft">“{incident.publicTitle}”</span>
          </span>
        ) : (
          <span>
            Not on the status page
            <span className="block text-[0.94rem] text-soft">A public update puts it there.</span>
          </span>
        )}
      </li>
      <li className={row}>
        <Icon name="people" className="text-soft" />
        {incident.reports === 0 ? 'Nobody has reported it' : `${countText(incident.reports, 'visitor')} reported it`}
      </li>
      {incident.hugs > 0 ? (
        <li className={`${row} text-warm`}>
          <Icon name="heart" />
          {countText(incident.hugs, 'hug')}
        </li>
      ) : null}
      {incident.publicUrl === null ? null : (
        <li className={row}>
          <Icon name="outside" className="text-soft" />
          <a href={incident.publicUrl} className="link">
            What the public sees
          </a>
        </li>
      )}
    </ul>
  );
}
