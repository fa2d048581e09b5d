/** Recognises requests to models by their paths and fields. */

import { reportUnrecorded } from '@openlayer-tracing/core/integration';
import type { JsonObject } from '../../common/json.js';
import type { ModelRequest, Retrieval, Shape } from '../../shapes/reading/shape.js';
import type { ClientProfile } from '../exchange/client-profile.js';
import type { FetchInit, FetchInput } from '../exchange/fetch-types.js';
import { methodOf, urlOf } from './read-request.js';

/**
 * The shape of a POST; undefined if the profile has none. Then the request is reported as `unrecorded_call`, as the profile
 * says.
 */
export function shapeOf(profile: ClientProfile, request: ModelRequest): Shape | undefined {
  const isKnown = request.isUnread !== true || !profile.isForAnyHost;
  const shape = isKnown ? profile.shapes.find((each) => each.matches(request)) : undefined;
  const { pathname } = request.url;
  if (shape === undefined && isReported(profile, pathname)) {
    reportUnrecorded(`POST ${pathPattern(pathname)}`);
  }
  return shape;
}

/** Whether a POST to the path is reported if no shape matches it. */
function isReported({ isForAnyHost, unreportedPaths }: ClientProfile, path: string): boolean {
  return !isForAnyHost && !unreportedPaths.some((each) => each.test(path));
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
const UNREAD: JsonObject = new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse });

function refuse(): never {
  throw new TypeError('the body is not read yet');
}

/** Whether a request may be one to a model, by its method and path. The body is not read. */
export function mayBeModelRequest(
  shapes: readonly Pick<Shape, 'matches'>[],
  input: FetchInput,
  init: FetchInit | undefined,
): boolean {
  if (methodOf(input, init) !== 'POST') return false;
  const url = urlOf(input);
  return url !== undefined && mayMatch(shapes, url);
}

/** Whether any of the shapes may match a POST to the URL. */
export function mayMatch(shapes: readonly Pick<Shape, 'matches'>[], url: URL): boolean {
  return shapes.some((shape) => readsFields(() => shape.matches({ url, params: UNREAD })));
}

/** Whether the fields of a POST to the URL may decide what is recorded of it. */
export function mayNeedBody(profile: ClientProfile, url: URL): boolean {
  const { shapes, retrievals = [] } = profile;
  if (mayMatch(shapes, url)) return true;
  const idInBody = ({ idInBody: idOf }: Retrieval) => idOf?.({ url, params: UNREAD }) !== undefined;
  if (retrievals.some((each) => readsFields(() => idInBody(each)))) return true;
  return isReported(profile, url.pathname);
}

/** What `test` returns; true if it reads a field of `UNREAD`. */
function readsFields(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return true;
  }
}
