import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { ApiError } from './api/client.ts';
import { incidentQuery, meQuery, openIncidentsQuery, overviewQuery, queryClient } from './api/queries.ts';
import { needsSetUp } from './api/session.ts';
import { HomePage } from './pages/home.tsx';
import { IncidentPage } from './pages/incident.tsx';
import { IncidentsPage } from './pages/incidents.tsx';
import { Lost, Starting, Stuck, StuckAlone } from './shell/fallbacks.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({ notFoundComponent: Lost });

type Search = Record<string, unknown>;
// A key that is left out would keep what the address says, so a wrong value is made undefined.
const oneOf = <T extends string>(value: unknown, known: readonly T[]): T | undefined =>
  known.find((one) => one === value);

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/set-up',
  beforeLoad: async () => {
    if (!(await needsSetUp())) throw redirect({ to: '/', replace: true });
  },
  component: lazyRouteComponent(() => import('./pages/set-up.tsx'), 'SetUpPage'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  // Only addresses of the console itself: a link must not lead a person away after the sign-in.
  validateSearch: (search: Search): { next?: string | undefined } => ({
    next: typeof search['next'] === 'string' && /^\/(?![/\\])/.test(search['next']) ? search['next'] : undefined,
  }),
  beforeLoad: async () => {
    if (await needsSetUp()) throw redirect({ to: '/set-up', replace: true });
  },
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation/$token',
  component: lazyRouteComponent(() => import('./pages/invitation.tsx'), 'InvitationPage'),
});

/** Everything behind the sign-in. Nothing of it is shown before it is known who looks. */
const member = createRoute({
  getParentRoute: () => root,
  id: 'member',
  component: Shell,
  beforeLoad: async ({ location }) => {
    // Asked beside, because every page's frame shows its counts.
    void queryClient.prefetchQuery({ ...overviewQuery, retry: false });
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      if (await needsSetUp()) throw redirect({ to: '/set-up', replace: true });
      const next = location.href === '/' ? {} : { next: location.href };
      throw redirect({ to: '/sign-in', search: next, replace: true });
    }
  },
  // Long, because after a sign-in nothing but another sign-in changes it; a session that ends is noticed by the pages' own queries.
  staleTime: Infinity,
});

const home = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/',
  loader: () => void queryClient.prefetchQuery(overviewQuery),
  component: HomePage,
});
const incidents = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/incidents',
  validateSearch: (search: Search): { show?: 'past' | 'postmortems' | undefined } => ({
    show: oneOf(search['show'], ['past', 'postmortems']),
  }),
  loader: () => void queryClient.prefetchQuery(openIncidentsQuery),
  component: IncidentsPage,
});
const incident = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/incidents/$id',
  loader: ({ params }) => void queryClient.prefetchQuery(incidentQuery(params.id)),
  component: IncidentPage,
});
const postmortem = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/incidents/$id/postmortem',
  component: lazyRouteComponent(() => import('./pages/postmortem.tsx'), 'PostmortemPage'),
});
const services = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/services',
  validateSearch: (search: Search): { add?: true | undefined } => ({ add: search['add'] === true ? true : undefined }),
  component: lazyRouteComponent(() => import('./pages/services.tsx'), 'ServicesPage'),
});
const service = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/services/$id',
  component: lazyRouteComponent(() => import('./pages/service.tsx'), 'ServicePage'),
});
const dependencies = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/dependencies',
  component: lazyRouteComponent(() => import('./pages/dependencies.tsx'), 'DependenciesPage'),
});
const listening = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/listening',
  component: lazyRouteComponent(() => import('./pages/listening.tsx'), 'ListeningPage'),
});
const listeningTarget = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/listening/$kind/$id',
  component: lazyRouteComponent(() => import('./pages/listening-target.tsx'), 'ListeningTargetPage'),
});
const onCall = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/on-call',
  component: lazyRouteComponent(() => import('./pages/on-call.tsx'), 'OnCallPage'),
});
const plan = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/on-call/plan',
  component: lazyRouteComponent(() => import('./pages/plan.tsx'), 'PlanPage'),
});
const planSchedule = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/on-call/schedules/$id',
  component: lazyRouteComponent(() => import('./pages/plan-schedule.tsx'), 'PlanSchedulePage'),
});
const planPolicy = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/on-call/policies/$id',
  component: lazyRouteComponent(() => import('./pages/plan-policy.tsx'), 'PlanPolicyPage'),
});
const planTeam = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/on-call/teams/$id',
  component: lazyRouteComponent(() => import('./pages/plan-team.tsx'), 'PlanTeamPage'),
});
const hugs = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/hugs',
  validateSearch: (search: Search): { show?: 'quiet' | 'waiting' | 'shown' | 'kept' | undefined } => ({
    show: oneOf(search['show'], ['quiet', 'waiting', 'shown', 'kept']),
  }),
  component: lazyRouteComponent(() => import('./pages/hugs.tsx'), 'HugsPage'),
});
const maintenance = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/maintenance',
  component: lazyRouteComponent(() => import('./pages/maintenance.tsx'), 'MaintenancePage'),
});
const statusPage = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/page',
  component: lazyRouteComponent(() => import('./pages/status-page.tsx'), 'StatusPagePage'),
});
const people = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/people',
  component: lazyRouteComponent(() => import('./pages/people.tsx'), 'PeoplePage'),
});
const me = createRoute({
  getParentRoute: () => member,
  errorComponent: Stuck,
  path: '/me',
  component: lazyRouteComponent(() => import('./pages/me.tsx'), 'MePage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    setUp,
    signIn,
    invitation,
    member.addChildren([
      home,
      incidents,
      incident,
      postmortem,
      services,
      service,
      dependencies,
      listening,
      listeningTarget,
      onCall,
      plan,
      planSchedule,
      planPolicy,
      planTeam,
      hugs,
      maintenance,
      statusPage,
      people,
      me,
    ]),
  ]),
  basepath: '/console',
  trailingSlash: 'never',
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: StuckAlone,
  defaultPendingComponent: Starting,
  defaultNotFoundComponent: Lost,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

// A session can end while its pages are open; whatever asks first and is refused leads to the sign-in.
queryClient.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated' || event.action.type !== 'error') return;
  const { error } = event.action as { error: unknown };
  if (!(error instanceof ApiError) || error.status !== 401) return;
  // Whoever was never signed in is led there by the route itself.
  if (queryClient.getQueryData(meQuery.queryKey) === undefined) return;
  const { href, pathname } = router.state.location;
  if (/^\/(sign-in|set-up|invitation)/.test(pathname)) return;
  void router.navigate({ to: '/sign-in', search: href === '/' ? {} : { next: href }, replace: true });
});
