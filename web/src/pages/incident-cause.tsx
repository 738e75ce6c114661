import { Link } from '@tanstack/react-router';
import { post } from '../api/client.ts';
import { useAllows } from '../api/session.ts';
import type { IncidentDetail } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Icon } from '../ui/icons.tsx';
import { ConfirmButton } from '../ui/sheet.tsx';
import { Section } from '../ui/page.tsx';
import { shownVerdict, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Cause = NonNullable<IncidentDetail['cause']>;

const pathOf = (incident: IncidentDetail, verb: string): string =>
  `/api/v1/incidents/${encodeURIComponent(incident.id)}/${verb}`;

/** What is likely behind it and why, what else was thought of, and the buttons for whoever knows better. */
export function LikelyCause({ incident }: { incident: IncidentDetail }) {
  const { cause, otherCauses, ruledOut } = incident;
  const mayAct = useAllows('responder') && incident.status !== 'resolved';
  if (cause === null && ruledOut.length === 0) return null;
  return (
    <Section title="Likely cause">
      <div className="card divide-y divide-line">
        {cause === null ? (
          <p className="px-4 py-3 text-soft">Nothing else is likely: it probably broke by itself.</p>
        ) : (
          <div className="px-4 py-3">
            <p className="flex flex-wrap items-baseline gap-x-3">
              <CauseName cause={cause} />
              <span className="text-soft">{sureness(cause)}</span>
            </p>
            <p className="mt-1">{cause.text}</p>
            <ul className="mt-2 list-disc space-y-0.5 pl-5 text-[0.94rem] text-soft">
              {cause.evidence.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            {mayAct ? <Overrule incident={incident} cause={cause} isStated /> : null}
          </div>
        )}
        {otherCauses.length === 0 ? null : (
          <div className="px-4 py-3">
            <Disclosure label={`Also thought of: ${otherCauses.length}`}>
              <ul className="mt-2 space-y-3">
                {otherCauses.map((other) => (
                  <li key={other.id}>
                    <p className="flex flex-wrap items-baseline gap-x-3">
                      <CauseName cause={other} />
                      <span className="text-soft">{sureness(other)}</span>
                    </p>
                    <p className="text-[0.94rem] text-soft">{other.text}</p>
                    {mayAct ? <Overrule incident={incident} cause={other} isStated={false} /> : null}
                  </li>
                ))}
              </ul>
            </Disclosure>
          </div>
        )}
        {ruledOut.length === 0 ? null : (
          <p className="px-4 py-2.5 text-[0.94rem] text-soft">
            Ruled out: {ruledOut.map((one) => one.name).join(', ')}
          </p>
        )}
      </div>
    </Section>
  );
}

function CauseName({ cause }: { cause: Cause }) {
  const name = <span className="break-all text-lg font-semibold">{cause.name}</span>;
  return (
    <span className="inline-flex min-w-0 items-center gap-2">
      <Icon name={cause.kind === 'upstream' ? 'outside' : 'service'} className="text-soft" />
      {cause.kind === 'upstream' ? (
        name
      ) : (
        <Link to="/services/$id" params={{ id: cause.id }} className="link">
          {name}
        </Link>
      )}
    </span>
  );
}

/** A share in words and figures; a person's word needs no figure. */
function sureness(cause: Cause): string {
  if (cause.decidedBy === 'person') return 'a person said so';
  const percent = `${Math.round(cause.confidence * 100)} %`;
  if (cause.confidence >= 0.9) return `almost certain, ${percent}`;
  if (cause.confidence >= 0.6) return `likely, ${percent}`;
  return cause.confidence >= 0.3 ? `possible, ${percent}` : `unlikely, ${percent}`;
}

function Overrule({ incident, cause, isStated }: { incident: IncidentDetail; cause: Cause; isStated: boolean }) {
  const rule = (ruling: 'is-cause' | 'not-cause') => () =>
    post(pathOf(incident, 'causes'), { causeId: cause.id, ruling });
  const yes = useAct(rule('is-cause'));
  const no = useAct(rule('not-cause'));
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      {isStated && cause.decidedBy === 'person' ? null : (
        <Button size="small" onClick={yes.run} pending={yes.pending} aria-label={`${cause.name} is the cause`}>
          This is the cause
        </Button>
      )}
      <Button
        size="small"
        look="quiet"
        onClick={no.run}
        pending={no.pending}
        aria-label={`${cause.name} is not the cause`}
      >
        Not this
      </Button>
      {(yes.error ?? no.error) === undefined ? null : (
        <p role="alert" className="text-major">
          {yes.error ?? no.error}
        </p>
      )}
    </div>
  );
}

/** The services that the incident touches, once there are several, each with the way out for one that has a trouble of its own. */
export function TouchedServices({ incident }: { incident: IncidentDetail }) {
  const mayAct = useAllows('responder') && incident.status !== 'resolved';
  const { services } = incident;
  if (services.length < 2) return null;
  const firing = services.filter((service) => service.isFiring).length;
  return (
    <Section title={`Services touched: ${services.length}`}>
      <ul className="card divide-y divide-line">
        {services.map((service) => (
          <li key={service.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
            <div className="min-w-0 grow">
              <Link to="/services/$id" params={{ id: service.id }} className="link font-semibold">
                {service.name}
              </Link>
              <p className="flex flex-wrap items-center gap-x-3 text-[0.94rem] text-soft">
                {service.isFiring ? <State shown={{ ...shownVerdict.down, word: 'Alerts' }} /> : null}
                {!service.isFiring && service.clearAt !== null ? (
                  <State shown={{ ...shownVerdict.up, word: 'Clear again' }} />
                ) : null}
                {service.sinceAt === null ? null : <Time at={service.clearAt ?? service.sinceAt} as="since" />}
                {service.team === null ? null : <span>{service.team}</span>}
              </p>
            </div>
            {mayAct && service.isFiring && firing > 1 ? (
              <ConfirmButton
                label="Not part of this"
                size="small"
                look="quiet"
                aria-label={`Give ${service.name} an incident of its own`}
                question={`Is ${service.name} another trouble?`}
                consequence="It gets an incident of its own, and its people are called for it now."
                confirm="Yes, take it out"
                act={() => post(pathOf(incident, 'split'), { serviceId: service.id }).then(refreshAll)}
              />
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
