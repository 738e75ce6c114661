import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, post } from '../api/client.ts';
import { apiKeysQuery } from '../api/queries.ts';
import type { ApiKeyView, NewApiKey } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { CopyText } from '../ui/copy.tsx';
import { Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Section } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { Time } from '../ui/time.tsx';

/** Keys for programs that act with one's own rights. */
export function ApiKeys() {
  const query = useQuery(apiKeysQuery);
  const make = (
    <SheetButton label="Make a key" title="Make an API key" icon="plus" size="small">
      {(close) => <NewKey close={close} />}
    </SheetButton>
  );
  return (
    <Section title="API keys" actions={make}>
      <Loaded query={query} rows={1}>
        {({ keys }) =>
          keys.length === 0 ? (
            <p className="text-soft">
              None. A key lets a program do what you may do; the{' '}
              <a href="/api/docs" className="link">
                API’s description
              </a>{' '}
              says how.
            </p>
          ) : (
            <ul className="card divide-y divide-line">
              {keys.map((key) => (
                <KeyRow key={key.id} apiKey={key} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKeyView }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 px-4 py-2.5">
      <div className="min-w-0 grow">
        <p className="font-semibold">{apiKey.name}</p>
        <p className="text-[0.94rem] text-soft">
          <span className="font-mono text-[0.9em]">{apiKey.hint}</span>, made <Time at={apiKey.createdAt} />,{' '}
          {apiKey.lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              used <Time at={apiKey.lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <ConfirmButton
        label="Revoke"
        size="small"
        look="quiet"
        aria-label={`Revoke ${apiKey.name}`}
        question={`Revoke ${apiKey.name}?`}
        consequence="Whatever uses it is refused from now on."
        confirm="Revoke it"
        act={() => ask('DELETE', `/api/v1/api-keys/${encodeURIComponent(apiKey.id)}`).then(refreshAll)}
      />
    </li>
  );
}

function NewKey({ close }: { close: () => void }) {
  const [key, setKey] = useState<string>();
  if (key !== undefined)
    return (
      <div className="grid gap-4">
        <p>
          This is shown <b className="font-semibold">only now</b>.
        </p>
        <CopyText label="the API key" text={key} />
        <div className="flex justify-end">
          <Button look="primary" onClick={close}>
            I have kept it
          </Button>
        </div>
      </div>
    );
  const send = async (values: Values): Promise<void> => {
    const days = values.number('expiresInDays');
    const body: NewApiKey = { name: values.text('name'), ...(days > 0 ? { expiresInDays: days } : {}) };
    setKey((await post<{ key: string }>('/api/v1/api-keys', body)).key);
    await refreshAll();
  };
  return (
    <Form send={send} submit="Make it">
      <TextField name="name" label="What it is for" required maxLength={100} placeholder="Deploy script" />
      <SelectField
        name="expiresInDays"
        label="Valid for"
        defaultValue="365"
        options={[
          ['30', '30 days'],
          ['365', 'a year'],
          ['0', 'ever'],
        ]}
      />
    </Form>
  );
}
