import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { onCallQuery } from '../api/queries.ts';
import { useNow } from '../api/server-time.ts';
import { useAllows, useMe } from '../api/session.ts';
import type { OnCallView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { InFile } from '../ui/states.tsx';
import { dayText, clockText, rangeText, readerZone, spanText, Time } from '../ui/time.tsx';
import { CalendarButton } from './calendar-links.tsx';
import { OverrideForm } from './override-form.tsx';
import { ShiftStrip } from './shift-strip.tsx';
import { AskSwapForm, Swaps } from './swaps.tsx';
import { TimeOffButton, TimeOffList } from './time-off.tsx';

type Schedule = OnCallView['schedules'][number];
type Shift = Schedule['shifts'][number];

/** Who is on call now, and who will be in the next two weeks. */
export function OnCallPage() {
  const query = useQuery(onCallQuery);
  const mayPlan = useAllows('admin');
  return (
    <Page
      title="On-call"
      actions={
        <>
          <CalendarButton />
          <TimeOffButton />
          <ButtonLink to="/on-call/plan" icon="onCall">
            Plan
          </ButtonLink>
        </>
      }
    >
      <Swaps />
      <Loaded query={query} rows={4}>
        {({ schedules }) =>
          schedules.length === 0 ? (
            <Empty>
              <p className="mb-4">
                There is no schedule yet, so an incident calls everybody of its team. A schedule says who takes turns,
                when they hand over, and in which time zone.
              </p>
              {mayPlan ? (
                <ButtonLink to="/on-call/schedules/$id" params={{ id: 'new' }} look="primary" icon="plus">
                  Set up the first schedule
                </ButtonLink>
              ) : null}
            </Empty>
          ) : (
            <>
              <p className="-mt-3 mb-6 text-soft">Times are yours, in {readerZone}.</p>
              <div className="grid gap-8">
                {schedules.map((schedule) => (
                  <ScheduleCard key={schedule.id} schedule={schedule} />
                ))}
              </div>
            </>
          )
        }
      </Loaded>
      <TimeOffList />
    </Page>
  );
}

function ScheduleCard({ schedule }: { schedule: Schedule }) {
  const mayAct = useAllows('responder');
  return (
    <section className="card px-5 pt-4 pb-5 sm:px-6">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div>
          <h2 className="text-lg">{schedule.name}</h2>
          <p className="flex flex-wrap gap-x-3 text-[0.94rem] text-soft">
            {schedule.timeZone === readerZone ? null : <span>hands over on the clock of {schedule.timeZone}</span>}
            {schedule.ownedBy === 'file' ? <InFile /> : null}
          </p>
        </div>
        {mayAct ? (
          <SheetButton label="Take or give a shift" title={`A shift of ${schedule.name}`} icon="hand" size="small">
            {(close) => <OverrideForm schedule={schedule} close={close} />}
          </SheetButton>
        ) : null}
      </div>
      <Now schedule={schedule} />
      <Gaps gaps={schedule.gaps} />
      <ShiftStrip schedule={schedule} />
      <Shifts schedule={schedule} mayAct={mayAct} />
    </section>
  );
}

function Now({ schedule }: { schedule: Schedule }) {
  if (schedule.now === null)
    return (
      <p className="mt-3 flex items-center gap-2.5 text-xl font-semibold text-degraded">
        <Icon name="gap" />
        Nobody is on call now
      </p>
    );
  return (
    <p className="mt-3 flex flex-wrap items-center gap-x-2.5 text-xl">
      <Icon name="phone" className="text-soft" />
      <b className="font-semibold">{schedule.now.person.name}</b>
      <span className="text-base text-soft">
        {schedule.now.untilAt === null ? (
          'without an end'
        ) : (
          <>
            until <Time at={schedule.now.untilAt} as="moment" />
          </>
        )}
        {schedule.now.isOverride ? ', by an override' : ''}
      </span>
    </p>
  );
}

/** Times when nobody would be called, said before they come. */
function Gaps({ gaps }: { gaps: Schedule['gaps'] }) {
  const first = gaps[0];
  if (first === undefined) return null;
  const total = gaps.reduce((sum, gap) => sum + gap.untilAt - gap.fromAt, 0);
  return (
    <p className="mt-3 flex items-start gap-2.5 text-degraded">
      <Icon name="gap" className="mt-1" />
      <span>
        Nobody is on call for {spanText(total)} of the next two weeks
        {gaps.length === 1 ? ', ' : `, in ${gaps.length} gaps, the first `}
        {rangeText(first)}.
      </span>
    </p>
  );
}

const fewShifts = 6;

function Shifts({ schedule, mayAct }: { schedule: Schedule; mayAct: boolean }) {
  const now = useNow();
  const [all, setAll] = useState(false);
  const shown = all ? schedule.shifts : schedule.shifts.slice(0, fewShifts);
  if (schedule.shifts.length === 0) return null;
  return (
    <>
      <h3 className="mt-5 mb-1 text-base">Shifts</h3>
      <ul className="divide-y divide-line">
        {shown.map((shift) => (
          <ShiftRow
            key={`${shift.fromAt}-${shift.person.id}`}
            schedule={schedule}
            shift={shift}
            now={now}
            mayAct={mayAct}
          />
        ))}
      </ul>
      {schedule.shifts.length > fewShifts && !all ? (
        <Button size="small" look="quiet" className="-ms-3" onClick={() => setAll(true)}>
          All {schedule.shifts.length} of the next two weeks
        </Button>
      ) : null}
    </>
  );
}

function ShiftRow({
  schedule,
  shift,
  now,
  mayAct,
}: {
  schedule: Schedule;
  shift: Shift;
  now: number;
  mayAct: boolean;
}) {
  const me = useMe();
  const isMine = shift.person.id === me.person?.id;
  const { overrideId } = shift;
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 py-1.5">
      <span className="min-w-40 font-semibold">{shift.person.name}</span>
      <span className="grow text-soft">{shiftText(shift, now)}</span>
      {isMine && mayAct ? (
        <SheetButton label="Ask to swap" title={`A shift of ${schedule.name}`} size="small" look="quiet">
          {(close) => <AskSwapForm schedule={schedule} shift={shift} close={close} />}
        </SheetButton>
      ) : null}
      {overrideId === null ? null : (
        <span className="flex items-center gap-2 text-[0.94rem] text-soft">
          Override
          {mayAct ? (
            <ConfirmButton
              label="Take back"
              size="small"
              look="quiet"
              question="Take this override back?"
              consequence={`${shift.person.name} is not on call then by the override any more, and the rotation counts again.`}
              confirm="Take it back"
              act={() => ask('DELETE', `/api/v1/overrides/${encodeURIComponent(overrideId)}`).then(refreshAll)}
            />
          ) : null}
        </span>
      )}
    </li>
  );
}

const twoWeeksMs = 14 * 86_400_000;

/** When a shift is. Its end is not told where it was only cut off by what was asked for. */
function shiftText(shift: Shift, now: number): string {
  const goesOn = shift.untilAt > now + twoWeeksMs - 3_600_000;
  const until = `${dayText(shift.untilAt)}, ${clockText(shift.untilAt)}`;
  if (shift.fromAt <= now) return goesOn ? 'now, and for the next two weeks' : `now, until ${until}`;
  return goesOn ? `from ${dayText(shift.fromAt)}, ${clockText(shift.fromAt)} on` : rangeText(shift);
}
