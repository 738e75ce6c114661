import { useQuery } from '@tanstack/react-query';
import { ask, post } from '../api/client.ts';
import { peopleQuery, swapsQuery } from '../api/queries.ts';
import { useMe } from '../api/session.ts';
import type { NewSwap, OnCallView, SwapView } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint, Form, SelectField, TextArea, TextField, type Values } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { rangeText, readerZone, toLocalInput } from '../ui/time.tsx';
import { readTime } from './time-off.tsx';

type Schedule = OnCallView['schedules'][number];
type Shift = Schedule['shifts'][number];

/** Questions about shifts that wait: those for whoever is signed in, and their own. */
export function Swaps() {
  const me = useMe();
  const { data } = useQuery(swapsQuery);
  const mine = (data?.swaps ?? []).filter(({ asker, asked }) => [asker.id, asked.id].includes(me.person?.id ?? ''));
  if (mine.length === 0) return null;
  return (
    <ul aria-label="Swaps that wait" className="mb-6 grid gap-3">
      {mine.map((swap) => (
        <li key={swap.id} className="card px-5 py-4">
          {swap.asked.id === me.person?.id ? <Asked swap={swap} /> : <Asking swap={swap} />}
        </li>
      ))}
    </ul>
  );
}

function Asked({ swap }: { swap: SwapView }) {
  const answer = (accept: boolean) => post(`/api/v1/swaps/${encodeURIComponent(swap.id)}/answer`, { accept });
  const yes = useAct(() => answer(true));
  const no = useAct(() => answer(false));
  const error = yes.error ?? no.error;
  return (
    <div className="grid gap-3">
      <p className="flex items-start gap-2.5">
        <Icon name="hand" className="mt-1 text-soft" />
        <span>
          <b className="font-semibold">{swap.asker.name}</b> asks you to take {swap.schedule.name}, {rangeText(swap)}
          {swap.inReturn === null ? '.' : `, and takes yours in return, ${rangeText(swap.inReturn)}.`}
        </span>
      </p>
      {swap.message === null ? null : <p className="text-soft">“{swap.message}”</p>}
      {error === undefined ? null : <Complaint>{error}</Complaint>}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" onClick={yes.run} pending={yes.pending}>
          Take it
        </Button>
        <Button onClick={no.run} pending={no.pending}>
          Say no
        </Button>
      </div>
    </div>
  );
}

function Asking({ swap }: { swap: SwapView }) {
  const withdraw = useAct(() => ask('DELETE', `/api/v1/swaps/${encodeURIComponent(swap.id)}`));
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="text-soft">
        You asked {swap.asked.name} to take {swap.schedule.name}, {rangeText(swap)}. Until there is a yes it stays
        yours.
      </p>
      {withdraw.error === undefined ? null : <Complaint>{withdraw.error}</Complaint>}
      <Button size="small" look="quiet" onClick={withdraw.run} pending={withdraw.pending}>
        Take the question back
      </Button>
    </div>
  );
}

/** Asks a colleague to take a shift, perhaps for one of theirs. */
export function AskSwapForm({ schedule, shift, close }: { schedule: Schedule; shift: Shift; close: () => void }) {
  const people = (useQuery(peopleQuery).data?.people ?? []).filter(({ id }) => id !== shift.person.id);
  const theirs = schedule.shifts.filter(({ person }) => person.id !== shift.person.id);
  const send = async (values: Values): Promise<void> => {
    const inReturn = theirs[Number(values.optional('inReturn') ?? -1)];
    const body: NewSwap = {
      askedId: values.text('askedId'),
      fromAt: readTime(values, 'fromAt'),
      untilAt: readTime(values, 'untilAt'),
      ...(inReturn && { inReturn: { fromAt: inReturn.fromAt, untilAt: inReturn.untilAt } }),
      ...(values.optional('message') === undefined ? {} : { message: values.text('message') }),
    };
    await post(`/api/v1/schedules/${encodeURIComponent(schedule.id)}/swaps`, body);
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Ask">
      <SelectField name="askedId" label="Whom" options={people.map(({ id, name }) => [id, name])} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="fromAt"
          label="From"
          type="datetime-local"
          required
          defaultValue={toLocalInput(shift.fromAt)}
        />
        <TextField
          name="untilAt"
          label="Until"
          type="datetime-local"
          required
          defaultValue={toLocalInput(shift.untilAt)}
        />
      </div>
      <SelectField
        name="inReturn"
        label="In return I take"
        options={[
          ['', 'nothing'],
          ...theirs.map((one, place) => [String(place), `${one.person.name}: ${rangeText(one)}`] as const),
        ]}
      />
      <TextArea name="message" label="A word to go with it" rows={2} maxLength={500} />
      <p className="text-[0.94rem] text-soft">On your clock, in {readerZone}. It stays yours until there is a yes.</p>
    </Form>
  );
}
