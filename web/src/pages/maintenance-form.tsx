import { useQuery } from '@tanstack/react-query';
import { ApiError, ask, post } from '../api/client.ts';
import { servicesQuery } from '../api/queries.ts';
import { serverNow } from '../api/server-time.ts';
import type { MaintenanceView, NewMaintenance, NewSeries, ServiceSummary } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { CheckField, Form, SelectField, TextArea, TextField, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { fromLocalInput, readerZone, toLocalInput } from '../ui/time.tsx';
import { type Again, againOptions, ruleFor } from './recurrence-words.ts';

const hourMs = 3_600_000;

/** Plans maintenance, or changes a plan. */
export function MaintenanceForm({ plan, close }: { plan?: MaintenanceView; close: () => void }) {
  const services = useQuery(servicesQuery);
  return (
    <Loaded query={services}>
      {(data) =>
        data.services.length === 0 ? (
          <p className="text-soft">Add a service first: maintenance is planned for services.</p>
        ) : (
          <Fields services={data.services} close={close} {...(plan && { plan })} />
        )
      }
    </Loaded>
  );
}

function Fields({ plan, services, close }: { plan?: MaintenanceView; services: ServiceSummary[]; close: () => void }) {
  // The next full hour but one: nobody plans for a moment ago.
  const startsAt = plan?.startsAt ?? (Math.floor(serverNow() / hourMs) + 2) * hourMs;
  const send = async (values: Values): Promise<void> => {
    const body = readPlan(values, services, plan);
    const again = values.optional('again') as Again | undefined;
    if (plan !== undefined) await ask('PATCH', `/api/v1/maintenances/${encodeURIComponent(plan.id)}`, body);
    else if (again === undefined) await post('/api/v1/maintenances', body);
    else await post('/api/v1/maintenance-series', seriesOf(body, again));
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit={plan === undefined ? 'Plan it' : 'Change it'}>
      <TextField
        name="title"
        label="What is going to be done"
        required
        maxLength={200}
        autoCapitalize="sentences"
        defaultValue={plan?.title}
        placeholder="Larger machines for search"
        hint="The public reads it."
      />
      <TextArea
        name="body"
        label="What people will notice, if you like"
        maxLength={10_000}
        rows={3}
        defaultValue={plan?.body}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="startsAt"
          label="From"
          type="datetime-local"
          required
          readOnly={plan?.status === 'in_progress'}
          defaultValue={toLocalInput(startsAt)}
        />
        <TextField
          name="endsAt"
          label="To"
          type="datetime-local"
          required
          defaultValue={toLocalInput(plan?.endsAt ?? startsAt + hourMs)}
        />
      </div>
      <p className="-mt-2 text-[0.94rem] text-soft">On your clock, in {readerZone}.</p>
      {plan === undefined ? <SelectField name="again" label="Comes again" options={againOptions} /> : null}
      <SelectField
        name="announceBeforeMs"
        label="Tell subscribers"
        defaultValue={String(plan?.announceBeforeMs ?? 72 * hourMs)}
        options={announceOptions(plan?.announceBeforeMs)}
      />
      <fieldset>
        <legend className="mb-1 font-semibold">Which services</legend>
        <div className="grid max-h-56 gap-x-4 overflow-y-auto sm:grid-cols-2">
          {services.map((service) => (
            <CheckField
              key={service.id}
              name={`service-${service.id}`}
              label={service.name}
              defaultChecked={plan?.serviceIds.includes(service.id) ?? services.length === 1}
            />
          ))}
        </div>
        <p className="mt-1 text-[0.94rem] text-soft">They open no incident and call nobody while it lasts.</p>
      </fieldset>
    </Form>
  );
}

const announcements = [
  [1, '1 hour before'],
  [24, '1 day before'],
  [72, '3 days before'],
  [168, '7 days before'],
] as const;

/** The common ones, and the plan's own where it is another. */
function announceOptions(own: number | undefined): [string, string][] {
  const options = announcements.map(([hours, text]): [string, string] => [String(hours * hourMs), text]);
  if (own !== undefined && !options.some(([value]) => value === String(own))) {
    options.push([String(own), `${Math.round(own / hourMs)} hours before`]);
  }
  return options;
}

function readPlan(values: Values, services: ServiceSummary[], plan?: MaintenanceView): NewMaintenance {
  const serviceIds = services.map(({ id }) => id).filter((id) => values.checked(`service-${id}`));
  if (serviceIds.length === 0) throw new ApiError('Please choose at least one service.');
  return {
    title: values.text('title'),
    body: values.text('body'),
    startsAt: readTime(values, 'startsAt', plan?.startsAt),
    endsAt: readTime(values, 'endsAt', plan?.endsAt),
    announceBeforeMs: values.number('announceBeforeMs'),
    serviceIds,
  };
}

/** The field holds whole minutes: what was not touched stays the instant that it was. */
function readTime(values: Values, name: string, before: number | undefined): number {
  const text = values.text(name);
  if (before !== undefined && toLocalInput(before) === text) return before;
  const at = fromLocalInput(text);
  if (at !== undefined) return at;
  throw new ApiError('This is no time.', { fields: [{ path: name, message: 'Please write a day and a time.' }] });
}

function seriesOf({ startsAt, endsAt, ...plan }: NewMaintenance, again: Again): NewSeries {
  if (endsAt <= startsAt) {
    throw new ApiError('It ends after it starts.', {
      fields: [{ path: 'endsAt', message: 'it ends after it starts' }],
    });
  }
  return {
    ...plan,
    firstAt: startsAt,
    durationMs: endsAt - startsAt,
    timeZone: readerZone,
    rule: ruleFor(again, new Date(startsAt)),
  };
}
