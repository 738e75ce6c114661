import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { hugKinds } from '../../../src/domain/words.ts';
import { post } from '../api/client.ts';
import { creditQuery, peopleQuery } from '../api/queries.ts';
import { useAllows, useMe } from '../api/session.ts';
import type { CreditView } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint, Form, SelectField, TextArea } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Section } from '../ui/page.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { shownHug } from '../ui/states.tsx';
import { addable, othersText } from './credit-words.ts';

const pathOf = (incidentId: string): string => `/api/v1/incidents/${encodeURIComponent(incidentId)}`;

/** Who helped, once it is over: for adding those who were forgotten, and for saying thank you to all of them. */
export function IncidentCredit({ incidentId }: { incidentId: string }) {
  if (!useAllows('responder')) return null;
  return <Credit incidentId={incidentId} />;
}

function Credit({ incidentId }: { incidentId: string }) {
  const query = useQuery(creditQuery(incidentId));
  const [open, setOpen] = useState<'add' | 'thank'>();
  const close = (): void => setOpen(undefined);
  return (
    <Section title="Who helped">
      <Loaded query={query} rows={2}>
        {(credit) => (
          <>
            <People incidentId={incidentId} credit={credit} />
            <div className="mt-3 flex flex-wrap gap-2">
              {credit.people.length > 0 ? (
                <Button look="warm" size="small" icon="heart" onClick={() => setOpen('thank')}>
                  Thank them
                </Button>
              ) : null}
              <Button size="small" icon="plus" onClick={() => setOpen('add')}>
                Somebody is missing
              </Button>
            </div>
            <OwnChoice incidentId={incidentId} me={credit.me} />
          </>
        )}
      </Loaded>
      <Sheet open={open === 'add'} onClose={close} title="Who else helped?">
        <AddForm incidentId={incidentId} close={close} />
      </Sheet>
      <Sheet open={open === 'thank'} onClose={close} title="Thank those who helped">
        <ThankForm incidentId={incidentId} close={close} />
      </Sheet>
    </Section>
  );
}

function People({ incidentId, credit }: { incidentId: string; credit: CreditView }) {
  if (credit.people.length === 0)
    return (
      <p className="card px-4 py-3 text-soft">Nobody is known to have helped. If somebody did, please add them.</p>
    );
  return (
    <ul className="card divide-y divide-line">
      {credit.people.map((person) => (
        <li key={person.id} className="px-4 py-2.5">
          <p className="font-semibold">{person.name}</p>
          <p className="text-[0.94rem] text-soft first-letter:uppercase">{othersText(person.reasons)}</p>
          {person.added.map((reason) => (
            <TakeBack key={reason} incidentId={incidentId} personId={person.id} reason={reason} />
          ))}
        </li>
      ))}
    </ul>
  );
}

function TakeBack(addition: {
  incidentId: string;
  personId: string;
  reason: CreditView['people'][number]['added'][number];
}) {
  const { incidentId, personId, reason } = addition;
  const act = useAct(() => post(`${pathOf(incidentId)}/credits/remove`, { personId, reason }));
  return (
    <>
      <Button size="small" look="quiet" className="-ms-3" onClick={act.run} pending={act.pending}>
        Take back “{othersText([reason])}”
      </Button>
      {act.error === undefined ? null : <Complaint>{act.error}</Complaint>}
    </>
  );
}

/** For the one who looks, when they are credited: no part in it, or thanked without a name. */
function OwnChoice({ incidentId, me }: { incidentId: string; me: CreditView['me'] }) {
  const choose = (choice: string) => post(`/api/v1/me/credits/${encodeURIComponent(incidentId)}`, { choice });
  const decline = useAct(() => choose(me?.declined === true ? 'accept' : 'decline'));
  const hide = useAct(() => choose(me?.hidden === true ? 'show' : 'hide'));
  if (me === null) return null;
  const error = decline.error ?? hide.error;
  return (
    <div className="mt-1">
      {me.declined ? null : (
        <Button size="small" look="quiet" icon="eye" className="-ms-3" onClick={hide.run} pending={hide.pending}>
          {me.hidden ? 'Name me on the page, if I am named at all' : 'Never name me for this one'}
        </Button>
      )}
      <Button
        size="small"
        look="quiet"
        className={me.declined ? '-ms-3' : ''}
        onClick={decline.run}
        pending={decline.pending}
      >
        {me.declined ? 'I helped after all' : 'I had no part in it'}
      </Button>
      {error === undefined ? null : <Complaint>{error}</Complaint>}
    </div>
  );
}

function AddForm({ incidentId, close }: { incidentId: string; close: () => void }) {
  const people = useQuery(peopleQuery);
  return (
    <Loaded query={people}>
      {(data) => (
        <Form
          submit="Add them"
          send={async (values) => {
            await post(`${pathOf(incidentId)}/credits`, {
              personId: values.text('personId'),
              reason: values.text('reason'),
            });
            close();
            await refreshAll();
          }}
        >
          <SelectField name="personId" label="Who" options={data.people.map(({ id, name }) => [id, name])} />
          <SelectField name="reason" label="What they did" options={addable} />
          <p className="text-[0.94rem] text-soft">Every hug that came already reaches them, too.</p>
        </Form>
      )}
    </Loaded>
  );
}

function ThankForm({ incidentId, close }: { incidentId: string; close: () => void }) {
  const me = useMe();
  if (me.person === null)
    return <p className="text-soft">Thanks come from a person, and you are not one of the people here.</p>;
  return (
    <Form
      submit="Send it"
      look="warm"
      send={async (values) => {
        await post(`${pathOf(incidentId)}/hugs`, {
          kind: values.text('kind'),
          message: values.optional('message'),
          addressedTo: values.text('addressedTo'),
        });
        close();
        await refreshAll();
      }}
    >
      <SelectField
        name="kind"
        label="What would you like to give?"
        options={hugKinds.map((kind) => [kind, shownHug[kind].word])}
      />
      <SelectField
        name="addressedTo"
        label="Whom is it for?"
        options={[
          ['team', 'Everybody who helped'],
          ['fixers', 'Whoever fixed it'],
        ]}
      />
      <TextArea
        name="message"
        label="A few words, if you like"
        rows={3}
        maxLength={280}
        hint="Only those who helped read them, in their own daytime."
      />
      <p className="flex items-center gap-2 text-[0.94rem] text-soft">
        <Icon name="heart" className="text-warm" /> From {me.name}
      </p>
    </Form>
  );
}
