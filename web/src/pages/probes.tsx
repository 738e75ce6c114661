import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask, post } from '../api/client.ts';
import { probesQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { NewProbe, ProbeView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { CopyText } from '../ui/copy.tsx';
import { Form, TextField, type Values } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Section } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { InFile, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** Other places to look from: what they are doing, and how to start one. */
export function Probes() {
  const query = useQuery(probesQuery);
  const mayEdit = useAllows('admin');
  const add = mayEdit ? (
    <SheetButton label="Add a probe" title="Add a probe" icon="plus" size="small">
      {(close) => <NewProbeForm close={close} />}
    </SheetButton>
  ) : null;
  return (
    <Section title="Probes" actions={add}>
      <p className="mb-3 text-soft">
        A probe runs checks from another place. It calls this HugOps and needs no open port; a check that is run from
        several places is down only when they agree.
      </p>
      <Loaded query={query} rows={1}>
        {({ probes }) =>
          probes.length === 0 ? (
            <p className="text-soft">None. All checks are run from this server.</p>
          ) : (
            <ul className="card divide-y divide-line">
              {probes.map((probe) => (
                <ProbeRow key={probe.id} probe={probe} mayEdit={mayEdit} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function ProbeRow({ probe, mayEdit }: { probe: ProbeView; mayEdit: boolean }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 px-4 py-2.5">
      <div className="min-w-0 grow">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-semibold">{probe.name}</span>
          <span className="text-[0.94rem]">
            <State shown={stateOf(probe)} />
          </span>
        </p>
        <p className="text-[0.94rem] text-soft">
          <span className="font-mono text-[0.9em]">{probe.id}</span>,{' '}
          {probe.checks === 1 ? '1 check' : `${probe.checks} checks`}
          {probe.version === null ? null : `, version ${probe.version}`}
          {probe.lastSeenAt === null ? null : (
            <>
              , last heard <Time at={probe.lastSeenAt} />
            </>
          )}
          {probe.dropped === 0 ? null : `, ${probe.dropped} results given up while it was cut off`}
        </p>
      </div>
      {probe.ownedBy === 'file' ? <InFile /> : null}
      {mayEdit && probe.ownedBy === 'console' ? (
        <ConfirmButton
          label="Remove"
          size="small"
          look="quiet"
          className="-ms-2 px-2!"
          aria-label={`Remove ${probe.name}`}
          question={`Remove ${probe.name}?`}
          consequence="Its token is refused from now on. What it saw so far stays."
          confirm="Remove it"
          act={() => ask('DELETE', `/api/v1/probes/${encodeURIComponent(probe.id)}`).then(refreshAll)}
        />
      ) : null}
    </li>
  );
}

const stateOf = (probe: ProbeView) =>
  probe.lastSeenAt === null
    ? ({ icon: 'paused', word: 'Not started yet', tone: 't-unknown' } as const)
    : probe.goneSince === null
      ? ({ icon: 'ok', word: 'Here', tone: 't-ok' } as const)
      : ({ icon: 'major', word: 'Gone', tone: 't-major' } as const);

function NewProbeForm({ close }: { close: () => void }) {
  const [command, setCommand] = useState<string>();
  if (command !== undefined)
    return (
      <div className="grid gap-4">
        <p>
          Run this where HugOps is installed in that place. The token is shown <b className="font-semibold">only now</b>
          .
        </p>
        <CopyText label="the command" text={command} />
        <div className="flex justify-end">
          <Button look="primary" onClick={close}>
            I have kept it
          </Button>
        </div>
      </div>
    );
  const send = async (values: Values): Promise<void> => {
    const name = values.optional('name');
    const body: NewProbe = { id: values.text('id'), ...(name === undefined ? {} : { name }) };
    setCommand((await post<{ command: string }>('/api/v1/probes', body)).command);
    await refreshAll();
  };
  return (
    <Form send={send} submit="Add it">
      <TextField name="id" label="Short name, as in checks" required maxLength={32} placeholder="frankfurt" />
      <TextField
        name="name"
        label="What people call it, if different"
        maxLength={100}
        placeholder="Frankfurt, second line"
      />
    </Form>
  );
}
