import { type ReactNode, useState } from 'react';
import { ask, post } from '../api/client.ts';
import type { Me, NewContactMethod } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint, Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Empty } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { InFile } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Method = NonNullable<Me['person']>['contactMethods'][number];

/** The ways in which a page reaches the one who is signed in, and whether they work. */
export function ContactMethods({ methods }: { methods: Method[] }) {
  return (
    <>
      {methods.length === 0 ? (
        <Empty>There is no way to reach you yet, so you cannot be paged.</Empty>
      ) : (
        <ul className="card divide-y divide-line">
          {methods.map((method) => (
            <MethodRow key={method.id} method={method} />
          ))}
        </ul>
      )}
      <div className="mt-3">
        <SheetButton label="Add a way" title="Add a way to reach you" icon="plus" size="small">
          {(close) => <AddMethod close={close} />}
        </SheetButton>
      </div>
    </>
  );
}

const pathOf = (method: Method): string => `/api/v1/me/contact-methods/${encodeURIComponent(method.id)}`;

function MethodRow({ method }: { method: Method }) {
  const [sent, setSent] = useState(false);
  const test = useAct(async () => {
    setSent(false);
    await post(`${pathOf(method)}/test`);
    setSent(true);
  });
  const form = kinds.find((one) => one.kind === method.kind);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5">
      <Icon name={form?.icon ?? 'bell'} className="text-soft" />
      <div className="min-w-0 grow">
        <p className="font-semibold break-words">{method.label}</p>
        <p className="flex flex-wrap gap-x-3 text-[0.94rem] text-soft">
          {form?.label ?? method.kind}
          {method.ownedBy === 'file' ? <InFile /> : null}
          <span role="status">{sent ? 'A test is on its way' : ''}</span>
        </p>
        {method.failingSince === null ? null : (
          <p className="flex items-center gap-1.5 text-[0.94rem] text-major">
            <Icon name="warning" />
            <span>
              Nothing gets through, since <Time at={method.failingSince} />
            </span>
          </p>
        )}
        {test.error === undefined ? null : <Complaint>{test.error}</Complaint>}
      </div>
      <div className="flex gap-1">
        <Button size="small" onClick={test.run} pending={test.pending} aria-label={`Test ${method.label}`}>
          Test
        </Button>
        {method.ownedBy === 'console' ? (
          <ConfirmButton
            label="Remove"
            size="small"
            look="quiet"
            aria-label={`Remove ${method.label}`}
            question={`Remove ${method.label}?`}
            consequence="Pages do not come this way any more."
            confirm="Remove it"
            act={() => ask('DELETE', pathOf(method)).then(refreshAll)}
          />
        ) : null}
      </div>
    </li>
  );
}

/** One kind of contact method as a form shows it. A new channel adds its entry here. */
interface KindForm {
  kind: string;
  label: string;
  icon: IconName;
  fields: ReactNode;
  /** Fields of the configuration besides the kind; what is left empty is not sent. */
  names: readonly string[];
}

/** A fresh signing secret as Standard Webhooks writes it. */
const newSecret = (): string => `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;

const kinds: readonly KindForm[] = [
  {
    kind: 'ntfy',
    label: 'ntfy (push to your phone)',
    icon: 'bell',
    names: ['server', 'topic', 'token'],
    fields: (
      <>
        <TextField
          name="config.topic"
          label="Topic"
          required
          hint="Whoever knows it can read along, so let it be hard to guess."
        />
        <TextField name="config.server" label="Server" type="url" defaultValue="https://ntfy.sh" required />
        <TextField
          name="config.token"
          label="Access token, if the server wants one"
          type="password"
          autoComplete="off"
        />
      </>
    ),
  },
  {
    kind: 'email',
    label: 'E-mail',
    icon: 'mail',
    names: ['address'],
    fields: <TextField name="config.address" label="Address" type="email" required />,
  },
  {
    kind: 'slack',
    label: 'Slack',
    icon: 'people',
    names: ['webhookUrl'],
    fields: (
      <TextField
        name="config.webhookUrl"
        label="Incoming webhook"
        type="url"
        required
        placeholder="https://hooks.slack.com/services/…"
        hint="From the settings of a Slack app, under Incoming Webhooks."
      />
    ),
  },
  {
    kind: 'webhook',
    label: 'Signed webhook (to a program)',
    icon: 'service',
    names: ['url', 'secret'],
    fields: <WebhookFields />,
  },
];

function WebhookFields() {
  const [secret] = useState(newSecret);
  return (
    <>
      <TextField name="config.url" label="Address" type="url" required />
      <TextField
        name="config.secret"
        label="Signing secret"
        required
        defaultValue={secret}
        className="font-mono text-[0.86rem]"
        hint="Keep a copy for the receiver; it is not shown again. Signed as Standard Webhooks describes."
      />
    </>
  );
}

function AddMethod({ close }: { close: () => void }) {
  const [kind, setKind] = useState('ntfy');
  const form = kinds.find((one) => one.kind === kind);
  if (form === undefined) return null;
  const send = async (values: Values): Promise<void> => {
    const config: NewContactMethod['config'] = { kind };
    for (const name of form.names) {
      const value = values.optional(`config.${name}`);
      if (value !== undefined) config[name] = value;
    }
    await post('/api/v1/me/contact-methods', { config } satisfies NewContactMethod);
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Add it">
      <SelectField
        name="kind"
        label="How"
        value={kind}
        onChange={(event) => setKind(event.target.value)}
        options={kinds.map((one) => [one.kind, one.label])}
      />
      <div key={kind} className="grid gap-4">
        {form.fields}
      </div>
    </Form>
  );
}
