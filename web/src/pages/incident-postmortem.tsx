import { Link, useNavigate } from '@tanstack/react-router';
import { post } from '../api/client.ts';
import { useAllows } from '../api/session.ts';
import type { IncidentDetail } from '../api/types.ts';
import { useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Section } from '../ui/page.tsx';

/** Once it is over: the way to what was written about it, or to the draft of it. */
export function IncidentPostmortem({ incident }: { incident: IncidentDetail }) {
  const mayWrite = useAllows('responder');
  const navigate = useNavigate();
  const start = useAct(async () => {
    await post(`/api/v1/incidents/${encodeURIComponent(incident.id)}/postmortem`);
    await navigate({ to: '/incidents/$id/postmortem', params: { id: incident.id } });
  });
  if (incident.status !== 'resolved' || incident.mergedInto !== null) return null;
  if (incident.postmortem === null && !mayWrite) return null;
  return (
    <Section title="Postmortem">
      {incident.postmortem === null ? (
        <>
          <p className="mb-3 text-soft">A first draft is made from the timeline.</p>
          <Button icon="note" onClick={start.run} pending={start.pending}>
            Write the postmortem
          </Button>
          {start.error === undefined ? null : <Complaint>{start.error}</Complaint>}
        </>
      ) : (
        <Link
          to="/incidents/$id/postmortem"
          params={{ id: incident.id }}
          className="link inline-flex min-h-11 items-center gap-2"
        >
          <Icon name="note" />
          {incident.postmortem.state === 'draft' ? 'The draft of the postmortem' : 'The postmortem'}
        </Link>
      )}
    </Section>
  );
}
