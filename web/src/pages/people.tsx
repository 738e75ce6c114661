import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { peopleQuery } from '../api/queries.ts';
import { rolesUpTo, useAllows, useMe } from '../api/session.ts';
import type { Invitation, PersonView, Role } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { CopyText } from '../ui/copy.tsx';
import { Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { countText, InFile } from '../ui/states.tsx';

export function PeoplePage() {
  const query = useQuery(peopleQuery);
  const mayInvite = useAllows('admin');
  const invite = mayInvite ? (
    <SheetButton label="Invite somebody" title="Invite somebody" icon="plus">
      {(close) => <InviteSteps close={close} />}
    </SheetButton>
  ) : null;
  return (
    <Page title="People" actions={invite}>
      <Loaded query={query} rows={4}>
        {({ people }) => (
          <ul className="card divide-y divide-line">
            {people.map((person) => (
              <PersonRow key={person.id} person={person} />
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  );
}

function PersonRow({ person }: { person: PersonView }) {
  const me = useMe();
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-1 px-4 py-3">
      <div className="min-w-0 grow">
        <p className="font-semibold">
          {person.name}
          {person.id === me.person?.id ? <span className="font-normal text-soft"> (you)</span> : null}
        </p>
        <p className="text-[0.94rem] break-all text-soft">{person.email}</p>
        <p className="flex flex-wrap gap-x-4 text-[0.94rem] text-soft">
          {person.teams.length > 0 ? <span>{person.teams.join(', ')}</span> : null}
          <span>{person.timeZone}</span>
          {person.ownedBy === 'file' ? <InFile /> : null}
        </p>
      </div>
      <div className="text-[0.94rem] sm:text-end">
        <p>{person.role === null ? 'Cannot sign in yet' : roleWords[person.role]}</p>
        {person.contactMethods === 0 ? (
          <p className="inline-flex items-center gap-1.5 text-degraded">
            <Icon name="warning" />
            Cannot be paged
          </p>
        ) : (
          <p className="text-soft">{countText(person.contactMethods, 'contact method')}</p>
        )}
      </div>
    </li>
  );
}

const roleWords: Record<Role, string> = { viewer: 'Viewer', responder: 'Responder', admin: 'Admin', owner: 'Owner' };
const roleHelp: Record<Role, string> = {
  viewer: 'sees everything',
  responder: 'works on incidents and reads hugs',
  admin: 'changes services and invites people',
  owner: 'everything',
};

function InviteSteps({ close }: { close: () => void }) {
  const me = useMe();
  const [invited, setInvited] = useState<{ name: string; url: string }>();
  if (invited !== undefined)
    return (
      <div className="grid gap-4">
        <p>
          Hand this link to {invited.name}. It works once, for a week. Where e-mail is set up, it is on its way already.
        </p>
        <CopyText label="the invitation" text={invited.url} />
        <div className="flex justify-end">
          <Button look="primary" onClick={close}>
            Done
          </Button>
        </div>
      </div>
    );
  const send = async (values: Values): Promise<void> => {
    const body: Invitation = {
      name: values.text('name'),
      email: values.text('email'),
      role: values.text('role') as Role,
    };
    const { url } = await post<{ url: string }>('/api/v1/invitations', body);
    setInvited({ name: body.name, url });
  };
  return (
    <Form send={send} submit="Make the link">
      <TextField name="name" label="Name" required maxLength={100} autoCapitalize="words" />
      <TextField name="email" label="E-mail" type="email" required />
      <SelectField
        name="role"
        label="Role"
        defaultValue="responder"
        options={rolesUpTo(me.role).map((role) => [role, `${roleWords[role]}: ${roleHelp[role]}`])}
      />
    </Form>
  );
}
