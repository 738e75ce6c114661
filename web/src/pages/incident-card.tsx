import { Link } from '@tanstack/react-router';
import { post } from '../api/client.ts';
import { useAllows } from '../api/session.ts';
import type { IncidentSummary } from '../api/types.ts';
import { focusHeading, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/form.tsx';
import { shownSeverity, State, Whose } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

export const acknowledgePath = (id: string): string => `/api/v1/incidents/${encodeURIComponent(id)}/acknowledge`;

/** An open incident: what, since when, who has it, and the button when nobody does. */
export function IncidentCard({ incident }: { incident: IncidentSummary }) {
  const mayAct = useAllows('responder');
  const acknowledge = useAct(() => post(acknowledgePath(incident.id)).then(focusHeading));
  const shown = shownSeverity[incident.severity];
  return (
    <article className={`card edged ${shown.tone} px-5 pt-5 pb-4 sm:flex sm:items-center sm:gap-6`}>
      <div className="min-w-0 grow">
        <p className="mb-1 flex flex-wrap gap-x-4 gap-y-0.5 text-[0.94rem]">
          <State shown={shown} />
          <Whose status={incident.status} owner={incident.owner} />
        </p>
        <h2 className="text-xl">
          <Link to="/incidents/$id" params={{ id: incident.id }} className="hover:underline">
            {incident.title}
          </Link>
        </h2>
        <p className="mt-1 text-soft">
          {incident.service === null ? null : `${incident.service.name}, `}
          <Time at={incident.openedAt} as="since" />
        </p>
      </div>
      {incident.status === 'triggered' && mayAct ? (
        <div className="mt-4 sm:mt-0">
          <Button
            look="primary"
            icon="hand"
            className="w-full max-sm:min-h-13 sm:w-auto"
            onClick={acknowledge.run}
            pending={acknowledge.pending}
          >
            Acknowledge
            <span className="sr-only"> {incident.title}</span>
          </Button>
          {acknowledge.error === undefined ? null : <Complaint>{acknowledge.error}</Complaint>}
        </div>
      ) : null}
    </article>
  );
}
