import { useQuery } from '@tanstack/react-query';
import { post } from '../api/client.ts';
import { peopleQuery } from '../api/queries.ts';
import { serverNow } from '../api/server-time.ts';
import { useMe } from '../api/session.ts';
import type { NewOverride, OnCallView, PersonView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { readerZone, toLocalInput } from '../ui/time.tsx';
import { readTime } from './time-off.tsx';

type Schedule = OnCallView['schedules'][number];

/** Puts oneself or another person on call for a time, whatever the rotation says. */
export function OverrideForm({ schedule, close }: { schedule: Schedule; close: () => void }) {
  const people = useQuery(peopleQuery);
  return <Loaded query={people}>{(data) => <Fields schedule={schedule} people={data.people} close={close} />}</Loaded>;
}

const fiveMinutes = 5 * 60_000;

function Fields({ schedule, people, close }: { schedule: Schedule; people: PersonView[]; close: () => void }) {
  const me = useMe();
  const fromAt = Math.floor(serverNow() / fiveMinutes) * fiveMinutes;
  const ordered = people.toSorted((a, b) => Number(b.id === me.person?.id) - Number(a.id === me.person?.id));
  const send = async (values: Values): Promise<void> => {
    const body: NewOverride = {
      personId: values.text('personId'),
      fromAt: readTime(values, 'fromAt'),
      untilAt: readTime(values, 'untilAt'),
    };
    await post(`/api/v1/schedules/${encodeURIComponent(schedule.id)}/overrides`, body);
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Put on call">
      <SelectField
        name="personId"
        label="Who"
        options={ordered.map((person) => [
          person.id,
          person.id === me.person?.id ? `${person.name} (you)` : person.name,
        ])}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="fromAt" label="From" type="datetime-local" required defaultValue={toLocalInput(fromAt)} />
        <TextField
          name="untilAt"
          label="Until"
          type="datetime-local"
          required
          defaultValue={toLocalInput(fromAt + 8 * 3_600_000)}
        />
      </div>
      <p className="text-[0.94rem] text-soft">
        On your clock, in {readerZone}. Whoever is in the rotation then is not called in that time.
      </p>
    </Form>
  );
}
