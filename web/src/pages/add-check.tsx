import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type Severity, severities } from '../../../src/domain/words.ts';
import { post } from '../api/client.ts';
import { probesQuery } from '../api/queries.ts';
import type { NewCheck, ProbeView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Disclosure } from '../ui/disclosure.tsx';
import { CheckField, Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { shownSeverity } from '../ui/states.tsx';

/** One kind of check as a form shows it. A new kind adds its entry here. */
interface KindForm {
  kind: string;
  label: string;
  fields: (service: string) => ReactNode;
  /** The kind's own part of the request, as in hugops.yaml. */
  config: (values: Values) => NewCheck['config'];
  nameOf: (values: Values) => string;
  intervals: readonly Interval[];
  interval: number;
}

type Interval = readonly [ms: number, text: string];
const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;
const day = 86_400_000;

const shortIntervals: readonly Interval[] = [
  [second, 'every second'],
  [5 * second, 'every 5 seconds'],
  [10 * second, 'every 10 seconds'],
  [30 * second, 'every 30 seconds'],
  [minute, 'every minute'],
  [5 * minute, 'every 5 minutes'],
  [15 * minute, 'every 15 minutes'],
  [hour, 'every hour'],
];
const longIntervals: readonly Interval[] = [
  [minute, 'every minute'],
  [5 * minute, 'every 5 minutes'],
  [15 * minute, 'every 15 minutes'],
  [30 * minute, 'every 30 minutes'],
  [hour, 'every hour'],
  [6 * hour, 'every 6 hours'],
  [12 * hour, 'every 12 hours'],
  [day, 'every day'],
];
const graces: readonly Interval[] = [
  [minute, '1 minute'],
  [5 * minute, '5 minutes'],
  [15 * minute, '15 minutes'],
  [hour, '1 hour'],
  [6 * hour, '6 hours'],
];

const toOptions = (intervals: readonly Interval[]) => intervals.map(([ms, text]) => [String(ms), text] as const);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);

const kinds: readonly KindForm[] = [
  {
    kind: 'http',
    label: 'Web address (http)',
    fields: () => (
      <>
        <TextField
          key="url"
          name="config.url"
          label="Address"
          type="url"
          inputMode="url"
          required
          placeholder="https://example.com/health"
          hint="It should answer with a status from 200 to 299."
        />
        <TextField
          key="contains"
          name="contains"
          label="The answer contains, if you like"
          maxLength={1_000}
          placeholder="ok"
        />
      </>
    ),
    config: (values) => {
      const contains = values.optional('contains');
      return {
        kind: 'http',
        url: values.text('config.url'),
        ...(contains === undefined ? {} : { expect: [{ on: 'body', is: 'contains', value: contains }] }),
      };
    },
    nameOf: (values) => hostOf(values.text('config.url')),
    intervals: shortIntervals,
    interval: 30 * second,
  },
  {
    kind: 'tcp',
    label: 'Port (tcp)',
    fields: () => (
      <div key="tcp" className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_8rem]">
        <TextField name="config.host" label="Host" required placeholder="db.example.com" />
        <TextField
          name="config.port"
          label="Port"
          type="number"
          inputMode="numeric"
          min={1}
          max={65_535}
          required
          placeholder="5432"
        />
      </div>
    ),
    config: (values) => ({ kind: 'tcp', host: values.text('config.host'), port: values.number('config.port') }),
    nameOf: (values) => `${values.text('config.host')}:${values.text('config.port')}`,
    intervals: shortIntervals,
    interval: 30 * second,
  },
  {
    kind: 'heartbeat',
    label: 'Heartbeat (waits to be pinged)',
    fields: (service) => (
      <>
        <p key="lead" className="text-soft">
          For what runs by itself, like a nightly job of {service}: it pings HugOps when it is done, and silence is the
          failure. You get its address next.
        </p>
        <SelectField
          key="grace"
          name="config.graceMs"
          label="How late it may be"
          options={toOptions(graces)}
          defaultValue={String(5 * minute)}
        />
      </>
    ),
    config: (values) => ({ kind: 'heartbeat', graceMs: values.number('config.graceMs') }),
    nameOf: () => 'Heartbeat',
    intervals: longIntervals,
    interval: day,
  },
];

/** Adds a check; what is not asked for here has good defaults, and hugops.yaml knows all of it. */
export function AddCheckForm({
  serviceId,
  serviceName,
  close,
}: {
  serviceId: string;
  serviceName: string;
  close: () => void;
}) {
  const [kind, setKind] = useState('http');
  const { data } = useQuery(probesQuery);
  const places = [{ id: 'local', name: 'This server', goneSince: null, lastSeenAt: 0 }, ...(data?.probes ?? [])];
  const form = kinds.find((one) => one.kind === kind);
  if (form === undefined) return null;
  const send = async (values: Values): Promise<void> => {
    const body: NewCheck = {
      name: (values.optional('name') ?? form.nameOf(values)).slice(0, 100),
      intervalMs: values.number('intervalMs'),
      severity: values.text('severity') as Severity,
      // One lost ping of a job is the failure itself; a lost packet is not yet an outage.
      ...(kind === 'heartbeat'
        ? { failureThreshold: 1, recoveryThreshold: 1 }
        : { failureThreshold: values.number('failureThreshold'), timeoutMs: values.number('timeoutMs') }),
      ...(kind === 'heartbeat' || places.length === 1
        ? {}
        : {
            locations: places.map(({ id }) => id).filter((id) => values.checked(`from-${id}`)),
            agreement: values.text('agreement') as 'majority' | 'any' | 'all',
          }),
      config: form.config(values),
    };
    await post(`/api/v1/services/${encodeURIComponent(serviceId)}/checks`, body);
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Add the check">
      <SelectField
        name="kind"
        label="What to look at"
        value={kind}
        onChange={(event) => setKind(event.target.value)}
        options={kinds.map((one) => [one.kind, one.label])}
      />
      {form.fields(serviceName)}
      <SelectField
        key={`${kind}-interval`}
        name="intervalMs"
        label={kind === 'heartbeat' ? 'It pings' : 'How often'}
        options={toOptions(form.intervals)}
        defaultValue={String(form.interval)}
      />
      <SelectField
        name="severity"
        label="A failure is"
        options={severities.map((value) => [value, `${shownSeverity[value].word}: ${severityWords[value]}`])}
      />
      {kind === 'heartbeat' || places.length === 1 ? null : <From places={places} />}
      <More isActive={kind !== 'heartbeat'} />
    </Form>
  );
}

const severityWords: Record<Severity, string> = {
  critical: 'it does not work',
  major: 'a part does not work',
  minor: 'slower or less reliable',
};

type Place = Pick<ProbeView, 'id' | 'name' | 'goneSince' | 'lastSeenAt'>;

/** Where it is run from, once there is more than one place. */
function From({ places }: { places: readonly Place[] }) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-semibold">Look from</legend>
      {places.map(({ id, name, goneSince, lastSeenAt }) => {
        // From where nobody looks just now nothing would be known.
        const isHere = goneSince === null && lastSeenAt !== null;
        const label = isHere ? name : `${name} (${lastSeenAt === null ? 'not started yet' : 'gone just now'})`;
        return <CheckField key={id} name={`from-${id}`} label={label} defaultChecked={isHere} />;
      })}
      <SelectField
        name="agreement"
        label="It is down when"
        defaultValue="majority"
        options={[
          ['majority', 'most of them see it down'],
          ['any', 'any of them sees it down'],
          ['all', 'all of them see it down'],
        ]}
      />
    </fieldset>
  );
}

function More({ isActive }: { isActive: boolean }) {
  return (
    <Disclosure label="More">
      <div className="mt-2 grid gap-4">
        <TextField name="name" label="Name, if you like" maxLength={100} />
        {isActive ? (
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              name="failureThreshold"
              label="Down after"
              options={[1, 2, 3, 5].map((count) => [
                String(count),
                count === 1 ? '1 failure' : `${count} failures in a row`,
              ])}
              defaultValue="2"
            />
            <SelectField
              name="timeoutMs"
              label="Too slow after"
              options={[1, 3, 5, 10, 30].map((seconds) => [
                String(seconds * second),
                seconds === 1 ? '1 second' : `${seconds} seconds`,
              ])}
              defaultValue={String(10 * second)}
            />
          </div>
        ) : null}
      </div>
    </Disclosure>
  );
}
