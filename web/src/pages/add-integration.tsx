import { useState } from 'react';
import { post } from '../api/client.ts';
import type { IntegrationKey, NewIntegration } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { CopyText } from '../ui/copy.tsx';
import { Choice, Form, TextField, type Values } from '../ui/form.tsx';
import { SheetButton } from '../ui/sheet.tsx';

type Kind = NewIntegration['kind'];

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
    const body: NewIntegration = { kind, name: values.text('name') };
    setMade(await post<IntegrationKey>(`/api/v1/services/${encodeURIComponent(serviceId)}/integrations`, body));
    await refreshAll();
  };
  return (
    <Form send={send} submit="Make its key">
      <Choice
        legend="The tool"
        name="tool"
        value={kind}
        onChange={setKind}
        options={[
          { value: 'alertmanager', label: 'Alertmanager' },
          { value: 'events-v2', label: 'Events API v2' },
        ]}
      />
      <p className="-mt-2 text-[0.94rem] text-soft">
        {kind === 'alertmanager'
          ? 'Prometheus Alertmanager, by its webhook.'
          : 'Whatever can talk to PagerDuty: it sends its events to HugOps instead.'}
      </p>
      <TextField
        name="name"
        label="Name"
        required
        maxLength={100}
        autoCapitalize="words"
        placeholder={kind === 'alertmanager' ? 'Alertmanager in production' : 'Deployments'}
      />
    </Form>
  );
}

function Settings({ kind, made, close }: { kind: Kind; made: IntegrationKey; close: () => void }) {
  return (
    <div className="grid gap-4">
      <p>
        This is shown <b className="font-semibold">only now</b>. Keep it where the tool’s secrets are.
      </p>
      {kind === 'alertmanager' ? (
        <>
          <p className="text-soft">In alertmanager.yml, and name the receiver in a route:</p>
          <CopyText label="the receiver for Alertmanager" text={alertmanagerText(made.url)} />
        </>
      ) : (
        <>
          <CopyText label="the routing key" text={made.key} />
          <p className="text-soft">Send events to this address instead of events.pagerduty.com. To try it:</p>
          <CopyText label="a first event" text={eventText(made)} />
        </>
      )}
      <div className="flex justify-end">
        <Button look="primary" onClick={close}>
          I have kept it
        </Button>
      </div>
    </div>
  );
}

const alertmanagerText = (url: string): string => `receivers:
  - name: hugops
    webhook_configs:
      - url: ${url}
        send_resolved: true`;

const eventText = ({ url, key }: IntegrationKey): string =>
  `curl -X POST ${url} -H 'content-type: application/json' -d '${JSON.stringify({
    routing_key: key,
    event_action: 'trigger',
    dedup_key: 'first-try',
    payload: { summary: 'A first try', source: 'curl', severity: 'warning' },
  })}'`;
