import { useQuery } from '@tanstack/react-query';
import { ApiError, ask, post } from '../api/client.ts';
import { peopleQuery, timeOffQuery } from '../api/queries.ts';
import { serverNow } from '../api/server-time.ts';
import { useAllows, useMe } from '../api/session.ts';
import type { NewTimeOff, TimeOffView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Form, SelectField, TextField, type Values } from '../ui/form.tsx';
import { Section } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { fromLocalInput, rangeText, readerZone, toLocalInput } from '../ui/time.tsx';

const dayMs = 86_400_000;

/** Says that oneself, or for an admin anybody, is away. */
export function TimeOffButton() {
  const me = useMe();
  const mayAct = useAllows('responder');
  if (!mayAct || me.person === null) return null;
  return (
    <SheetButton label="Time off" title="Time off" icon="plus">
      {(close) => <TimeOffForm close={close} />}
    </SheetButton>
  );
}

function TimeOffForm({ close }: { close: () => void }) {
  const me = useMe();
  const mayAll = useAllows('admin');
  const people = useQuery(peopleQuery).data?.people ?? [];
  const tomorrow = new Date(serverNow() + dayMs);
  tomorrow.setHours(0, 0, 0, 0);
  const send = async (values: Values): Promise<void> => {
    const body: NewTimeOff = {
      fromAt: readTime(values, 'fromAt'),
      untilAt: readTime(values, 'untilAt'),
      ...(mayAll ? { personId: values.text('personId') } : {}),
      ...(values.optional('note') === undefined ? {} : { note: values.text('note') }),
    };
    await post('/api/v1/time-off', body);
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Save">
      {mayAll ? (
        <SelectField
          name="personId"
          label="Who"
          defaultValue={me.person?.id}
          options={people.map(({ id, name }) => [id, id === me.person?.id ? `${name} (you)` : name])}
        />
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="fromAt"
          label="From"
          type="datetime-local"
          required
          defaultValue={toLocalInput(tomorrow.getTime())}
        />
        <TextField
          name="untilAt"
          label="Until"
          type="datetime-local"
          required
          defaultValue={toLocalInput(tomorrow.getTime() + 7 * dayMs)}
        />
      </div>
      <TextField name="note" label="Note" maxLength={200} placeholder="Holiday" />
      <p className="text-[0.94rem] text-soft">
        On your clock, in {readerZone}. In every rotation the next person stands in; where nobody can, the schedule
        shows a gap.
      </p>
    </Form>
  );
}

export function readTime(values: Values, name: string): number {
  const at = fromLocalInput(values.text(name));
  if (at !== undefined) return at;
  throw new ApiError('This is no time.', { fields: [{ path: name, message: 'Please write a day and a time.' }] });
}

/** Who is away, now and later. */
export function TimeOffList() {
  const { data } = useQuery(timeOffQuery);
  if (data === undefined || data.timeOff.length === 0) return null;
  return (
    <Section title="Away" className="mt-9">
      <ul className="card divide-y divide-line">
        {data.timeOff.map((off) => (
          <Row key={off.id} off={off} />
        ))}
      </ul>
    </Section>
  );
}

function Row({ off }: { off: TimeOffView }) {
  const me = useMe();
  const mayAll = useAllows('admin');
  const mayRemove = mayAll || off.person.id === me.person?.id;
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 px-4 py-1.5">
      <span className="min-w-40 font-semibold">{off.person.name}</span>
      <span className="grow text-soft">
        {rangeText(off)}
        {off.note === null ? '' : `, ${off.note}`}
      </span>
      {mayRemove ? (
        <ConfirmButton
          label={
            <>
              Take back<span className="sr-only"> the time off of {off.person.name}</span>
            </>
          }
          size="small"
          look="quiet"
          question="Take this time off back?"
          consequence={`${off.person.name} is called then as the rotation says.`}
          confirm="Take it back"
          act={() => ask('DELETE', `/api/v1/time-off/${encodeURIComponent(off.id)}`).then(refreshAll)}
        />
      ) : null}
    </li>
  );
}
