import { severities, type Severity } from '../../../src/domain/words.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { shownSeverity } from '../ui/states.tsx';
import { readerZone, spanText } from '../ui/time.tsx';
import { HoursEditor, workingHours } from './plan-hours.tsx';
import { Labelled, without } from './plan-parts.tsx';
import { keyOf, type Step, type TargetNames, targetText } from './plan-targets.ts';

const waits = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 120].map((minutes) => minutes * 60_000);

interface Props {
  step: Step;
  place: number;
  count: number;
  names: TargetNames;
  change: (step: Step) => void;
  move: (by: number) => void;
  remove: (() => void) | undefined;
}

/** One step of a policy: whom it calls, how long it waits, and when it is taken. */
export function StepEditor({ step, place, count, names, change, move, remove }: Props) {
  const which = `step ${place + 1}`;
  return (
    <fieldset className="card grid gap-4 px-5 py-4">
      <legend className="sr-only">Step {place + 1}</legend>
      <div className="flex flex-wrap items-center gap-1">
        <p className="grow text-lg font-semibold" aria-hidden="true">
          Step {place + 1}
        </p>
        <Button size="small" look="quiet" disabled={place === 0} onClick={() => move(-1)}>
          Up<span className="sr-only">, {which}</span>
        </Button>
        <Button size="small" look="quiet" disabled={place === count - 1} onClick={() => move(1)}>
          Down<span className="sr-only">, {which}</span>
        </Button>
        {remove === undefined ? null : (
          <Button size="small" look="quiet" onClick={remove}>
            Remove<span className="sr-only"> {which}</span>
          </Button>
        )}
      </div>
      <ul className="divide-y divide-line">
        {step.targets.map((target, index) => (
          <li key={keyOf(target)} className="flex min-h-11 items-center gap-3">
            <span className="grow first-letter:uppercase">{targetText(target, names)}</span>
            <Button
              size="small"
              look="quiet"
              onClick={() => change({ ...step, targets: without(step.targets, index) })}
            >
              Remove<span className="sr-only"> {targetText(target, names)}</span>
            </Button>
          </li>
        ))}
      </ul>
      <div className="grid gap-4 sm:grid-cols-2">
        <Labelled label={step.targets.length === 0 ? 'Whom to call' : 'And also'}>
          <TargetSelect step={step} names={names} change={change} />
        </Labelled>
        <Labelled label="Then wait">
          <select
            className="field"
            value={step.waitMs}
            onChange={(event) => change({ ...step, waitMs: Number(event.target.value) })}
          >
            {[...new Set([...waits, step.waitMs])]
              .toSorted((a, b) => a - b)
              .map((ms) => (
                <option key={ms} value={ms}>
                  {spanText(ms)}
                </option>
              ))}
          </select>
        </Labelled>
      </div>
      <Disclosure label="Only sometimes" open={step.when !== undefined}>
        <When step={step} place={place} change={change} />
      </Disclosure>
    </fieldset>
  );
}

function TargetSelect({ step, names, change }: Pick<Props, 'step' | 'names' | 'change'>) {
  const taken = new Set(step.targets.map(keyOf));
  const all = names.groups.flatMap(({ targets }) => targets);
  return (
    <select
      className="field"
      value=""
      onChange={(event) => {
        const found = all.find((target) => keyOf(target) === event.target.value);
        if (found) change({ ...step, targets: [...step.targets, { kind: found.kind, id: found.id }] });
      }}
    >
      <option value="" disabled>
        Choose
      </option>
      {names.groups
        .filter(({ targets }) => targets.length > 0)
        .map(({ label, targets }) => (
          <optgroup key={label} label={label}>
            {targets
              .filter((target) => !taken.has(keyOf(target)))
              .map((target) => (
                <option key={keyOf(target)} value={keyOf(target)}>
                  {target.name}
                </option>
              ))}
          </optgroup>
        ))}
    </select>
  );
}

function When({ step, place, change }: Pick<Props, 'step' | 'place' | 'change'>) {
  const { when, ...rest } = step;
  const chosen = when?.severities ?? severities;
  const put = (next: NonNullable<Step['when']>): void => {
    const isEmpty = next.severities === undefined && next.hours === undefined;
    change(isEmpty ? rest : { ...rest, when: next });
  };
  const toggle = (severity: Severity, on: boolean): void => {
    const next = severities.filter((one) => (one === severity ? on : chosen.includes(one)));
    const { severities: _, ...others } = when ?? {};
    if (next.length > 0) put(next.length === severities.length ? others : { ...others, severities: next });
  };
  const hours = when?.hours;
  return (
    <div className="mt-2 grid gap-4">
      <div role="group" aria-label={`Step ${place + 1} is for`} className="flex flex-wrap gap-x-5 gap-y-1">
        {severities.map((severity) => (
          <label key={severity} className="flex min-h-9 items-center gap-2">
            <input
              type="checkbox"
              className="size-5 accent-ink"
              checked={chosen.includes(severity)}
              onChange={(event) => toggle(severity, event.target.checked)}
            />
            {shownSeverity[severity].word}
          </label>
        ))}
      </div>
      <Labelled label="At which hours">
        <select
          className="field"
          value={hours === undefined ? 'any' : hours.outside === true ? 'outside' : 'in'}
          onChange={({ target }) => {
            const { hours: _, ...others } = when ?? {};
            if (target.value === 'any') return put(others);
            const base = hours ?? { timeZone: readerZone, windows: [{ ...workingHours, days: [1, 2, 3, 4, 5] }] };
            put({
              ...others,
              hours: { timeZone: base.timeZone, windows: base.windows, outside: target.value === 'outside' },
            });
          }}
        >
          <option value="any">at any hour</option>
          <option value="in">only in these hours</option>
          <option value="outside">only outside of these hours</option>
        </select>
      </Labelled>
      {hours === undefined ? null : (
        <>
          <p className="-mt-2 text-[0.94rem] text-soft">On the clock of {hours.timeZone}.</p>
          <HoursEditor
            of={`Step ${place + 1}`}
            hours={hours.windows}
            change={(windows) => {
              const full = windows.map(({ days, from, to }) => ({ days: days ?? [1, 2, 3, 4, 5, 6, 7], from, to }));
              const { hours: _, ...others } = when ?? {};
              put(full.length === 0 ? others : { ...others, hours: { ...hours, windows: full } });
            }}
          />
        </>
      )}
    </div>
  );
}
