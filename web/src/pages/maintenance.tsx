import { useQuery } from '@tanstack/react-query';
import { ask, post } from '../api/client.ts';
import { maintenancesQuery, seriesQuery, servicesQuery } from '../api/queries.ts';
import { useNow } from '../api/server-time.ts';
import { useAllows } from '../api/session.ts';
import type { MaintenanceView, SeriesView } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { State, type Shown } from '../ui/states.tsx';
import { spanText, Time } from '../ui/time.tsx';
import { MaintenanceForm } from './maintenance-form.tsx';
import { ruleText } from './recurrence-words.ts';

/** Planned work: what runs, what comes, what comes again, what was. */
export function MaintenancePage() {
  const query = useQuery(maintenancesQuery);
  const mayEdit = useAllows('responder');
  const add = mayEdit ? (
    <SheetButton label="Plan maintenance" title="Plan maintenance" icon="plus" look="primary">
      {(close) => <MaintenanceForm close={close} />}
    </SheetButton>
  ) : null;
  return (
    <Page title="Maintenance" actions={add}>
      <Loaded query={query} rows={3}>
        {({ maintenances }) => <Listed maintenances={maintenances} mayEdit={mayEdit} />}
      </Loaded>
      <Again mayEdit={mayEdit} />
    </Page>
  );
}

function Listed({ maintenances, mayEdit }: { maintenances: MaintenanceView[]; mayEdit: boolean }) {
  const running = maintenances.filter((plan) => plan.status === 'in_progress');
  // They come newest first; of what is planned the nearest matters most.
  const planned = maintenances.filter((plan) => plan.status === 'scheduled').toReversed();
  const past = maintenances.filter((plan) => plan.status === 'completed' || plan.status === 'cancelled');
  return (
    <>
      {running.length === 0 && planned.length === 0 ? (
        <div className="mb-9">
          <Empty>
            Nothing is planned. Tell people here before you work on something: the status page shows it, subscribers get
            a mail, and the services call nobody while it lasts.
          </Empty>
        </div>
      ) : null}
      <Rows title="Now" plans={running} mayEdit={mayEdit} />
      <Rows title="Planned" plans={planned} mayEdit={mayEdit} />
      <Rows title="Past" plans={past} mayEdit={false} />
    </>
  );
}

function Rows({ title, plans, mayEdit }: { title: string; plans: MaintenanceView[]; mayEdit: boolean }) {
  if (plans.length === 0) return null;
  return (
    <Section title={title}>
      <ul className="card divide-y divide-line">
        {plans.map((plan) => (
          <Row key={plan.id} plan={plan} mayEdit={mayEdit} />
        ))}
      </ul>
    </Section>
  );
}

const shownStatus: Record<MaintenanceView['status'], Shown> = {
  scheduled: { icon: 'clock', word: 'Planned', tone: 't-maintenance' },
  in_progress: { icon: 'wrench', word: 'In progress', tone: 't-maintenance' },
  completed: { icon: 'ok', word: 'Done', tone: 't-ok' },
  cancelled: { icon: 'close', word: 'Cancelled', tone: 't-unknown' },
};

function Row({ plan, mayEdit }: { plan: MaintenanceView; mayEdit: boolean }) {
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
        <p className="min-w-0 font-semibold wrap-anywhere">{plan.title}</p>
        <State shown={shownStatus[plan.status]} />
      </div>
      <p className="text-[0.94rem] text-soft">
        <Time at={plan.startsAt} as="moment" />, for {spanText(plan.endsAt - plan.startsAt)}
        {plan.status === 'in_progress' ? (
          <>
            , ends <Time at={plan.endsAt} />
          </>
        ) : null}
        . <Names ids={plan.serviceIds} />
        {plan.seriesId === null ? '' : ' Comes again.'} <Told plan={plan} />
      </p>
      {mayEdit ? <Actions plan={plan} /> : null}
    </li>
  );
}

/** The names of services, as far as they still exist. */
function Names({ ids }: { ids: readonly string[] }) {
  const { data } = useQuery(servicesQuery);
  const names = ids.map((id) => data?.services.find((service) => service.id === id)?.name ?? id);
  return <>{names.length === 0 ? '' : `${names.join(', ')}.`}</>;
}

function Told({ plan }: { plan: MaintenanceView }) {
  if (plan.status !== 'scheduled') return null;
  return plan.announcedAt === null ? (
    <>
      Subscribers are told <Time at={plan.startsAt - plan.announceBeforeMs} />.
    </>
  ) : (
    <>
      Subscribers were told <Time at={plan.announcedAt} />.
    </>
  );
}

const halfHourMs = 30 * 60_000;

function Actions({ plan }: { plan: MaintenanceView }) {
  const path = `/api/v1/maintenances/${encodeURIComponent(plan.id)}`;
  const now = useNow();
  const extend = useAct(() => ask('PATCH', path, { endsAt: Math.max(plan.endsAt, now) + halfHourMs }));
  const running = plan.status === 'in_progress';
  return (
    <div className="mt-2 flex flex-wrap gap-2">
      {running ? (
        <>
          <ConfirmButton
            label="Complete"
            size="small"
            icon="check"
            aria-label={`Complete ${plan.title}`}
            question="Is the work done?"
            consequence="The page says so at once, and the services call people again when they fail."
            confirm="It is done"
            act={() => post(`${path}/complete`).then(refreshAll)}
          />
          <Button
            size="small"
            onClick={extend.run}
            pending={extend.pending}
            aria-label={`30 min more for ${plan.title}`}
          >
            30 min more
          </Button>
        </>
      ) : (
        <ConfirmButton
          label="Start now"
          size="small"
          aria-label={`Start ${plan.title} now`}
          question="Start it now?"
          consequence={`It then lasts ${spanText(plan.endsAt - plan.startsAt)} from now. Subscribers are told if they were not.`}
          confirm="Start it"
          act={() => post(`${path}/start`).then(refreshAll)}
        />
      )}
      <SheetButton label="Change" title="Change the plan" size="small" look="quiet" aria-label={`Change ${plan.title}`}>
        {(close) => <MaintenanceForm plan={plan} close={close} />}
      </SheetButton>
      <ConfirmButton
        label="Cancel"
        size="small"
        look="quiet"
        aria-label={`Cancel ${plan.title}`}
        question={running ? 'Break it off?' : 'Take the plan back?'}
        consequence="It leaves the page. Subscribers who were told of it hear that it was cancelled."
        confirm={running ? 'Break it off' : 'Take it back'}
        act={() => ask('DELETE', path).then(refreshAll)}
      />
      {extend.error === undefined ? null : <Complaint>{extend.error}</Complaint>}
    </div>
  );
}

function Again({ mayEdit }: { mayEdit: boolean }) {
  const { data } = useQuery(seriesQuery);
  if (data === undefined || data.series.length === 0) return null;
  return (
    <Section title="Comes again">
      <ul className="card divide-y divide-line">
        {data.series.map((series) => (
          <SeriesRow key={series.id} series={series} mayEdit={mayEdit} />
        ))}
      </ul>
    </Section>
  );
}

function SeriesRow({ series, mayEdit }: { series: SeriesView; mayEdit: boolean }) {
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: series.timeZone });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-3">
      <div className="min-w-0">
        <p className="font-semibold wrap-anywhere">{series.title}</p>
        <p className="text-[0.94rem] text-soft">
          At {clock.format(series.firstAt)} in {series.timeZone}, {ruleText(series.rule)}, for{' '}
          {spanText(series.durationMs)}. <Names ids={series.serviceIds} />
        </p>
      </div>
      {mayEdit ? (
        <ConfirmButton
          label="End the series"
          size="small"
          look="quiet"
          aria-label={`End the series ${series.title}`}
          question="End the series?"
          consequence="What is planned of it is taken back. What runs goes on to its end."
          confirm="End it"
          act={() => ask('DELETE', `/api/v1/maintenance-series/${encodeURIComponent(series.id)}`).then(refreshAll)}
        />
      ) : null}
    </li>
  );
}
