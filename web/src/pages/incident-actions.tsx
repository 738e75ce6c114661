import { useQuery } from '@tanstack/react-query';
import { post } from '../api/client.ts';
import { peopleQuery } from '../api/queries.ts';
import { serverNow } from '../api/server-time.ts';
import { useAllows, useMe } from '../api/session.ts';
import type { IncidentDetail, PersonView } from '../api/types.ts';
import { focusHeading, refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint, Form, SelectField, TextArea, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { acknowledgePath } from './incident-card.tsx';
import { suggestionFor } from './update-texts.ts';
import { UpdateForm } from './update-form.tsx';

const pathOf = (incident: IncidentDetail, verb: string): string =>
  `/api/v1/incidents/${encodeURIComponent(incident.id)}/${verb}`;

/**
 * What can be done about an incident. On a phone what matters now stays under the thumb, above the bar: to acknowledge, and once somebody has it, to tell
 * the public and to resolve. The rest stands below the facts.
 */
export function IncidentActions({ incident }: { incident: IncidentDetail }) {
  const mayAct = useAllows('responder');
  if (!mayAct || incident.status === 'resolved') return null;
  const isTaken = incident.status === 'acknowledged';
  return (
    <div className="mt-5 flex flex-wrap gap-2">
      <div className="fixed inset-x-0 bottom-[calc(var(--bar)+env(safe-area-inset-bottom))] z-10 border-t border-line bg-paper px-4 py-3 rail:static rail:border-0 rail:bg-transparent rail:p-0">
        <div className="flex gap-2 *:flex-1 rail:*:flex-none">
          {isTaken ? <TellPublic incident={incident} /> : <Acknowledge incident={incident} />}
          {isTaken ? <Resolve incident={incident} /> : null}
        </div>
      </div>
      {isTaken ? null : <TellPublic incident={incident} />}
      <HandOver incident={incident} />
      <Snooze incident={incident} />
      {isTaken ? null : <Resolve incident={incident} />}
    </div>
  );
}

function TellPublic({ incident }: { incident: IncidentDetail }) {
  return (
    <SheetButton label="Tell the public" title="Tell the public" icon="megaphone">
      {(close) => <UpdateForm incident={incident} close={close} />}
    </SheetButton>
  );
}

function Acknowledge({ incident }: { incident: IncidentDetail }) {
  const acknowledge = useAct(() => post(acknowledgePath(incident.id)).then(focusHeading));
  return (
    <div>
      {acknowledge.error === undefined ? null : (
        <div className="mb-2">
          <Complaint>{acknowledge.error}</Complaint>
        </div>
      )}
      <Button
        look="primary"
        size="large"
        icon="hand"
        className="w-full rail:min-h-11 rail:px-5 rail:text-base"
        onClick={acknowledge.run}
        pending={acknowledge.pending}
      >
        {acknowledge.pending ? 'Acknowledging' : 'Acknowledge'}
      </Button>
    </div>
  );
}

function Resolve({ incident }: { incident: IncidentDetail }) {
  return (
    <SheetButton label="Resolve" title="Is it over?" icon="ok">
      {(close) => <ResolveForm incident={incident} close={close} />}
    </SheetButton>
  );
}

function ResolveForm({ incident, close }: { incident: IncidentDetail; close: () => void }) {
  const send = async (values: Values): Promise<void> => {
    // The last public word resolves too; what was never public needs none.
    if (incident.isPublic) await post(pathOf(incident, 'updates'), { phase: 'resolved', body: values.text('body') });
    else await post(pathOf(incident, 'resolve'));
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Resolve it" beside={<Button onClick={close}>Not yet</Button>}>
      <p className="text-soft">
        Nobody is called any more
        {incident.isPublic ? ', the status page says that it is over, and people can say thank you for a week.' : '.'}
      </p>
      {incident.isPublic ? (
        <TextArea
          name="body"
          label="What the public reads"
          defaultValue={suggestionFor('resolved', incident.service?.name)}
          required
          maxLength={5_000}
          rows={3}
        />
      ) : null}
    </Form>
  );
}

function HandOver({ incident }: { incident: IncidentDetail }) {
  return (
    <SheetButton label="Hand over" title="Hand over" icon="user">
      {(close) => <HandOverForm incident={incident} close={close} />}
    </SheetButton>
  );
}

function HandOverForm({ incident, close }: { incident: IncidentDetail; close: () => void }) {
  const people = useQuery(peopleQuery);
  return (
    <Loaded query={people}>{(data) => <HandOverTo incident={incident} people={data.people} close={close} />}</Loaded>
  );
}

function HandOverTo({
  incident,
  people,
  close,
}: {
  incident: IncidentDetail;
  people: PersonView[];
  close: () => void;
}) {
  const me = useMe();
  const others = people.filter((person) => person.id !== incident.owner?.id);
  if (others.length === 0)
    return <p className="text-soft">There is nobody else yet. Invite people, and they can take over.</p>;
  const send = async (values: Values): Promise<void> => {
    await post(pathOf(incident, 'reassign'), { toPersonId: values.text('toPersonId') });
    close();
    await refreshAll();
  };
  const nameOf = (person: PersonView): string =>
    `${person.name}${person.id === me.person?.id ? ' (you)' : ''}${person.contactMethods === 0 ? ' (cannot be paged)' : ''}`;
  return (
    <Form send={send} submit="Hand it over">
      <SelectField
        name="toPersonId"
        label="To whom"
        options={others.map((person) => [person.id, nameOf(person)])}
        hint="They are paged at once. Until they acknowledge, the policy goes on calling."
      />
    </Form>
  );
}

function Snooze({ incident }: { incident: IncidentDetail }) {
  return (
    <SheetButton label="Snooze" title="Snooze" icon="clock">
      {(close) => <SnoozeFor incident={incident} close={close} />}
    </SheetButton>
  );
}

const minuteMs = 60_000;

/** 08:00 of the reader's next morning. */
function nextMorning(now: number): number {
  const at = new Date(now);
  at.setHours(8, 0, 0, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}

const snoozes: readonly (readonly [string, (now: number) => number])[] = [
  ['30 minutes', (now) => now + 30 * minuteMs],
  ['2 hours', (now) => now + 120 * minuteMs],
  ['Until morning, 08:00', nextMorning],
];

function SnoozeFor({ incident, close }: { incident: IncidentDetail; close: () => void }) {
  return (
    <div className="grid gap-3">
      <p className="text-soft">Nobody is called until then, and you have it. It wakes with a page to you.</p>
      {snoozes.map(([label, untilAt]) => (
        <SnoozeButton key={label} incident={incident} label={label} untilAt={untilAt} close={close} />
      ))}
    </div>
  );
}

function SnoozeButton({
  incident,
  label,
  untilAt,
  close,
}: {
  incident: IncidentDetail;
  label: string;
  untilAt: (now: number) => number;
  close: () => void;
}) {
  const snooze = useAct(async () => {
    await post(pathOf(incident, 'snooze'), { untilAt: untilAt(serverNow()) });
    close();
  });
  return (
    <>
      <Button pending={snooze.pending} onClick={snooze.run}>
        {label}
      </Button>
      {snooze.error === undefined ? null : <Complaint>{snooze.error}</Complaint>}
    </>
  );
}
