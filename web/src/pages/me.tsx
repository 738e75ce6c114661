import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { minPasswordLength } from '../../../src/platform/auth/auth-rules.ts';
import { ApiError, ask } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { changePassword, signOut } from '../api/session.ts';
import type { ChangeMe, Me } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint, Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page, Section } from '../ui/page.tsx';
import { InFile } from '../ui/states.tsx';
import { timeZones } from '../ui/zones.ts';
import { ApiKeys } from './api-keys.tsx';
import { ContactMethods } from './contact-methods.tsx';
import { NotificationRules } from './notification-rules.tsx';

type Person = NonNullable<Me['person']>;

/** Everything about the one who is signed in. */
export function MePage() {
  const query = useQuery(meQuery);
  return (
    <Page title="You" actions={<SignOut />}>
      <Loaded query={query} rows={5}>
        {(me) => (
          <div className="grid max-w-[42rem]">
            <p className="-mt-4 mb-8 text-soft">
              {me.name}, {me.email}, {me.role}
            </p>
            {me.person === null ? (
              <p className="mb-8 text-soft">
                You can sign in, but you are not one of the people who can be called. Somebody can add you to
                hugops.yaml with this e-mail address.
              </p>
            ) : (
              <OfPerson person={me.person} />
            )}
            <ApiKeys />
            <Section title="Password">
              <PasswordForm />
            </Section>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function SignOut() {
  const router = useRouter();
  const leave = useAct(async () => {
    await signOut();
    await router.navigate({ to: '/sign-in', replace: true });
  });
  return (
    <div>
      <Button icon="leave" size="small" onClick={leave.run} pending={leave.pending}>
        Sign out
      </Button>
      {leave.error === undefined ? null : <Complaint>{leave.error}</Complaint>}
    </div>
  );
}

const changeMe = async (change: ChangeMe): Promise<void> => {
  await ask('PATCH', '/api/v1/me', change);
  await refreshAll();
};

function OfPerson({ person }: { person: Person }) {
  return (
    <>
      <Section title="How to reach you">
        <ContactMethods methods={person.contactMethods} />
      </Section>
      <Section title="When and how you are called" actions={person.rulesInFile ? <InFile /> : null}>
        <NotificationRules key={JSON.stringify(person.notificationRules)} person={person} />
      </Section>
      <Section title="When thanks may come" actions={person.ownedBy === 'file' ? <InFile /> : null}>
        <WakingHours person={person} />
      </Section>
      <Section title="Your name in public">
        <ShowName person={person} />
      </Section>
    </>
  );
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

function WakingHours({ person }: { person: Person }) {
  const { wakingHours } = person;
  const [saved, setSaved] = useState(false);
  if (person.ownedBy === 'file')
    return (
      <p className="text-soft">
        {wakingHours.days.map((day) => days[day - 1]).join(', ')}, {wakingHours.from} to {wakingHours.to}, in{' '}
        {person.timeZone}. A page comes at any hour.
      </p>
    );
  const send = async (values: Values): Promise<void> => {
    setSaved(false);
    await changeMe({
      timeZone: values.text('timeZone'),
      wakingHours: {
        days: days.flatMap((_, index) => (values.checked(`day-${index + 1}`) ? [index + 1] : [])),
        from: values.text('wakingHours.from'),
        to: values.text('wakingHours.to'),
      },
    });
    setSaved(true);
  };
  return (
    <div className="card px-5 py-5">
      <Form send={send} submit="Save" look="plain" beside={<Saved when={saved} />}>
        <p className="text-soft">Hugs reach you in these hours only. A page comes at any hour.</p>
        <fieldset>
          <legend className="mb-1 font-semibold">Days</legend>
          <div className="flex flex-wrap gap-x-5">
            {days.map((day, index) => (
              <label key={day} className="inline-flex min-h-11 items-center gap-2">
                <input
                  type="checkbox"
                  name={`day-${index + 1}`}
                  defaultChecked={wakingHours.days.includes(index + 1)}
                  className="size-5 accent-ink"
                />
                {day}
              </label>
            ))}
          </div>
        </fieldset>
        <div className="grid grid-cols-2 gap-4">
          <TextField name="wakingHours.from" label="From" type="time" required defaultValue={wakingHours.from} />
          <TextField name="wakingHours.to" label="To" type="time" required defaultValue={wakingHours.to} />
        </div>
        <SelectField
          name="timeZone"
          label="Time zone"
          defaultValue={person.timeZone}
          options={timeZones([person.timeZone]).map((zone) => [zone, zone])}
        />
      </Form>
    </div>
  );
}

function ShowName({ person }: { person: Person }) {
  const toggle = useAct(() => changeMe({ showName: !person.showName }));
  return (
    <div className="card px-5 py-4">
      <label className="flex min-h-9 items-start gap-3">
        <input
          type="checkbox"
          className="mt-1 size-5 shrink-0 accent-ink"
          checked={person.showName}
          disabled={toggle.pending}
          onChange={toggle.run}
        />
        <span>
          The status page may name me when I am thanked
          <span className="block text-[0.94rem] text-soft">Off, it says that somebody of the team did it.</span>
        </span>
      </label>
      {toggle.error === undefined ? null : <Complaint>{toggle.error}</Complaint>}
    </div>
  );
}

function PasswordForm() {
  const [round, setRound] = useState(0);
  const send = async (values: Values): Promise<void> => {
    const next = values.text('newPassword');
    if (next.length < minPasswordLength)
      throw new ApiError('', {
        fields: [{ path: 'newPassword', message: `Please use at least ${minPasswordLength} characters` }],
      });
    await changePassword(values.text('currentPassword'), next);
    setRound(round + 1);
  };
  return (
    <div className="card px-5 py-5">
      <Form key={round} send={send} submit="Change it" look="plain" beside={<Saved when={round > 0} />}>
        <TextField
          name="currentPassword"
          label="Your password now"
          type="password"
          autoComplete="current-password"
          required
        />
        <TextField
          name="newPassword"
          label="A new one"
          type="password"
          autoComplete="new-password"
          required
          hint={`At least ${minPasswordLength} characters. Your other browsers are signed out.`}
        />
      </Form>
    </div>
  );
}

function Saved({ when }: { when: boolean }) {
  return (
    <span role="status" className="text-[0.94rem] text-soft">
      {when ? 'Saved' : ''}
    </span>
  );
}
