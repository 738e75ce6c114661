import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { ApiError } from './api/client.ts';
import { incidentQuery, meQuery, openIncidentsQuery, overviewQuery, queryClient } from './api/queries.ts';
import { needsSetUp } from './api/session.ts';
import { HomePage } from './pages/home.tsx';
import { IncidentPage } from './pages/incident.tsx';
import { IncidentsPage } from './pages/incidents.tsx';
import { Lost, Starting, Stuck } from './shell/fallbacks.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({ notFoundComponent: Lost });

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
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    // Only addresses of the console itself: a link must not lead a person away after the sign-in.
    typeof search['next'] === 'string' && /^\/(?!\/|\\)/.test(search['next']) ? { next: search['next'] } : {},
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
  path: '/',
  loader: () => void queryClient.prefetchQuery(overviewQuery),
  component: HomePage,
});
const incidents = createRoute({
  getParentRoute: () => member,
  path: '/incidents',
  validateSearch: (search: Record<string, unknown>): { show?: 'past' } =>
    search['show'] === 'past' ? { show: 'past' } : {},
  loader: () => void queryClient.prefetchQuery(openIncidentsQuery),
  component: IncidentsPage,
});
const incident = createRoute({
  getParentRoute: () => member,
  path: '/incidents/$id',
  loader: ({ params }) => void queryClient.prefetchQuery(incidentQuery(params.id)),
  component: IncidentPage,
});
const services = createRoute({
  getParentRoute: () => member,
  path: '/services',
  validateSearch: (search: Record<string, unknown>): { add?: true } =>
    search['add'] === true || search['add'] === 'true' ? { add: true } : {},
  component: lazyRouteComponent(() => import('./pages/services.tsx'), 'ServicesPage'),
});
const service = createRoute({
  getParentRoute: () => member,
  path: '/services/$id',
  component: lazyRouteComponent(() => import('./pages/service.tsx'), 'ServicePage'),
});
const onCall = createRoute({
  getParentRoute: () => member,
  path: '/on-call',
  component: lazyRouteComponent(() => import('./pages/on-call.tsx'), 'OnCallPage'),
});
const hugs = createRoute({
  getParentRoute: () => member,
  path: '/hugs',
  validateSearch: (search: Record<string, unknown>): { show?: 'waiting' | 'shown' | 'kept' } =>
    search['show'] === 'waiting' || search['show'] === 'shown' || search['show'] === 'kept'
      ? { show: search['show'] }
      : {},
  component: lazyRouteComponent(() => import('./pages/hugs.tsx'), 'HugsPage'),
});
const people = createRoute({
  getParentRoute: () => member,
  path: '/people',
  component: lazyRouteComponent(() => import('./pages/people.tsx'), 'PeoplePage'),
});
const me = createRoute({
  getParentRoute: () => member,
  path: '/me',
  component: lazyRouteComponent(() => import('./pages/me.tsx'), 'MePage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    setUp,
    signIn,
    invitation,
    member.addChildren([home, incidents, incident, services, service, onCall, hugs, people, me]),
  ]),
  basepath: '/console',
  trailingSlash: 'never',
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: Stuck,
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
  const { href, pathname } = router.state.location;
  if (/^\/(sign-in|set-up|invitation)/.test(pathname)) return;
  void router.navigate({ to: '/sign-in', search: href === '/' ? {} : { next: href }, replace: true });
});
