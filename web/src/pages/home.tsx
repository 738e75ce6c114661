import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { Overview } from '../api/types.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Icon } from '../ui/icons.tsx';
import { Failure, Skeleton } from '../ui/loaded.tsx';
import { Page, Section } from '../ui/page.tsx';
import { countText } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { headlineOf } from './home-headline.ts';
import { IncidentCard } from './incident-card.tsx';
import { ServiceRows } from './service-rows.tsx';

// More are a list of their own.
const mostCards = 8;

/** What is going on: what is broken first, then everything else that one person needs to know. */
export function HomePage() {
  const query = useQuery(overviewQuery);
  const { data } = query;
  if (data === undefined) {
    return (
      <Page title="Home">
        {query.error ? (
          <Failure error={query.error} pending={query.isFetching} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton rows={4} />
        )}
      </Page>
    );
  }
  return (
    <Page title="Home" heading={<Headline overview={data} />}>
      {data.incidents.length > 0 ? (
        <ul className="mb-9 grid gap-4">
          {data.incidents.slice(0, mostCards).map((incident) => (
            <li key={incident.id}>
              <IncidentCard incident={incident} />
            </li>
          ))}
          {data.incidents.length > mostCards ? (
            <li>
              <Link to="/incidents" className="link">
                All {data.incidents.length} open incidents
              </Link>
            </li>
          ) : null}
        </ul>
      ) : null}
      <div className="rail:grid rail:grid-cols-[minmax(0,1fr)_19rem] rail:gap-10">
        <div>{data.services.length === 0 ? <FirstStep /> : <Services overview={data} />}</div>
        <div>
          <Todo overview={data} />
          <OnCallNow overview={data} />
          <Hugs overview={data} />
        </div>
      </div>
    </Page>
  );
}

function Headline({ overview }: { overview: Overview }) {
  const { shown, sentence, detail } = headlineOf(overview);
  return (
    <div className={`${shown.tone} mb-7 flex items-center gap-4 rail:mb-9`}>
      <Icon name={shown.icon} className="size-11! stroke-[1.7] text-tone" />
      <div>
        <h1 className="text-2xl rail:text-3xl" tabIndex={-1}>
          {sentence}
        </h1>
        <p className="mt-0.5 text-soft">{detail}</p>
      </div>
    </div>
  );
}

/** What a newcomer does first. */
function FirstStep() {
  const mayAdd = useAllows('admin');
  return (
    <section className="card mb-9 px-5 py-6 sm:px-7 sm:py-8">
      <h2 className="mb-2 text-xl">Add the first service</h2>
      <p className="mb-5 max-w-[34rem] text-soft">
        A service is something people depend on: a website, an API, a nightly job. HugOps looks at it, calls you when it
        breaks, tells those who wait, and brings you their thanks.
      </p>
      {mayAdd ? (
        <ButtonLink to="/services" search={{ add: true }} look="primary" icon="plus">
          Add the first service
        </ButtonLink>
      ) : (
        <p className="text-soft">Somebody with the role admin can add it.</p>
      )}
    </section>
  );
}

function Services({ overview }: { overview: Overview }) {
  return (
    <Section
      title="Services"
      actions={
        <Link to="/services" className="link text-[0.94rem]">
          All services
        </Link>
      }
    >
      <ServiceRows services={overview.services.slice(0, 12)} />
      {overview.services.length > 12 ? (
        <p className="mt-3 text-soft">
          and{' '}
          <Link to="/services" className="link">
            {countText(overview.services.length - 12, 'more service')}
          </Link>
        </p>
      ) : null}
    </Section>
  );
}

function OnCallNow({ overview }: { overview: Overview }) {
  return (
    <Section title="On call now">
      {overview.onCall.length === 0 ? (
        <p className="text-soft">
          There is no schedule yet, so everybody of the team is called.{' '}
          <Link to="/on-call" className="link">
            About schedules
          </Link>
        </p>
      ) : (
        <ul className="card divide-y divide-line">
          {overview.onCall.map((shift) => (
            <li key={shift.scheduleId} className="flex items-center gap-3 px-4 py-3">
              <Icon name={shift.person ? 'phone' : 'gap'} className={shift.person ? 'text-soft' : 'text-degraded'} />
              <div className="min-w-0">
                <p className="font-semibold">{shift.person?.name ?? 'Nobody'}</p>
                <p className="text-[0.94rem] text-soft">
                  {shift.scheduleName}
                  {shift.untilAt === null ? null : (
                    <>
                      , until <Time at={shift.untilAt} as="moment" />
                    </>
                  )}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Hugs({ overview }: { overview: Overview }) {
  const mayModerate = useAllows('responder');
  const { heldHugs, hugsThisWeek } = overview;
  return (
    <Section title="Hugs">
      <div className="card px-4 py-3">
        <p className="flex items-center gap-3">
          <Icon name="heart" className={hugsThisWeek > 0 ? 'text-warm' : 'text-soft'} />
          <span>
            {hugsThisWeek === 0
              ? 'None this week. They come when something is over.'
              : `${countText(hugsThisWeek, 'hug')} came this week.`}
          </span>
        </p>
        {heldHugs > 0 && mayModerate ? (
          <p className="mt-2 border-t border-line pt-2 text-[0.94rem]">
            <Link to="/hugs" search={{ show: 'waiting' }} className="link inline-flex min-h-9 items-center text-warm!">
              {heldHugs === 1 ? 'One waits to be read' : `${heldHugs} wait to be read`}
            </Link>
          </p>
        ) : null}
      </div>
    </Section>
  );
}

/** What still keeps this installation from doing its work. The first service has its own place on the page. */
function Todo({ overview }: { overview: Overview }) {
  const todo = overview.todo.filter((item) => item.id !== 'no-service');
  if (todo.length === 0) return null;
  return (
    <Section title="Still to do">
      <ul className="card divide-y divide-line">
        {todo.map((item) => (
          <li key={item.id} className="flex items-start gap-3 px-4 py-3">
            <Icon name="warning" className="mt-1 text-degraded" />
            <div className="min-w-0">
              <p>{withCode(item.text)}</p>
              {item.id === 'no-contact' ? (
                <Link to="/me" className="link text-[0.94rem]">
                  Add a contact method
                </Link>
              ) : item.id.startsWith('empty-') ? (
                <Link to="/on-call" className="link text-[0.94rem]">
                  Take the shift
                </Link>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What stands between backticks is for typing. */
const withCode = (text: string) =>
  text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      <code key={part} className="font-mono text-[0.9em]">
        {part}
      </code>
    ) : (
      part
    ),
  );
