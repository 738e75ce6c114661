import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, get } from './client.ts';
import { learnTime } from './server-time.ts';
import type {
  ActionItem,
  ApiKeyView,
  CalendarLink,
  DependencyMap,
  CreditView,
  Hug,
  IncidentDetail,
  IncidentSummary,
  Listening,
  ListeningTarget,
  MaintenanceView,
  Me,
  MyThanks,
  QuietSave,
  OnCallView,
  Overview,
  PersonView,
  PlannedSchedule,
  PolicyView,
  Postmortem,
  PostmortemSummary,
  ProbeView,
  PublicationView,
  SeriesView,
  ServiceDetail,
  ServiceSummary,
  SwapView,
  TeamView,
  TimeOffView,
} from './types.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // What was shown a moment ago is shown again at once; the live stream says when it is no longer true.
      staleTime: 5_000,
      gcTime: 10 * 60_000,
      // fetch() is asked anyway: browsers are often wrong about being offline.
      networkMode: 'always',
      retry: (failures, error) => failures < 3 && isPassing(error),
      retryDelay: (failures, error) =>
        (error instanceof ApiError ? error.retryAfterMs : undefined) ?? Math.min(1_000 * 2 ** failures, 8_000),
    },
    mutations: { networkMode: 'always' },
  },
});

/** True when the same request may well succeed a little later. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;

const idOf = encodeURIComponent;

// The stream tells what somebody did or what broke. What only time changes (a shift that ends, a result like the one before) is asked for.
const slowMs = 60_000;
const heardMs = 10_000;
const resultsMs = 5_000;
const firstResultMs = 1_500;

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => get<Me>('/api/v1/me', signal),
  staleTime: 60_000,
});

export const probesQuery = queryOptions({
  queryKey: ['probes'],
  queryFn: ({ signal }) => get<{ probes: ProbeView[] }>('/api/v1/probes', signal),
  refetchInterval: resultsMs,
});

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: async ({ signal }) => {
    const askedAt = Date.now();
    const overview = await get<Overview>('/api/v1/overview', signal);
    learnTime(overview.now, askedAt, Date.now());
    return overview;
  },
  refetchInterval: slowMs,
});

export const openIncidentsQuery = queryOptions({
  queryKey: ['incidents', 'open'],
  queryFn: ({ signal }) => get<{ incidents: IncidentSummary[] }>('/api/v1/incidents?status=open&limit=200', signal),
});

const pageSize = 30;

export const pastIncidentsQuery = infiniteQueryOptions({
  queryKey: ['incidents', 'past'],
  queryFn: ({ pageParam, signal }) =>
    get<{ incidents: IncidentSummary[] }>(
      `/api/v1/incidents?status=resolved&limit=${pageSize}${pageParam === 0 ? '' : `&before=${pageParam}`}`,
      signal,
    ),
  initialPageParam: 0,
  getNextPageParam: (page) => (page.incidents.length < pageSize ? undefined : page.incidents.at(-1)?.number),
});

export const incidentQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id],
    queryFn: ({ signal }) => get<IncidentDetail>(`/api/v1/incidents/${idOf(id)}`, signal),
    refetchInterval: slowMs,
  });

export const postmortemQuery = (incidentId: string) =>
  queryOptions({
    queryKey: ['postmortem', incidentId],
    queryFn: ({ signal }) => get<Postmortem>(`/api/v1/incidents/${idOf(incidentId)}/postmortem`, signal),
  });

export const postmortemsQuery = queryOptions({
  queryKey: ['postmortems'],
  queryFn: ({ signal }) => get<{ postmortems: PostmortemSummary[] }>('/api/v1/postmortems?limit=200', signal),
});

export const actionItemsQuery = queryOptions({
  queryKey: ['action-items'],
  queryFn: ({ signal }) => get<{ actionItems: ActionItem[] }>('/api/v1/action-items?limit=200', signal),
});

export const servicesQuery = queryOptions({
  queryKey: ['services'],
  queryFn: ({ signal }) => get<{ services: ServiceSummary[] }>('/api/v1/services', signal),
});

export const serviceQuery = (id: string) =>
  queryOptions({
    queryKey: ['service', id],
    queryFn: ({ signal }) => get<ServiceDetail>(`/api/v1/services/${idOf(id)}`, signal),
    refetchInterval: ({ state }) =>
      state.data?.checks.some((check) => check.lastResult === null && check.kind !== 'heartbeat')
        ? firstResultMs
        : resultsMs,
  });

export const dependenciesQuery = queryOptions({
  queryKey: ['dependencies'],
  queryFn: ({ signal }) => get<DependencyMap>('/api/v1/dependencies', signal),
  refetchInterval: slowMs,
});

export const listeningQuery = queryOptions({
  queryKey: ['listening'],
  queryFn: ({ signal }) => get<Listening>('/api/v1/listening', signal),
  refetchInterval: heardMs,
});

export const listeningTargetQuery = (kind: string, id: string) =>
  queryOptions({
    queryKey: ['listening', kind, id],
    queryFn: ({ signal }) => get<ListeningTarget>(`/api/v1/listening/${idOf(kind)}/${idOf(id)}`, signal),
    refetchInterval: heardMs,
  });

export const onCallQuery = queryOptions({
  queryKey: ['on-call'],
  queryFn: ({ signal }) => get<OnCallView>('/api/v1/on-call?days=14', signal),
  refetchInterval: slowMs,
});

export const plannedSchedulesQuery = queryOptions({
  queryKey: ['schedules'],
  queryFn: ({ signal }) => get<{ schedules: PlannedSchedule[] }>('/api/v1/schedules', signal),
});

export const policiesQuery = queryOptions({
  queryKey: ['policies'],
  queryFn: ({ signal }) => get<{ policies: PolicyView[] }>('/api/v1/policies', signal),
});

export const teamsQuery = queryOptions({
  queryKey: ['teams'],
  queryFn: ({ signal }) => get<{ teams: TeamView[] }>('/api/v1/teams', signal),
});

export const timeOffQuery = queryOptions({
  queryKey: ['time-off'],
  queryFn: ({ signal }) => get<{ timeOff: TimeOffView[] }>('/api/v1/time-off', signal),
});

export const swapsQuery = queryOptions({
  queryKey: ['swaps'],
  queryFn: ({ signal }) => get<{ swaps: SwapView[] }>('/api/v1/swaps', signal),
  refetchInterval: slowMs,
});

export const calendarLinksQuery = queryOptions({
  queryKey: ['calendar-links'],
  queryFn: ({ signal }) => get<{ links: CalendarLink[] }>('/api/v1/calendar-links', signal),
});

export const hugsQuery = (status: Hug['status']) =>
  queryOptions({
    queryKey: ['hugs', status],
    queryFn: ({ signal }) => get<{ hugs: Hug[] }>(`/api/v1/hugs?status=${status}`, signal),
  });

export const quietSavesQuery = queryOptions({
  queryKey: ['quiet-saves'],
  queryFn: ({ signal }) => get<{ quietSaves: QuietSave[] }>('/api/v1/quiet-saves', signal),
});

export const myThanksQuery = queryOptions({
  queryKey: ['my-thanks'],
  queryFn: ({ signal }) => get<MyThanks>('/api/v1/me/thanks', signal),
});

export const maintenancesQuery = queryOptions({
  queryKey: ['maintenances'],
  queryFn: ({ signal }) => get<{ maintenances: MaintenanceView[] }>('/api/v1/maintenances', signal),
  // It starts and ends by itself.
  refetchInterval: slowMs,
});

export const seriesQuery = queryOptions({
  queryKey: ['maintenance-series'],
  queryFn: ({ signal }) => get<{ series: SeriesView[] }>('/api/v1/maintenance-series', signal),
  refetchInterval: slowMs,
});

export const publicationQuery = queryOptions({
  queryKey: ['publication'],
  queryFn: ({ signal }) => get<PublicationView>('/api/v1/publication', signal),
  refetchInterval: resultsMs,
});

export const creditQuery = (incidentId: string) =>
  queryOptions({
    queryKey: ['credit', incidentId],
    queryFn: ({ signal }) => get<CreditView>(`/api/v1/incidents/${idOf(incidentId)}/credits`, signal),
  });

export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: ({ signal }) => get<{ people: PersonView[] }>('/api/v1/people', signal),
});

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ signal }) => get<{ keys: ApiKeyView[] }>('/api/v1/api-keys', signal),
});
