import { getRouteApi, useRouter } from '@tanstack/react-router';
import { signIn } from '../api/session.ts';
import { Form, TextField, type Values } from '../ui/form.tsx';
import { EntryFrame } from './entry-frame.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const send = async (values: Values): Promise<void> => {
    await signIn(values.text('email'), values.text('password'));
    if (next === undefined) await router.navigate({ to: '/', replace: true });
    else router.history.replace(`/console${next}`);
  };
  return (
    <EntryFrame title="Sign in">
      <Form send={send} submit="Sign in" wide>
        <TextField name="email" label="E-mail" type="email" autoComplete="username" required />
        <TextField name="password" label="Password" type="password" autoComplete="current-password" required />
      </Form>
      <p className="mt-5 text-[0.94rem] text-soft">
        No account? Somebody who has one can invite you. To read how things are, the{' '}
        <a href="/" className="link">
          status page
        </a>{' '}
        needs none.
      </p>
    </EntryFrame>
  );
}
