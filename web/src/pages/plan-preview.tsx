import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { post } from '../api/client.ts';
import type { PlannedSchedule, SchedulePreview } from '../api/types.ts';
import { Disclosure } from '../ui/disclosure.tsx';
import { Icon } from '../ui/icons.tsx';
import { clockText, dayText, rangeText, readerZone, spanText } from '../ui/time.tsx';
import { Findings, refusalsOf, useSettled } from './plan-parts.tsx';
import { ShiftStrip } from './shift-strip.tsx';

interface Draft {
  id?: string;
  name: string;
  timeZone: string;
  layers: PlannedSchedule['layers'];
}

/** The final schedule as it would be, while it is being written. */
export function SchedulePreviewPane({ draft }: { draft: Draft }) {
  const asked = useSettled(JSON.stringify({ ...draft, name: draft.name || 'New schedule' }), 350);
  const query = useQuery({
    queryKey: ['schedule-preview', asked],
    queryFn: () => post<SchedulePreview>('/api/v1/schedules/preview', JSON.parse(asked)),
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <section aria-label="Preview" className="card grid gap-4 px-5 py-5" aria-busy={query.isFetching}>
      <h2 className="text-lg">As it would be</h2>
      {query.error ? <Findings label="What is wrong" findings={refusalsOf(query.error)} /> : null}
      {query.data === undefined || query.error ? null : <Preview preview={query.data} />}
    </section>
  );
}

function Preview({ preview }: { preview: SchedulePreview }) {
  const { quality, findings, gaps, doubleBookings, shifts } = preview;
  return (
    <>
      <div aria-live="polite" className="grid gap-3">
        <Findings label="What to know about this plan" findings={findings} />
        {gaps[0] === undefined || gaps[0].untilAt >= preview.untilAt ? null : (
          <p className="text-soft">
            The first gap: {rangeText(gaps[0])}
            {gaps.length > 1 ? `, and ${gaps.length - 1} more until ${dayText(preview.untilAt)}` : ''}.
          </p>
        )}
        {doubleBookings[0] === undefined ? null : (
          <p className="flex items-start gap-2 text-degraded">
            <Icon name="warning" className="mt-1" />
            <span>
              {doubleBookings[0].person.name} would be on call in {doubleBookings[0].schedules.join(' and ')} at the
              same time, {rangeText(doubleBookings[0])}
              {doubleBookings.length > 1 ? `, and ${doubleBookings.length - 1} more such times` : ''}.
            </span>
          </p>
        )}
      </div>
      {shifts.length === 0 ? null : (
        <>
          <p className="text-soft">The next two weeks on your clock, in {readerZone}.</p>
          <ShiftStrip schedule={{ gaps, shifts: shifts.map((shift) => ({ ...shift, overrideId: null })) }} />
          <ol aria-label="The next turns" className="divide-y divide-line">
            {shifts.slice(0, 6).map((shift) => (
              <li key={shift.fromAt} className="flex flex-wrap gap-x-4 py-1.5">
                <span className="min-w-36 font-semibold">{shift.person.name}</span>
                <span className="text-soft">
                  {shift.fromAt === preview.fromAt
                    ? `now, until ${dayText(shift.untilAt)}, ${clockText(shift.untilAt)}`
                    : rangeText(shift)}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
      {quality === null ? null : <Quality quality={quality} />}
    </>
  );
}

function Quality({ quality }: { quality: NonNullable<SchedulePreview['quality']> }) {
  return (
    <div>
      <p>
        <b className="text-xl font-semibold">{quality.score}</b> of 100 for how safe and how kind this plan is
      </p>
      <ul className="mt-2 grid gap-1">
        {quality.parts.map((part) => (
          <li key={part.kind} className="flex items-start gap-2 text-[0.94rem]">
            <Icon
              name={part.points === part.ofPoints ? 'check' : 'warning'}
              className={`mt-1 ${part.points === part.ofPoints ? 'text-ok' : 'text-degraded'}`}
            />
            <span>
              {part.message}{' '}
              <span className="text-soft">
                {Math.round(part.points)} of {part.ofPoints}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {quality.people.length === 0 ? null : (
        <Disclosure label="Hours by person">
          <table className="mt-2 w-full text-start text-[0.94rem]">
            <thead className="text-soft">
              <tr>
                {['Person', 'On call', 'Nights', 'Weekends'].map((head) => (
                  <th key={head} scope="col" className="py-1 pe-3 text-start font-normal">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {quality.people.map((load) => (
                <tr key={load.person.id}>
                  <th scope="row" className="py-1 pe-3 text-start font-semibold">
                    {load.person.name}
                  </th>
                  {[load.onCallMs, load.nightMs, load.weekendMs].map((ms, column) => (
                    // eslint-disable-next-line react/no-array-index-key -- the columns are always these three
                    <td key={column} className="py-1 pe-3">
                      {ms === 0 ? 'none' : spanText(ms)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Disclosure>
      )}
    </div>
  );
}
