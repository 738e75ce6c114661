import { useState } from 'react';
import { post } from '../api/client.ts';
import type { IntegrationKey, NewIntegration } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { CopyText } from '../ui/copy.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { type Kind, kinds, tools } from './integration-tools.ts';
import { TryMessage } from './try-message.tsx';

/** Lets another tool raise alerts: its key is shown once, together with what the tool wants to be told. */
export function AddIntegration({ serviceId }: { serviceId: string }) {
  return (
    <SheetButton label="Add a source" title="Add a source of alerts" icon="plus" size="small">
      {(close) => <Steps serviceId={serviceId} close={close} />}
    </SheetButton>
  );
}

function Steps({ serviceId, close }: { serviceId: string; close: () => void }) {
  const [kind, setKind] = useState<Kind>('alertmanager');
  const [made, setMade] = useState<IntegrationKey>();
  if (made !== undefined) return <Settings kind={kind} made={made} close={close} />;
  const send = async (values: Values): Promise<void> => {
    const body: NewIntegration = { kind, name: values.text('name'), config: configOf(kind, values) };
    setMade(await post<IntegrationKey>(`/api/v1/services/${encodeURIComponent(serviceId)}/integrations`, body));
    await refreshAll();
  };
  return (
    <Form send={send} submit="Make its key">
      <SelectField
        name="tool"
        label="The tool"
        value={kind}
        onChange={(event) => setKind(kinds.find((one) => one === event.currentTarget.value) ?? kind)}
        hint={tools[kind].about}
        options={kinds.map((one) => [one, tools[one].name] as const)}
      />
      <TextField
        name="name"
        label="Name"
        required
        maxLength={100}
        autoCapitalize="words"
        placeholder={tools[kind].exampleName}
      />
      {kind === 'webhook' ? <MappingFields /> : null}
      {kind === 'cloudevents' ? (
        <Disclosure label="Where the events keep what counts">
          <div className="mt-2 grid gap-4">
            <MappingFields optional />
          </div>
        </Disclosure>
      ) : null}
      <Disclosure label="Groups, limits and severity">
        <div className="mt-2 grid gap-4">
          <TextField
            name="config.groupBy"
            label="Group by"
            placeholder="$.labels.alertname, $.labels.cluster"
            hint="JSON paths into an alert’s evidence, with commas. Alerts with the same values there are one alert with a count."
          />
          <TextField
            name="config.maxPerMinute"
            label="Messages a minute, at most"
            inputMode="numeric"
            placeholder="600000"
            hint="More are told to come again later. No source can delay the alerts of another in any case."
          />
          <SelectField
            name="config.severity"
            label="Severity of alerts that name none"
            options={[
              ['', 'Major'],
              ['critical', 'Critical'],
              ['minor', 'Minor'],
            ]}
          />
        </div>
      </Disclosure>
      <TryMessage kind={kind} configOf={(values) => configOf(kind, values)} />
    </Form>
  );
}

const mappingFields = [
  ['key', 'Key', '$.alert.id', 'The same from the alert’s beginning to its end, and different for another alert.'],
  [
    'status',
    'Status',
    '$.alert.state',
    'Words such as resolved, ok and closed mean that it is over; all others that it fires.',
  ],
  ['summary', 'Summary', '$.alert.title', 'One line for the person who is woken.'],
  ['severity', 'Severity', '$.alert.priority', 'Words such as critical, warning or P1 are understood.'],
  ['link', 'Link', '$.alert.url', 'Where to read more.'],
  [
    'items',
    'List',
    '$.alerts',
    'When one message has several alerts: where their list is. The other paths begin at each of them.',
  ],
] as const;

function MappingFields({ optional = false }: { optional?: boolean }) {
  return (
    <>
      <p className="-mb-2 text-[0.94rem] text-soft">
        JSON paths into the message{optional ? '; what is left empty is found by itself' : ''}.
      </p>
      {mappingFields
        .filter(([name]) => !optional || name !== 'items')
        .map(([name, label, placeholder, hint]) => (
          <TextField
            key={name}
            name={`config.mapping.${name}`}
            label={label}
            placeholder={placeholder}
            hint={hint}
            required={!optional && (name === 'key' || name === 'status')}
          />
        ))}
    </>
  );
}

/** The settings as the form has them; what is empty is left out. */
function configOf(kind: Kind, values: Values): NonNullable<NewIntegration['config']> {
  const groupBy = values
    .text('config.groupBy')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
  const perMinute = values.optional('config.maxPerMinute');
  const severity = (['critical', 'minor'] as const).find((one) => one === values.text('config.severity'));
  const mapping = Object.fromEntries(
    mappingFields.flatMap(([name]) => {
      const path = values.optional(`config.mapping.${name}`);
      return path === undefined ? [] : [[name, path]];
    }),
  );
  const takesMapping = kind === 'webhook' || kind === 'cloudevents';
  return {
    ...(severity === undefined ? {} : { severity }),
    ...(groupBy.length === 0 ? {} : { groupBy }),
    ...(perMinute === undefined ? {} : { maxPerMinute: Number(perMinute) }),
    ...(takesMapping && Object.keys(mapping).length > 0 ? { mapping } : {}),
  };
}

function Settings({ kind, made, close }: { kind: Kind; made: IntegrationKey; close: () => void }) {
  return (
    <div className="grid gap-4">
      <p>
        This is shown <b className="font-semibold">only now</b>. Keep it where the tool’s secrets are.
      </p>
      {tools[kind].steps(made).map(({ say, label, text }) => (
        <div key={label} className="grid gap-2">
          <p className="text-soft">{say}</p>
          <CopyText label={label} text={text} />
        </div>
      ))}
      <div className="flex justify-end">
        <Button look="primary" onClick={close}>
          I have kept it
        </Button>
      </div>
    </div>
  );
}
