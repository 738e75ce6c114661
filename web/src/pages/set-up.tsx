import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { minPasswordLength } from '../../../src/platform/auth/auth-rules.ts';
import { post } from '../api/client.ts';
import { signIn } from '../api/session.ts';
import { Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { readerZone } from '../ui/time.tsx';
import { timeZones } from '../ui/zones.ts';
import { EntryFrame } from './entry-frame.tsx';

/** The first page of a new installation: its owner says who they are, and is in. */
export function SetUpPage() {
  const router = useRouter();
  const [otherZone, setOtherZone] = useState(false);
  const send = async (values: Values): Promise<void> => {
    const email = values.text('email');
    const password = values.text('password');
    await post('/api/v1/setup', {
      name: values.text('name'),
      email,
      password,
      timeZone: values.optional('timeZone') ?? readerZone,
    });
    await signIn(email, password);
    await router.navigate({ to: '/', replace: true });
  };
  return (
    <EntryFrame title="Welcome to HugOps" lead="You are the first here, so this becomes yours. It takes a minute.">
      <Form send={send} submit="Set it up" wide>
        <TextField name="name" label="Your name" autoComplete="name" autoCapitalize="words" required maxLength={100} />
        <TextField
          name="email"
          label="E-mail"
          type="email"
          autoComplete="username"
          required
          hint="To sign in, and where HugOps reaches you first."
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          hint={`At least ${minPasswordLength} characters. A few words in a row are good.`}
        />
        {otherZone ? (
          <SelectField
            name="timeZone"
            label="Your time zone"
            defaultValue={readerZone}
            options={timeZones().map((zone) => [zone, zone])}
          />
        ) : (
          <p className="text-[0.94rem] text-soft">
            Your time zone is <b className="font-semibold text-ink">{readerZone}</b>.{' '}
            <button type="button" className="link" onClick={() => setOtherZone(true)}>
              Another one
            </button>
          </p>
        )}
      </Form>
    </EntryFrame>
  );
}
