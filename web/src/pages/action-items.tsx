import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ask, post } from '../api/client.ts';
import { peopleQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { ActionItem, NewActionItem } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint, Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';

const pathOf = (item: ActionItem): string => `/api/v1/action-items/${encodeURIComponent(item.id)}`;

/** What is to be done, each with who and until when. */
export function ActionItems({ items, withIncident = false }: { items: readonly ActionItem[]; withIncident?: boolean }) {
  return (
    <ul className="card divide-y divide-line">
      {items.map((item) => (
        <Row key={item.id} item={item} withIncident={withIncident} />
      ))}
    </ul>
  );
}

function Row({ item, withIncident }: { item: ActionItem; withIncident: boolean }) {
  const mayAct = useAllows('responder');
  const isDone = item.doneAt !== null;
  const turn = useAct(() => ask('PATCH', pathOf(item), { done: !isDone }));
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 grow basis-60">
          <p className="flex items-start gap-2">
            <Icon name={isDone ? 'ok' : 'unknown'} className={`mt-1 ${isDone ? 'text-ok' : 'text-soft'}`} />
            <span>
              {item.text}
              {isDone ? <span className="text-ok"> Done</span> : null}
            </span>
          </p>
          <p className="ms-7 flex flex-wrap gap-x-4 text-[0.94rem] text-soft">
            <span>{item.owner?.name ?? 'Nobody yet'}</span>
            {item.dueOn === null ? null : <span className="tabular-nums">Due {item.dueOn}</span>}
            {withIncident ? (
              <Link to="/incidents/$id/postmortem" params={{ id: item.incident.id }} className="link">
                #{item.incident.number} {item.incident.title}
              </Link>
            ) : null}
          </p>
        </div>
        {mayAct ? (
          <div className="flex gap-2">
            <Button size="small" onClick={turn.run} pending={turn.pending}>
              {isDone ? 'Not done' : 'Done'}
              <span className="sr-only">: {item.text}</span>
            </Button>
            <ConfirmButton
              size="small"
              look="quiet"
              label={
                <>
                  Remove<span className="sr-only">: {item.text}</span>
                </>
              }
              question="Remove it?"
              consequence="It goes from the list. The timeline of the incident still tells of it."
              confirm="Remove it"
              act={async () => {
                await ask('DELETE', pathOf(item));
                await refreshAll();
              }}
            />
          </div>
        ) : null}
      </div>
      {turn.error === undefined ? null : <Complaint>{turn.error}</Complaint>}
    </li>
  );
}

export function AddActionItem({ incidentId }: { incidentId: string }) {
  return (
    <SheetButton size="small" icon="plus" label="Add an action item" title="What is to be done?">
      {(close) => <AddForm incidentId={incidentId} close={close} />}
    </SheetButton>
  );
}

function AddForm({ incidentId, close }: { incidentId: string; close: () => void }) {
  const people = useQuery(peopleQuery);
  const send = async (values: Values): Promise<void> => {
    const item: NewActionItem = {
      text: values.text('text'),
      ownerId: values.optional('ownerId') ?? null,
      dueOn: values.optional('dueOn') ?? null,
    };
    await post(`/api/v1/incidents/${encodeURIComponent(incidentId)}/postmortem/action-items`, item);
    close();
    await refreshAll();
  };
  return (
    <Loaded query={people}>
      {(data) => (
        <Form send={send} submit="Add it">
          <TextField name="text" label="To do" required maxLength={500} autoCapitalize="sentences" />
          <SelectField
            name="ownerId"
            label="Who"
            options={[['', 'Nobody yet'], ...data.people.map((person) => [person.id, person.name] as const)]}
          />
          <TextField name="dueOn" label="Until" type="date" />
        </Form>
      )}
    </Loaded>
  );
}
