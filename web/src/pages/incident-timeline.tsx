import { useRef, useState } from 'react';
import { post } from '../api/client.ts';
import { useAllows } from '../api/session.ts';
import type { IncidentDetail, TimelineEvent } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Form, TextArea, type Values } from '../ui/form.tsx';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Time } from '../ui/time.tsx';

/** What happened, newest first, and a place for a note. */
export function Timeline({ incident }: { incident: IncidentDetail }) {
  const mayWrite = useAllows('responder');
  const events = gatherHugs(incident.timeline.toReversed());
  return (
    <>
      {mayWrite ? <NoteForm incidentId={incident.id} /> : null}
      <ol className="mt-5 grid" aria-label="Newest first">
        {events.map((event, index) => (
          <Event key={event.id} event={event} isLast={index === events.length - 1} />
        ))}
      </ol>
    </>
  );
}

/** Hugs come in hundreds: a run of them is one line, so that the work stays in sight. `events` are newest first. */
function gatherHugs(events: readonly TimelineEvent[]): TimelineEvent[] {
  const gathered: TimelineEvent[] = [];
  let run = 0;
  for (const event of events) {
    const before = gathered.at(-1);
    const joins = before?.kind === event.kind && event.kind in manyHugs;
    run = joins ? run + 1 : 1;
    if (before !== undefined && joins)
      gathered[gathered.length - 1] = { ...before, text: `${run} ${manyHugs[event.kind]}` };
    else gathered.push(event);
  }
  return gathered;
}

const manyHugs: Readonly<Record<string, string>> = {
  'hug.approved': 'hugs',
  'hug.held': 'hugs with words are waiting for approval',
  'hug.rejected': 'hugs were not let through',
};

function NoteForm({ incidentId }: { incidentId: string }) {
  const [round, setRound] = useState(0);
  const holder = useRef<HTMLDivElement>(null);
  const send = async (values: Values): Promise<void> => {
    await post(`/api/v1/incidents/${encodeURIComponent(incidentId)}/notes`, { body: values.text('body') });
    await refreshAll();
    setRound(round + 1);
    holder.current?.querySelector('textarea')?.focus();
  };
  return (
    <div ref={holder} className="card px-4 py-4">
      <Form key={round} send={send} submit="Add the note" look="plain">
        <TextArea
          name="body"
          label="A note for the team"
          required
          maxLength={10_000}
          rows={2}
          autoCapitalize="sentences"
        />
      </Form>
    </div>
  );
}

const icons: Readonly<Record<string, IconName>> = {
  'incident.triggered': 'siren',
  'incident.acknowledged': 'hand',
  'incident.resolved': 'ok',
  'incident.reassigned': 'user',
  'severity.raised': 'warning',
  'alert.joined': 'bell',
  'alert.cleared': 'check',
  'note.added': 'note',
  'update.posted': 'megaphone',
  'escalation.stepped': 'phone',
  'escalation.hurried': 'phone',
  'page.sent': 'phone',
  'page.resent': 'phone',
  'page.failed': 'warning',
  'page.cancelled': 'phone',
};

const iconOf = (kind: string): IconName => (/^hugs?\./.test(kind) ? 'heart' : (icons[kind] ?? 'found'));

function toneOf(kind: string): string {
  if (/^hugs?\./.test(kind)) return 'text-warm';
  if (kind === 'incident.resolved' || kind === 'alert.cleared') return 'text-ok';
  return kind === 'page.failed' ? 'text-major' : 'text-soft';
}

function Event({ event, isLast }: { event: TimelineEvent; isLast: boolean }) {
  return (
    <li className="grid grid-cols-[1.5rem_minmax(0,1fr)] gap-x-3">
      <div className="flex flex-col items-center" aria-hidden="true">
        <Icon name={iconOf(event.kind)} className={`mt-1 ${toneOf(event.kind)}`} />
        {isLast ? null : <span className="mt-1 w-px grow bg-line" />}
      </div>
      <div className="pb-5">
        <p>{event.text}</p>
        {event.body === null ? null : (
          <p className="mt-1.5 mb-1 rounded-lg border border-line bg-sheet px-3.5 py-2.5 whitespace-pre-wrap">
            {event.body}
          </p>
        )}
        <p className="text-[0.94rem] text-soft">
          {event.actor.name === null ? null : `${event.actor.name}, `}
          <Time at={event.at} />
        </p>
      </div>
    </li>
  );
}
