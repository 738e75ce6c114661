import { getRouteApi, useRouter } from '@tanstack/react-router';
import { minPasswordLength } from '../../../src/platform/auth/auth-rules.ts';
import { post } from '../api/client.ts';
import { signIn } from '../api/session.ts';
import { Form, TextField, type Values } from '../ui/form.tsx';
import { readerZone } from '../ui/time.tsx';
import { EntryFrame } from './entry-frame.tsx';

const route = getRouteApi('/invitation/$token');

/** Somebody was invited by a link: they choose a password, and are in. */
export function InvitationPage() {
  const { token } = route.useParams();
  const router = useRouter();
  const send = async (values: Values): Promise<void> => {
    const password = values.text('password');
    const { email } = await post<{ email: string }>('/api/v1/invitations/accept', {
      token,
      password,
      timeZone: readerZone,
    });
    await signIn(email, password);
    await router.navigate({ to: '/me', replace: true });
  };
  return (
    <EntryFrame
      title="You are invited"
      lead="Choose a password, and you can see what is going on and be called when it matters."
    >
      <Form send={send} submit="Join" wide>
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          hint={`At least ${minPasswordLength} characters. A few words in a row are good.`}
        />
      </Form>
    </EntryFrame>
  );
}
