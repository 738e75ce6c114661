import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { peopleQuery, plannedSchedulesQuery } from '../api/queries.ts';
import { serverNow } from '../api/server-time.ts';
import type { PersonView, PlannedSchedule, PlanSaved } from '../api/types.ts';
import { Button } from '../ui/button.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { readerZone } from '../ui/time.tsx';
import { timeZones } from '../ui/zones.ts';
import { type Layer, LayerEditor } from './plan-layer.tsx';
import { Labelled, replaced, without } from './plan-parts.tsx';
import { SchedulePreviewPane } from './plan-preview.tsx';
import { newRotation } from './plan-rotation.ts';
import { SaveBar, useSave } from './plan-save.tsx';

const back = { to: '/on-call/plan', text: 'Plan' } as const;

/** Writes a schedule: `new` makes one. */
export function PlanSchedulePage() {
  const { id } = useParams({ from: '/member/on-call/schedules/$id' });
  const schedules = useQuery(plannedSchedulesQuery);
  const people = useQuery(peopleQuery);
  const title =
    id === 'new' ? 'A new schedule' : (schedules.data?.schedules.find((one) => one.id === id)?.name ?? 'Schedule');
  return (
    <Page title={title} back={back}>
      <Loaded query={people}>
        {(known) => (
          <Loaded query={schedules}>
            {(data) => {
              const schedule = id === 'new' ? undefined : data.schedules.find((one) => one.id === id);
              if (id !== 'new' && schedule === undefined) return <Empty>There is no such schedule.</Empty>;
              return <Editor key={id} schedule={schedule} people={known.people} />;
            }}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

function Editor({ schedule, people }: { schedule: PlannedSchedule | undefined; people: readonly PersonView[] }) {
  const navigate = useNavigate();
  const [name, setName] = useState(schedule?.name ?? '');
  const [timeZone, setTimeZone] = useState(schedule?.timeZone ?? readerZone);
  const [layers, setLayers] = useState<Layer[]>(
    () => schedule?.layers ?? [{ people: [], rotation: newRotation(serverNow()) }],
  );
  const save = useSave(async () => {
    const body = { name, timeZone, layers };
    if (schedule === undefined) await ask<PlanSaved>('POST', '/api/v1/schedules', body);
    else await ask<PlanSaved>('PUT', `/api/v1/schedules/${encodeURIComponent(schedule.id)}`, body);
    await navigate({ to: '/on-call/plan' });
  });
  const inFile = schedule?.ownedBy === 'file';
  return (
    <div className="grid items-start gap-6 rail:grid-cols-[3fr_2fr]">
      <form
        aria-label="Schedule"
        className="grid gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          save.run();
        }}
      >
        <fieldset disabled={inFile} className="grid gap-5">
          <div className="grid gap-4 sm:grid-cols-2">
            <Labelled label="Name">
              <input
                className="field"
                maxLength={100}
                value={name}
                placeholder="Primary"
                onChange={(event) => setName(event.target.value)}
              />
            </Labelled>
            <Labelled label="Hands over on the clock of">
              <select className="field" value={timeZone} onChange={(event) => setTimeZone(event.target.value)}>
                {timeZones([timeZone]).map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </select>
            </Labelled>
          </div>
          {layers.map((layer, place) => (
            <LayerEditor
              // eslint-disable-next-line react/no-array-index-key -- a new layer has no id yet, and a layer is its place
              key={layer.id ?? place}
              layer={layer}
              place={place}
              people={people}
              change={(next) => setLayers(replaced(layers, place, next))}
              remove={layers.length > 1 ? () => setLayers(without(layers, place)) : undefined}
            />
          ))}
          <div>
            <Button
              icon="plus"
              onClick={() => setLayers([...layers, { people: [], rotation: newRotation(serverNow()) }])}
            >
              Add a layer
            </Button>
          </div>
        </fieldset>
        <SaveBar
          save={save}
          inFile={inFile}
          remove={
            schedule === undefined
              ? undefined
              : {
                  label: 'Remove the schedule',
                  consequence: 'Nobody is called by it any more. What it was is kept in the history.',
                  act: async () => {
                    await ask('DELETE', `/api/v1/schedules/${encodeURIComponent(schedule.id)}`);
                    await navigate({ to: '/on-call/plan' });
                  },
                }
          }
        />
      </form>
      <SchedulePreviewPane draft={{ ...(schedule && { id: schedule.id }), name, timeZone, layers }} />
    </div>
  );
}
