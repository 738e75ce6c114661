import { useQuery } from '@tanstack/react-query';
import { ask, post } from '../api/client.ts';
import { calendarLinksQuery, onCallQuery } from '../api/queries.ts';
import { useMe } from '../api/session.ts';
import type { CalendarLink } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { CopyText } from '../ui/copy.tsx';
import { Complaint } from '../ui/form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { Time } from '../ui/time.tsx';

/** Shifts in the calendar that a person looks at anyway. */
export function CalendarButton() {
  const me = useMe();
  if (me.person === null) return null;
  return (
    <SheetButton label="Calendar" title="Shifts in your calendar" icon="outside">
      {() => <Links />}
    </SheetButton>
  );
}

function Links() {
  const query = useQuery(calendarLinksQuery);
  const schedules = useQuery(onCallQuery).data?.schedules ?? [];
  return (
    <Loaded query={query}>
      {({ links }) => (
        <div className="grid gap-5">
          <p className="text-soft">
            Subscribe to a link in your calendar program, and shifts appear there and stay up to date. Whoever has a
            link can read it, so keep it to yourself.
          </p>
          <OneLink title="Your shifts" scheduleId={null} link={links.find((one) => one.scheduleId === null)} />
          {schedules.map(({ id, name }) => (
            <OneLink
              key={id}
              title={`All of ${name}`}
              scheduleId={id}
              link={links.find((one) => one.scheduleId === id)}
            />
          ))}
        </div>
      )}
    </Loaded>
  );
}

function OneLink({
  title,
  scheduleId,
  link,
}: {
  title: string;
  scheduleId: string | null;
  link: CalendarLink | undefined;
}) {
  const make = useAct(() => post('/api/v1/calendar-links', { scheduleId }));
  const end = useAct(() =>
    ask('DELETE', `/api/v1/calendar-links/${encodeURIComponent(link?.id ?? '')}`).then(refreshAll),
  );
  return (
    <section aria-label={title} className="grid gap-2 border-t border-line pt-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h3 className="text-base">{title}</h3>
        {link === undefined ? (
          <Button size="small" onClick={make.run} pending={make.pending}>
            Make a link<span className="sr-only"> to {title}</span>
          </Button>
        ) : (
          <Button size="small" look="quiet" onClick={end.run} pending={end.pending}>
            End this link<span className="sr-only"> to {title}</span>
          </Button>
        )}
      </div>
      {link === undefined ? null : (
        <>
          <CopyText label={`the calendar link to ${title}`} text={link.url} />
          <p className="text-[0.94rem] text-soft">
            {link.lastReadAt === null ? (
              'No calendar has asked for it yet.'
            ) : (
              <>
                Last read <Time at={link.lastReadAt} />.
              </>
            )}
          </p>
        </>
      )}
      {(make.error ?? end.error) === undefined ? null : <Complaint>{make.error ?? end.error}</Complaint>}
    </section>
  );
}
