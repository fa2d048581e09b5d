/** Recognises requests to models by their paths and fields. */

import { reportUnrecorded } from '@openlayer-tracing/core/integration';
import type { Json } from '../../common/json.js';
import type { ModelRequest, Retrieval, Shape } from '../../shapes/shape.js';
import type { ClientProfile } from '../client-profile.js';
import type { FetchInit, FetchInput } from '../fetch-types.js';
import { isRequest, urlOf } from './read-request.js';

/**
 * The shape of a POST; undefined if the profile has none. Then the request is reported as `unrecorded_call`, unless its path
 * is known to cost nothing.
 */
export function shapeOf({ shapes, free }: ClientProfile, request: ModelRequest): Shape | undefined {
  // A traced fetch sends requests to any host, so that a path alone does not identify a call of a model.
  const isKnown = request.isUnread !== true || free !== undefined;
  const shape = isKnown ? shapes.find((each) => each.matches(request)) : undefined;
  const { pathname } = request.url;
  if (shape === undefined && free?.some((path) => path.test(pathname)) === false) {
    reportUnrecorded(`POST ${pathPattern(pathname)}`);
  }
  return shape;
}

/** The path with an asterisk in place of each part that may be an id. */
export function pathPattern(path: string): string {
  const parts = path.split('/').map((part) => (isName(part) ? part : '*'));
  return parts.join('/');
}

function isName(part: string): boolean {
  return /^[a-z_-]*$/i.test(part) ? part.length <= 32 : /^v\d(\w*)$/.test(part);
}

/** Throws when a field is read. A shape tests the path first, and reads fields only if the path matches. */
const UNREAD: Json = new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse });

function refuse(): never {
  throw new TypeError('the body is not read yet');
}

/** Whether a request may be one to a model, by its method and path. The body is not read. */
export function mayBeModelRequest(
  shapes: readonly Pick<Shape, 'matches'>[],
  input: FetchInput,
  init: FetchInit | undefined,
): boolean {
  const method = init?.method ?? (isRequest(input) ? input.method : 'GET');
  if (typeof method !== 'string' || method.toUpperCase() !== 'POST') return false;
  const url = urlOf(input);
  return url !== undefined && mayMatch(shapes, url);
}

/** Whether any of the shapes may match a POST to the URL. */
export function mayMatch(shapes: readonly Pick<Shape, 'matches'>[], url: URL): boolean {
  return shapes.some((shape) => readsFields(() => shape.matches({ url, params: UNREAD })));
}

/** Whether the fields of a POST to the URL may decide what is recorded of it. */
export function mayNeedBody({ shapes, retrievals = [], free }: ClientProfile, url: URL): boolean {
  if (mayMatch(shapes, url)) return true;
  const idInBody = ({ idInBody: idOf }: Retrieval) => idOf?.({ url, params: UNREAD }) !== undefined;
  if (retrievals.some((each) => readsFields(() => idInBody(each)))) return true;
  return free?.some((path) => path.test(url.pathname)) === false;
}

/** What `test` returns; true if it reads a field of `UNREAD`. */
function readsFields(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return true;
  }
}
