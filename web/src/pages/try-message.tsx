import { useRef, useState } from 'react';
import { post } from '../api/client.ts';
import type { NewIntegration, Tried } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Complaint, readValues, TextArea, type Values } from '../ui/form.tsx';
import { reasonOf } from '../ui/loaded.tsx';
import { shownSeverity, State } from '../ui/states.tsx';
import type { Kind } from './integration-tools.ts';

interface TryProps {
  kind: Kind;
  /** The settings of the form that this stands in. */
  configOf: (values: Values) => NonNullable<NewIntegration['config']>;
}

/** Paste what the tool would send, and see what it would become. Nothing is kept, and nobody is paged. */
export function TryMessage({ kind, configOf }: TryProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [tried, setTried] = useState<Tried>();
  const [failure, setFailure] = useState<string>();
  const [pending, setPending] = useState(false);
  const send = (): void => {
    const form = ref.current?.closest('form');
    if (!form) return;
    const values = readValues(form);
    setPending(true);
    setFailure(undefined);
    setTried(undefined);
    post<Tried>('/api/v1/integrations/try', { kind, config: configOf(values), message: values.text('message') })
      .then(setTried, (error: unknown) => setFailure(reasonOf(error)))
      .finally(() => setPending(false));
  };
  return (
    <Disclosure label="Try it with a message">
      <div ref={ref} className="mt-2 grid gap-3">
        <TextArea
          name="message"
          label="A message of the tool"
          rows={7}
          spellCheck={false}
          className="font-mono text-[0.86rem]"
          placeholder={'{ "alert": { "id": 7, "state": "open" } }'}
          hint="Nothing of it is kept, and nobody is paged."
        />
        <div>
          <Button size="small" pending={pending} onClick={send}>
            See what it becomes
          </Button>
        </div>
        <div role="status" className="grid gap-3">
          {tried === undefined ? null : <Outcome tried={tried} />}
        </div>
        {failure === undefined ? null : <Complaint>{failure}</Complaint>}
      </div>
    </Disclosure>
  );
}

function Outcome({ tried }: { tried: Tried }) {
  if (tried.refusal !== null) {
    return (
      <div>
        <p className="text-major">It would be refused: {tried.refusal}</p>
        {tried.problems.length > 1 ? (
          <ul className="mt-1 list-disc ps-5 text-[0.94rem] text-soft">
            {tried.problems.map((problem) => (
              <li key={problem.path + problem.message}>
                <code>{problem.path}</code>: {problem.message}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    );
  }
  if (tried.signals.length === 0) {
    const taken = tried.acknowledgements.length > 0;
    return (
      <p>{taken ? 'It would acknowledge the incident of its alert.' : 'It would be taken in, and change nothing.'}</p>
    );
  }
  return (
    <ul className="card divide-y divide-line">
      {tried.signals.slice(0, 20).map((signal, index) => (
        <li key={`${signal.key}-${index}`} className="px-4 py-3">
          {signal.status === 'firing' ? (
            <State shown={shownSeverity[signal.severity]}>Fires</State>
          ) : (
            <State shown={{ icon: 'ok', word: 'Clear again', tone: 't-ok' }} />
          )}
          <p className="mt-1 wrap-anywhere">{signal.summary}</p>
          <dl className="mt-1 grid gap-x-4 text-[0.94rem] sm:grid-cols-[auto_minmax(0,1fr)]">
            <Row name="key" value={signal.key} />
            {signal.link === null ? null : <Row name="link" value={signal.link} />}
            {Object.entries(signal.group ?? {}).map(([path, value]) => (
              <Row key={path} name={`group ${path}`} value={value === null ? 'nothing there' : JSON.stringify(value)} />
            ))}
          </dl>
        </li>
      ))}
      {tried.signals.length > 20 ? <li className="px-4 py-3 text-soft">and {tried.signals.length - 20} more</li> : null}
    </ul>
  );
}

const Row = ({ name, value }: { name: string; value: string }) => (
  <div className="contents">
    <dt className="text-soft">{name}</dt>
    <dd className="min-w-0 wrap-anywhere">{value}</dd>
  </div>
);
