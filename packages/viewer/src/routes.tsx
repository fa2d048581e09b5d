/** The pages and their addresses. The list comes with the first load, everything else when it is opened. */

import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Frame } from './frame/frame.js';
import { RequestsPage } from './requests/requests-page.js';
import { traceQuery } from './server/queries.js';
import { parseSearch, readPageState, stringifySearch } from './state/page-state.js';
import { Failure } from './ui/layout/states.js';

const root = createRootRoute({
  component: Frame,
  validateSearch: readPageState,
  errorComponent: Broken,
  notFoundComponent: () => (
    <Failure error={new Error('There is no such page.')} retry={undefined} />
  ),
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    beforeLoad: ({ search }) => {
      throw redirect({ to: '/requests', search, replace: true });
    },
  }),
  createRoute({ getParentRoute: () => root, path: '/requests', component: RequestsPage }),
  page('/sessions', () => import('./pages/groups-page.js'), 'GroupsPage'),
  page('/users', () => import('./pages/groups-page.js'), 'GroupsPage'),
  page('/sessions/$id', () => import('./pages/thread-page.js'), 'ThreadPage'),
  page('/users/$id', () => import('./pages/thread-page.js'), 'ThreadPage'),
  page('/overview', () => import('./overview/overview-page.js'), 'OverviewPage'),
  page('/health', () => import('./pages/health-page.js'), 'HealthPage'),
  page('/compare', () => import('./compare/compare-page.js'), 'ComparePage'),
];

function Broken({ error, reset }: ErrorComponentProps): ReactNode {
  return <Failure error={error} retry={reset} />;
}

/** A page that is loaded when it is opened. */
function page<Name extends string>(
  path: string,
  load: () => Promise<Record<Name, () => ReactNode>>,
  name: Name,
) {
  return createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load, name),
  });
}

/** The page of a trace, whose first steps are requested while the page is loaded, and for a link that is pointed at. */
function tracePage(queries: QueryClient) {
  return createRoute({
    getParentRoute: () => root,
    path: '/traces/$number',
    component: lazyRouteComponent(() => import('./trace/trace-page.js'), 'TracePage'),
    loader: ({ params }) => {
      // It is called again for each step that the address names: a trace that is there stays as it is.
      const staleTime = Number.POSITIVE_INFINITY;
      void queries.prefetchQuery({ ...traceQuery(Number(params.number)), staleTime });
    },
  });
}

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([...routes, tracePage(queries)]),
    // The router would keep wrong values beside those that `validateSearch` returns.
    parseSearch: (text) => ({ ...readPageState(parseSearch(text)) }),
    stringifySearch,
    // A page that breaks leaves the frame around it.
    defaultErrorComponent: Broken,
    defaultPreload: 'intent',
    defaultPendingMs: 150,
  });
}
