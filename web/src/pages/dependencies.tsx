import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { dependenciesQuery } from '../api/queries.ts';
import type { DependencyMap } from '../api/types.ts';
import { Disclosure } from '../ui/disclosure.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { type Shown, shownVerdict, State } from '../ui/states.tsx';

type Service = DependencyMap['services'][number];
type Upstream = DependencyMap['upstreams'][number];

const shownUpstream: Record<Upstream['state'], Shown> = {
  operational: { icon: 'ok', word: 'No trouble told', tone: 't-ok' },
  degraded_performance: { icon: 'degraded', word: 'Degraded', tone: 't-degraded' },
  partial_outage: { icon: 'partial', word: 'Partial outage', tone: 't-partial' },
  major_outage: { icon: 'major', word: 'Major outage', tone: 't-major' },
  under_maintenance: { icon: 'clock', word: 'Maintenance', tone: 't-maintenance' },
  unknown: { icon: 'unknown', word: 'Not known', tone: 't-unknown' },
};

/** What stands on what, as lists that a phone and a screen reader can follow: first what most stands on. */
export function DependenciesPage() {
  const query = useQuery(dependenciesQuery);
  return (
    <Page title="Dependencies" back={{ to: '/services', text: 'Services' }}>
      <Loaded query={query} rows={6}>
        {(map) => (map.dependencies.length === 0 ? <Nothing /> : <Map map={map} />)}
      </Loaded>
    </Page>
  );
}

function Nothing() {
  return (
    <Empty>
      Nothing is written down about what services need. Say it on a service’s page or in hugops.yaml, and HugOps makes
      one incident of what one cause breaks.
    </Empty>
  );
}

function Map({ map }: { map: DependencyMap }) {
  const view = arrange(map);
  return (
    <>
      {map.circles.length === 0 ? null : (
        <p role="note" className="mb-5 flex items-start gap-2">
          <Icon name="warning" className="mt-1 text-soft" />
          <span>
            In a circle nobody can tell cause from effect:{' '}
            {map.circles.map((circle) => circle.map(view.nameOf).join(' → ')).join('; ')}. Make one of these
            dependencies soft.
          </span>
        </p>
      )}
      <Section title="What services stand on">
        <ul className="space-y-3">
          {view.roots.map((id) => (
            <li key={id} className="card px-4 py-3">
              <Node id={id} view={view} />
              <Dependents id={id} view={view} path={[id]} />
            </li>
          ))}
        </ul>
      </Section>
      {view.alone.length === 0 ? null : (
        <Section title="Not connected">
          <ul className="card divide-y divide-line">
            {view.alone.map((id) => (
              <li key={id} className="px-4 py-2.5">
                <Node id={id} view={view} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

interface View {
  services: ReadonlyMap<string, Service>;
  upstreams: ReadonlyMap<string, Upstream>;
  neededBy: ReadonlyMap<string, DependencyMap['dependencies']>;
  roots: string[];
  alone: string[];
  nameOf: (id: string) => string;
}

function arrange(map: DependencyMap): View {
  const services = new globalThis.Map(map.services.map((service) => [service.id, service]));
  const upstreams = new globalThis.Map(map.upstreams.map((upstream) => [upstream.id, upstream]));
  const neededBy = globalThis.Map.groupBy(map.dependencies, (edge) => edge.on);
  const needs = new Set(map.dependencies.map((edge) => edge.from));
  const inCircle = new Set(map.circles.map((circle) => circle[0] ?? ''));
  // From the bottom: what needs nothing itself. Of a circle one stands for all.
  const roots = [...neededBy.keys()].filter((id) => !needs.has(id) || inCircle.has(id));
  const isBad = (id: string): boolean => ((services.get(id) ?? upstreams.get(id))?.causeOf ?? null) !== null;
  const alone = map.services.map((service) => service.id).filter((id) => !needs.has(id) && !neededBy.has(id));
  return {
    services,
    upstreams,
    neededBy,
    roots: roots.toSorted(
      (a, b) =>
        Number(isBad(b)) - Number(isBad(a)) ||
        (neededBy.get(b)?.length ?? 0) - (neededBy.get(a)?.length ?? 0) ||
        a.localeCompare(b),
    ),
    alone,
    nameOf: (id) => services.get(id)?.name ?? id,
  };
}

/** What stands on a node, and what stands on that; opened by itself where something is broken. */
function Dependents({ id, view, path }: { id: string; view: View; path: readonly string[] }) {
  const edges = view.neededBy.get(id) ?? [];
  if (edges.length === 0) return null;
  const isTouched = edges.some((edge) => (view.services.get(edge.from)?.incident ?? null) !== null);
  return (
    <Disclosure label={edges.length === 1 ? '1 service needs it' : `${edges.length} services need it`} open={isTouched}>
      <ul className="mt-1 space-y-2 border-s border-line ps-4">
        {edges.map((edge) => (
          <li key={edge.from}>
            <Node id={edge.from} view={view} />
            {edge.hardness === 'soft' ? (
              <span className="text-[0.94rem] text-soft">works without, with something missing</span>
            ) : null}
            {path.includes(edge.from) ? null : <Dependents id={edge.from} view={view} path={[...path, edge.from]} />}
          </li>
        ))}
      </ul>
    </Disclosure>
  );
}

function Node({ id, view }: { id: string; view: View }) {
  const service = view.services.get(id);
  const upstream = view.upstreams.get(id);
  const about = service ?? upstream;
  const incident = about?.causeOf ?? about?.incident ?? null;
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
      {service === undefined ? (
        <span className="break-all font-semibold">{id}</span>
      ) : (
        <Link to="/services/$id" params={{ id }} className="link font-semibold">
          {service.name}
        </Link>
      )}
      <State shown={service ? shownVerdict[service.status] : shownUpstream[upstream?.state ?? 'unknown']} />
      {incident === null ? null : (
        <Link to="/incidents/$id" params={{ id: incident.id }} className="link">
          {(about?.causeOf ?? null) === null
            ? `In incident #${incident.number}`
            : `Likely cause of #${incident.number}`}
        </Link>
      )}
    </p>
  );
}
