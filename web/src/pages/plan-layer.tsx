import { useId } from 'react';
import type { PersonView, PlannedSchedule } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { timeZones } from '../ui/zones.ts';
import { HoursEditor, longDays, workingHours } from './plan-hours.tsx';
import { Labelled, moved, without } from './plan-parts.tsx';
import { rotationOf, type Rotation, units } from './plan-rotation.ts';

export type Layer = PlannedSchedule['layers'][number];

interface Props {
  layer: Layer;
  place: number;
  people: readonly PersonView[];
  change: (layer: Layer) => void;
  remove: (() => void) | undefined;
}

/** One layer of a schedule: who, in which order, and when they hand over. */
export function LayerEditor({ layer, place, people, change, remove }: Props) {
  const legend = `Layer ${place + 1}`;
  const hours = layer.restrictions ?? [];
  return (
    <fieldset className="card grid gap-5 px-5 py-5">
      <legend className="sr-only">{legend}</legend>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-lg font-semibold" aria-hidden="true">
          {legend}
          {place > 0 ? <span className="text-base font-normal text-soft"> wins over the ones before it</span> : null}
        </p>
        {remove === undefined ? null : (
          <Button size="small" look="quiet" onClick={remove}>
            Remove the layer<span className="sr-only"> {place + 1}</span>
          </Button>
        )}
      </div>
      <Turns ids={layer.people} people={people} change={(ids) => change({ ...layer, people: ids })} />
      <HandOver rotation={layer.rotation} change={(rotation) => change({ ...layer, rotation })} />
      <div className="grid gap-3">
        <label className="flex min-h-9 items-start gap-3">
          <input
            type="checkbox"
            className="mt-1 size-5 shrink-0 accent-ink"
            checked={hours.length > 0}
            onChange={(event) => change({ ...layer, restrictions: event.target.checked ? [workingHours] : [] })}
          />
          <span>
            Only in certain hours
            <span className="block text-[0.94rem] text-soft">
              Outside of them the layers before it count, or nobody is on call.
            </span>
          </span>
        </label>
        {hours.length === 0 ? null : (
          <HoursEditor of={legend} hours={hours} change={(next) => change({ ...layer, restrictions: next })} />
        )}
      </div>
      <Disclosure label="A clock of its own" open={layer.timeZone !== undefined}>
        <Labelled label="Time zone of this layer">
          <select
            className="field"
            value={layer.timeZone ?? ''}
            onChange={({ target }) => {
              const { timeZone: _, ...rest } = layer;
              change(target.value === '' ? rest : { ...rest, timeZone: target.value });
            }}
          >
            <option value="">That of the schedule</option>
            {timeZones(layer.timeZone === undefined ? [] : [layer.timeZone]).map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
        </Labelled>
      </Disclosure>
    </fieldset>
  );
}

interface TurnsProps {
  ids: readonly string[];
  people: readonly PersonView[];
  change: (ids: string[]) => void;
}

function Turns({ ids, people, change }: TurnsProps) {
  const id = useId();
  const nameOf = (person: string): string => people.find((one) => one.id === person)?.name ?? `${person} (gone)`;
  const others = people.filter((person) => !ids.includes(person.id));
  return (
    <div>
      <p id={id} className="mb-1 font-semibold">
        Who takes turns, in this order
      </p>
      {ids.length === 0 ? <p className="text-soft">Nobody yet.</p> : null}
      <ol aria-labelledby={id} className="divide-y divide-line">
        {ids.map((person, place) => (
          // eslint-disable-next-line react/no-array-index-key -- a person may stand in it twice, and a turn is its place
          <li key={place} className="flex min-h-12 flex-wrap items-center gap-x-1">
            <span className="w-6 text-soft">{place + 1}.</span>
            <span className="min-w-32 grow">{nameOf(person)}</span>
            <Button size="small" look="quiet" disabled={place === 0} onClick={() => change(moved(ids, place, -1))}>
              Up<span className="sr-only"> {nameOf(person)}</span>
            </Button>
            <Button
              size="small"
              look="quiet"
              disabled={place === ids.length - 1}
              onClick={() => change(moved(ids, place, 1))}
            >
              Down<span className="sr-only"> {nameOf(person)}</span>
            </Button>
            <Button size="small" look="quiet" onClick={() => change(without(ids, place))}>
              Remove<span className="sr-only"> {nameOf(person)}</span>
            </Button>
          </li>
        ))}
      </ol>
      <select
        aria-label="Add a person"
        className="field mt-2 w-auto! max-w-full"
        value=""
        onChange={(event) => change([...ids, event.target.value])}
      >
        <option value="" disabled>
          Add a person
        </option>
        {[...others, ...people.filter((person) => ids.includes(person.id))].map((person) => (
          <option key={person.id} value={person.id}>
            {ids.includes(person.id) ? `${person.name}, once more` : person.name}
          </option>
        ))}
      </select>
    </div>
  );
}

function HandOver({ rotation, change }: { rotation: Rotation; change: (rotation: Rotation) => void }) {
  return (
    <div className="grid gap-4">
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Labelled label="They change">
          <select
            className="field"
            value={rotation.kind}
            onChange={(event) => change(rotationOf(event.target.value as Rotation['kind'], rotation))}
          >
            <option value="hourly">by the hour</option>
            <option value="daily">by the day</option>
            <option value="weekly">by the week</option>
            <option value="monthly">by the month</option>
            <option value="custom">by a rule</option>
          </select>
        </Labelled>
        {rotation.kind === 'custom' ? null : (
          <Labelled label={`Every … ${units[rotation.kind]}`}>
            <input
              type="number"
              min={1}
              max={1000}
              className="field"
              value={rotation.every}
              onChange={(event) => change({ ...rotation, every: Number(event.target.value) })}
            />
          </Labelled>
        )}
        {rotation.kind === 'weekly' ? (
          <Labelled label="On">
            <select
              className="field"
              value={rotation.handOffDay}
              onChange={(event) => change({ ...rotation, handOffDay: Number(event.target.value) })}
            >
              {longDays.map((day, index) => (
                <option key={day} value={index + 1}>
                  {day}
                </option>
              ))}
            </select>
          </Labelled>
        ) : null}
        {rotation.kind === 'monthly' ? (
          <Labelled label="On day">
            <input
              type="number"
              min={1}
              max={31}
              className="field"
              value={rotation.handOffDayOfMonth}
              onChange={(event) => change({ ...rotation, handOffDayOfMonth: Number(event.target.value) })}
            />
          </Labelled>
        ) : null}
        <Labelled label={rotation.kind === 'hourly' ? 'First at' : 'At'}>
          <input
            type="time"
            required
            className="field"
            value={rotation.handOffTime}
            onChange={(event) => change({ ...rotation, handOffTime: event.target.value })}
          />
        </Labelled>
      </div>
      {rotation.kind === 'custom' ? (
        <Labelled label="Rule">
          <input
            className="field font-mono"
            autoCapitalize="characters"
            spellCheck={false}
            value={rotation.rule}
            onChange={(event) => change({ ...rotation, rule: event.target.value })}
          />
          <span className="mt-1 block text-[0.94rem] text-soft">
            An RRULE, as in FREQ=WEEKLY;BYDAY=MO,FR: hand over on Mondays and Fridays.
          </span>
        </Labelled>
      ) : null}
      <div className="sm:max-w-56">
        <Labelled label="First hand-off on or after">
          <input
            type="date"
            required
            className="field"
            value={rotation.start}
            onChange={(event) => change({ ...rotation, start: event.target.value })}
          />
        </Labelled>
      </div>
    </div>
  );
}
