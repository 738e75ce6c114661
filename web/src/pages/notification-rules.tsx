import { useState } from 'react';
import { ask } from '../api/client.ts';
import type { Me } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/form.tsx';
import { rulesSentences } from './rule-sentence.ts';

type Person = NonNullable<Me['person']>;
type Rules = NonNullable<Person['notificationRules']>;
type Urgency = 'high' | 'low';

const none: Rules = { high: [], low: [], quietHours: null };
const everyDay = [1, 2, 3, 4, 5, 6, 7];
const delays = [0, 1, 2, 3, 5, 10, 15, 20, 30, 60].map((minutes) => minutes * 60_000);
const titles: Record<Urgency, string> = { high: 'Critical and major', low: 'Minor' };

/** Which contact method is used after how long, for whoever is signed in. */
export function NotificationRules({ person }: { person: Person }) {
  const saved = person.notificationRules ?? none;
  const [rules, setRules] = useState(saved);
  const save = useAct(async () => {
    await ask('PUT', '/api/v1/me/notification-rules', { rules });
    await refreshAll();
  });
  const nameOf = (id: string): string => person.contactMethods.find((one) => one.id === id)?.label ?? 'removed';
  const sentences = rulesSentences(rules, nameOf);
  if (person.rulesInFile || person.contactMethods.length === 0) return <Sentences of={sentences} />;
  const isChanged = JSON.stringify(rules) !== JSON.stringify(saved);
  return (
    <div className="card grid gap-5 px-5 py-5">
      {(['high', 'low'] as const).map((urgency) => (
        <Steps
          key={urgency}
          urgency={urgency}
          steps={rules[urgency]}
          methods={person.contactMethods}
          change={(steps) => setRules({ ...rules, [urgency]: steps })}
        />
      ))}
      <Quiet hours={rules.quietHours} change={(quietHours) => setRules({ ...rules, quietHours })} />
      <Sentences of={sentences} />
      {save.error === undefined ? null : <Complaint>{save.error}</Complaint>}
      <div className="flex items-center justify-end gap-3">
        <span role="status" className="text-[0.94rem] text-soft">
          {isChanged ? 'Not saved yet' : ''}
        </span>
        <Button onClick={save.run} pending={save.pending} disabled={!isChanged}>
          Save
        </Button>
      </div>
    </div>
  );
}

function Sentences({ of }: { of: string[] }) {
  return (
    <div aria-live="polite" className="text-soft">
      {of.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

interface StepsProps {
  urgency: Urgency;
  steps: Rules['high'];
  methods: Person['contactMethods'];
  change: (steps: Rules['high']) => void;
}

function Steps({ urgency, steps, methods, change }: StepsProps) {
  const put = (place: number, more: Partial<Rules['high'][number]>): void =>
    change(steps.map((step, index) => (index === place ? { ...step, ...more } : step)));
  const move = (place: number, by: number): void => {
    const next = [...steps];
    const [step] = next.splice(place, 1);
    if (step) next.splice(place + by, 0, step);
    change(next);
  };
  const [first] = methods;
  return (
    <fieldset>
      <legend className="mb-1 font-semibold">{titles[urgency]}</legend>
      {steps.length === 0 ? <p className="text-soft">All contact methods at once.</p> : null}
      <ol className="grid gap-2">
        {steps.map((step, place) => (
          // eslint-disable-next-line react/no-array-index-key -- the same method may be there twice, and a rule is its place
          <li key={place} className="flex flex-wrap items-center gap-2">
            <select
              aria-label={`${titles[urgency]}, rule ${place + 1}: how`}
              className="field w-auto! grow"
              value={step.contactMethodId}
              onChange={(event) => put(place, { contactMethodId: event.target.value })}
            >
              {methods.map((method) => (
                <option key={method.id} value={method.id}>
                  {method.label}
                </option>
              ))}
            </select>
            <select
              aria-label={`${titles[urgency]}, rule ${place + 1}: when`}
              className="field w-auto!"
              value={step.afterMs}
              onChange={(event) => put(place, { afterMs: Number(event.target.value) })}
            >
              {[...new Set([...delays, step.afterMs])]
                .toSorted((a, b) => a - b)
                .map((delay) => (
                  <option key={delay} value={delay}>
                    {delay === 0 ? 'at once' : `after ${Math.round(delay / 60_000)} min`}
                  </option>
                ))}
            </select>
            <Button size="small" look="quiet" disabled={place === 0} onClick={() => move(place, -1)}>
              Up<span className="sr-only">, rule {place + 1}</span>
            </Button>
            <Button size="small" look="quiet" disabled={place === steps.length - 1} onClick={() => move(place, 1)}>
              Down<span className="sr-only">, rule {place + 1}</span>
            </Button>
            <Button size="small" look="quiet" onClick={() => change(steps.filter((_, index) => index !== place))}>
              Remove<span className="sr-only"> rule {place + 1}</span>
            </Button>
          </li>
        ))}
      </ol>
      {first === undefined ? null : (
        <div className="mt-2">
          <Button
            size="small"
            icon="plus"
            onClick={() => change([...steps, { contactMethodId: first.id, afterMs: steps.at(-1)?.afterMs ?? 0 }])}
          >
            Add a rule<span className="sr-only"> for {titles[urgency].toLowerCase()}</span>
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function Quiet({ hours, change }: { hours: Rules['quietHours']; change: (hours: Rules['quietHours']) => void }) {
  return (
    <fieldset className="grid gap-2">
      <legend className="sr-only">Quiet hours</legend>
      <label className="flex min-h-9 items-start gap-3">
        <input
          type="checkbox"
          className="mt-1 size-5 shrink-0 accent-ink"
          checked={hours !== null}
          onChange={(event) => change(event.target.checked ? { days: everyDay, from: '22:00', to: '07:00' } : null)}
        />
        <span>
          Minor trouble waits while I sleep
          <span className="block text-[0.94rem] text-soft">Critical and major never wait.</span>
        </span>
      </label>
      {hours === null ? null : (
        <div className="grid grid-cols-2 gap-4">
          {(['from', 'to'] as const).map((end) => (
            <label key={end} className="block">
              <span className="mb-1 block font-semibold">{end === 'from' ? 'From' : 'To'}</span>
              <input
                type="time"
                required
                className="field"
                value={hours[end]}
                onChange={(event) => change({ ...hours, [end]: event.target.value })}
              />
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}
