import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { policiesQuery } from '../api/queries.ts';
import type { PlanSaved, PolicyView } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { spanText } from '../ui/time.tsx';
import { Labelled, moved, replaced, without } from './plan-parts.tsx';
import { SaveBar, useSave } from './plan-save.tsx';
import { StepEditor } from './plan-step.tsx';
import { type Step, stepSentence, useTargetNames } from './plan-targets.ts';

const back = { to: '/on-call/plan', text: 'Plan' } as const;
const minute = 60_000;
const hour = 60 * minute;

/** Writes an escalation policy: `new` makes one. */
export function PlanPolicyPage() {
  const { id } = useParams({ from: '/member/on-call/policies/$id' });
  const query = useQuery(policiesQuery);
  const known = query.data?.policies.find((one) => one.id === id);
  return (
    <Page title={id === 'new' ? 'A new escalation policy' : (known?.name ?? 'Escalation policy')} back={back}>
      <Loaded query={query}>
        {({ policies }) => {
          const policy = policies.find((one) => one.id === id);
          if (id !== 'new' && policy === undefined) return <Empty>There is no such policy.</Empty>;
          return <Editor key={id} policy={policy} />;
        }}
      </Loaded>
    </Page>
  );
}

function Editor({ policy }: { policy: PolicyView | undefined }) {
  const navigate = useNavigate();
  const names = useTargetNames();
  const [name, setName] = useState(policy?.name ?? '');
  const [steps, setSteps] = useState<Step[]>(() => policy?.steps ?? [{ targets: [], waitMs: 5 * minute }]);
  const [repeatCount, setRepeatCount] = useState(policy?.repeatCount ?? 2);
  const [acknowledgeTimeoutMs, setTimeoutMs] = useState(policy?.acknowledgeTimeoutMs ?? null);
  const [autoResolveMs, setAutoResolveMs] = useState(policy?.autoResolveMs ?? null);
  const save = useSave(async () => {
    const body = { name, steps, repeatCount, acknowledgeTimeoutMs, autoResolveMs };
    if (policy === undefined) await ask<PlanSaved>('POST', '/api/v1/policies', body);
    else await ask<PlanSaved>('PUT', `/api/v1/policies/${encodeURIComponent(policy.id)}`, body);
    await navigate({ to: '/on-call/plan' });
  });
  const inFile = policy?.ownedBy === 'file';
  return (
    <form
      aria-label="Escalation policy"
      className="grid max-w-[44rem] gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <fieldset disabled={inFile} className="grid gap-5">
        <Labelled label="Name">
          <input
            className="field"
            maxLength={100}
            value={name}
            placeholder="Call us"
            onChange={(event) => setName(event.target.value)}
          />
        </Labelled>
        <ol className="grid gap-4">
          {steps.map((step, place) => (
            // eslint-disable-next-line react/no-array-index-key -- a step is its place
            <li key={place}>
              <StepEditor
                step={step}
                place={place}
                count={steps.length}
                names={names}
                change={(next) => setSteps(replaced(steps, place, next))}
                move={(by) => setSteps(moved(steps, place, by))}
                remove={steps.length > 1 ? () => setSteps(without(steps, place)) : undefined}
              />
            </li>
          ))}
        </ol>
        <div>
          <Button icon="plus" onClick={() => setSteps([...steps, { targets: [], waitMs: 5 * minute }])}>
            Add a step
          </Button>
        </div>
        <div className="grid gap-4 sm:grid-cols-3">
          <Labelled label="Then from the start again">
            <select
              className="field"
              value={repeatCount}
              onChange={(event) => setRepeatCount(Number(event.target.value))}
            >
              {[...new Set([0, 1, 2, 3, 5, 10, repeatCount])]
                .toSorted((a, b) => a - b)
                .map((count) => (
                  <option key={count} value={count}>
                    {count === 0 ? 'not' : count === 1 ? 'once' : `${count} times`}
                  </option>
                ))}
            </select>
          </Labelled>
          <Duration
            label="Call again when nobody works on it"
            value={acknowledgeTimeoutMs}
            choices={[30 * minute, hour, 2 * hour, 4 * hour, 12 * hour]}
            change={setTimeoutMs}
          />
          <Duration
            label="Resolve when all is quiet"
            value={autoResolveMs}
            choices={[hour, 6 * hour, 24 * hour, 72 * hour, 168 * hour]}
            change={setAutoResolveMs}
          />
        </div>
      </fieldset>
      <section aria-label="In words" aria-live="polite" className="card px-5 py-4">
        <h2 className="mb-1 text-base">In words</h2>
        <ol className="text-soft">
          {steps.map((step, place) => (
            // eslint-disable-next-line react/no-array-index-key -- a step is its place
            <li key={place}>
              {place + 1}. {stepSentence(step, names)}
            </li>
          ))}
        </ol>
        <p className="text-soft">
          {repeatCount === 0 ? 'Then' : `All of it ${repeatCount === 1 ? 'once' : `${repeatCount} times`} more, then`}{' '}
          the owners and admins are called.
        </p>
      </section>
      <SaveBar
        save={save}
        inFile={inFile}
        remove={
          policy === undefined
            ? undefined
            : {
                label: 'Remove the policy',
                consequence: 'Incidents that are open already keep its steps. Nothing new is called by it.',
                act: async () => {
                  await ask('DELETE', `/api/v1/policies/${encodeURIComponent(policy.id)}`);
                  await navigate({ to: '/on-call/plan' });
                },
              }
        }
      />
    </form>
  );
}

interface DurationProps {
  label: string;
  value: number | null;
  choices: readonly number[];
  change: (value: number | null) => void;
}

function Duration({ label, value, choices, change }: DurationProps) {
  const all = value === null || choices.includes(value) ? choices : [...choices, value].toSorted((a, b) => a - b);
  return (
    <Labelled label={label}>
      <select
        className="field"
        value={value ?? ''}
        onChange={({ target }) => change(target.value === '' ? null : Number(target.value))}
      >
        <option value="">never</option>
        {all.map((ms) => (
          <option key={ms} value={ms}>
            after {spanText(ms)}
          </option>
        ))}
      </select>
    </Labelled>
  );
}
