/** Where a request was handled, and how it is written in `metadata.http`. */

import { quote } from '../../values/json/json-text.js';

/** Where a request is handled. */
export interface PlaceFacts {
  /** The route pattern; undefined if no route matched. */
  readonly route: string | undefined;
  /** Without a route, the pattern of the mount that handled the request, such as `/assets`. */
  readonly mount: string | undefined;
  /** Without the query, and with secret parameters masked. */
  readonly path: string;
}

/** Facts of a request that are known at its end. */
export interface RequestFacts extends PlaceFacts {
  /** The result of the option `name`. */
  readonly name: string | undefined;
}

/** Where a framework runs code for a request: handlers of a route, middleware below a mount, or middleware of the app. */
export type Place = 'route' | 'mount' | 'app';

/** What `metadata.http` has of a request before its response, as JSON text. @param path JSON text */
export function httpStartText(method: string, route: string | undefined, path: string): string {
  return `"method":${quote(method)},"route":${route === undefined ? 'null' : quote(route)},"path":${path}`;
}

/** The first members of a request's `metadata.http`, as JSON text. @param path JSON text */
export function httpText(
  method: string,
  { route }: RequestFacts,
  path: string,
  status: number | undefined,
): string {
  return `${httpStartText(method, route, path)},"status":${status ?? 'null'}`;
}
