import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { ask } from '../api/client.ts';
import { serviceQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { ServiceDetail } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { ConfirmButton, SheetButton } from '../ui/sheet.tsx';
import { InFile, shownVerdict, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { AddCheckForm } from './add-check.tsx';
import { CheckRow } from './check-row.tsx';
import { EditDependencies } from './edit-dependencies.tsx';
import { Latency } from './latency.tsx';
import { Sources } from './sources.tsx';

const route = getRouteApi('/member/services/$id');

export function ServicePage() {
  const { id } = route.useParams();
  const query = useQuery(serviceQuery(id));
  return (
    <Page
      title={query.data?.name ?? 'Service'}
      heading={query.data ? <Head service={query.data} /> : <h1 className="sr-only">Service</h1>}
      back={{ to: '/services', text: 'Services' }}
    >
      <Loaded query={query} rows={5}>
        {(service) => <Body service={service} />}
      </Loaded>
    </Page>
  );
}

function Head({ service }: { service: ServiceDetail }) {
  return (
    <div className="mb-7">
      <h1 className="text-2xl rail:text-3xl" tabIndex={-1}>
        {service.name}
      </h1>
      <p className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1">
        <State shown={shownVerdict[service.status]} />
        <span className="text-soft">
          <Time at={service.statusSince} as="since" />
        </span>
        {service.openIncidentId === null ? null : (
          <Link to="/incidents/$id" params={{ id: service.openIncidentId }} className="link">
            The open incident
          </Link>
        )}
      </p>
      {service.description === '' ? null : <p className="mt-2 text-soft">{service.description}</p>}
    </div>
  );
}

function Body({ service }: { service: ServiceDetail }) {
  const mayEdit = useAllows('admin');
  return (
    <div className="rail:grid rail:grid-cols-[minmax(0,1fr)_19rem] rail:gap-10">
      <div>
        <Checks service={service} mayEdit={mayEdit} />
        {service.latency.length > 0 ? (
          <Section title="Response time, last 24 hours">
            <Latency points={service.latency} />
          </Section>
        ) : null}
        <Sources service={service} mayEdit={mayEdit} />
      </div>
      <div>
        <Section title="About">
          <About service={service} />
        </Section>
        {mayEdit && service.ownedBy === 'console' ? (
          <p className="mb-4">
            <SheetButton label="Change what it needs" title={`What ${service.name} needs`} size="small">
              {(close) => <EditDependencies service={service} close={close} />}
            </SheetButton>
          </p>
        ) : null}
        {mayEdit && service.ownedBy === 'console' ? <Remove service={service} /> : null}
      </div>
    </div>
  );
}

function Checks({ service, mayEdit }: { service: ServiceDetail; mayEdit: boolean }) {
  const add = mayEdit ? (
    <SheetButton
      label="Add a check"
      title="Add a check"
      icon="plus"
      size="small"
      look={service.checks.length === 0 ? 'primary' : 'plain'}
    >
      {(close) => <AddCheckForm serviceId={service.id} serviceName={service.name} close={close} />}
    </SheetButton>
  ) : null;
  return (
    <Section title="Checks" actions={add}>
      {service.checks.length === 0 ? (
        <Empty>
          Nobody looks at {service.name} yet. Add a check: HugOps asks it regularly, and calls somebody when it does not
          answer as it should.
        </Empty>
      ) : (
        <ul className="card divide-y divide-line">
          {service.checks.map((check) => (
            <CheckRow key={check.id} check={check} mayEdit={mayEdit} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function About({ service }: { service: ServiceDetail }) {
  const row = 'flex items-start gap-3 px-4 py-2.5';
  return (
    <ul className="card divide-y divide-line">
      <li className={row}>
        <Icon name="people" className="mt-1 text-soft" />
        {service.team === null ? 'Belongs to no team' : `Belongs to ${service.team.name}`}
      </li>
      <li className={row}>
        <Icon name="phone" className="mt-1 text-soft" />
        {service.policy === null ? 'No policy: the owners are called' : `Policy: ${service.policy.name}`}
      </li>
      <li className={row}>
        <Icon name="eye" className="mt-1 text-soft" />
        {service.onStatusPage ? 'On the status page' : 'Not on the status page'}
      </li>
      {service.dependsOn.map((dependency) => (
        <li key={dependency.id} className={row}>
          <Icon name={dependency.name === null ? 'outside' : 'service'} className="mt-1 text-soft" />
          <span className="min-w-0 wrap-anywhere">
            Needs{' '}
            {dependency.name === null ? (
              dependency.id
            ) : (
              <Link to="/services/$id" params={{ id: dependency.id }} className="link">
                {dependency.name}
              </Link>
            )}
            {dependency.hardness === 'soft' ? (
              <span className="text-soft"> (works without, with something missing)</span>
            ) : null}
          </span>
        </li>
      ))}
      {service.ownedBy === 'file' ? (
        <li className={row}>
          <InFile />
        </li>
      ) : null}
    </ul>
  );
}

function Remove({ service }: { service: ServiceDetail }) {
  const router = useRouter();
  const act = async (): Promise<void> => {
    await ask('DELETE', `/api/v1/services/${encodeURIComponent(service.id)}`);
    await router.navigate({ to: '/services', replace: true });
    await refreshAll();
  };
  return (
    <ConfirmButton
      label="Remove the service"
      look="quiet"
      size="small"
      question={`Remove ${service.name}?`}
      consequence="Its checks end, and it leaves the status page. Past incidents stay."
      confirm="Remove it"
      act={act}
    />
  );
}
