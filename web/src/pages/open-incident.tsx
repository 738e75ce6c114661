import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import type { Severity } from '../../../src/domain/words.ts';
import { severities } from '../../../src/domain/words.ts';
import { post } from '../api/client.ts';
import type { OpenIncident, ServiceSummary } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { CheckField, Choice, Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { shownSeverity, State } from '../ui/states.tsx';

/** A person has noticed something that no check saw. */
export function OpenIncidentForm({ services, close }: { services: ServiceSummary[]; close: () => void }) {
  const router = useRouter();
  const [severity, setSeverity] = useState<Severity>('critical');
  if (services.length === 0) return <p className="text-soft">Add a service first: an incident is about one.</p>;
  const send = async (values: Values): Promise<void> => {
    const body: OpenIncident = {
      serviceId: values.text('serviceId'),
      title: values.text('title'),
      severity,
      // Left out, the page's own rule decides whether the public is told.
      ...(values.checked('keepPrivate') ? { isPublic: false } : {}),
    };
    const { id } = await post<{ id: string }>('/api/v1/incidents', body);
    close();
    await refreshAll();
    await router.navigate({ to: '/incidents/$id', params: { id } });
  };
  return (
    <Form send={send} submit="Open it and call">
      <TextField
        name="title"
        label="What is broken"
        required
        maxLength={300}
        autoCapitalize="sentences"
        placeholder="Payments are refused"
      />
      <SelectField name="serviceId" label="Service" options={services.map((service) => [service.id, service.name])} />
      <Choice
        legend="How bad"
        name="severity"
        value={severity}
        onChange={setSeverity}
        options={severities.map((value) => ({ value, label: <Severe severity={value} chosen={value === severity} /> }))}
      />
      <CheckField name="keepPrivate" label="Keep it off the status page for now" />
    </Form>
  );
}

/** On the dark ground of the chosen one the colour would not be readable, and is not needed. */
const Severe = ({ severity, chosen }: { severity: Severity; chosen: boolean }) =>
  chosen ? <b className="font-semibold">{shownSeverity[severity].word}</b> : <State shown={shownSeverity[severity]} />;
