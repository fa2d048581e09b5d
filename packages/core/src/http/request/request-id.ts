/** The inference ID of a request: its sources, and the response header that returns it. */

import { type IdSpace, isInferenceId, registerId } from '../../trace/ids/inference-id.js';
import type { RequestSettings } from '../options/request-settings.js';
import type { AppId } from '../trace/recorded-request-trace.js';

/** The id that the app itself created, unless it only repeats the client's, which `trust` decides on. Never throws. */
export function appIdOf<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const id = settings.guarded.readRequest('id', settings.adapter.appId, req);
  return isInferenceId(id) && id !== settings.header(req, settings.idHeader) ? id : undefined;
}

/** The id that the app creates after the trace began, as Hono's middleware `requestId` does if it is mounted later. */
export class AppIdReader<Req extends object, Res> implements AppId {
  readonly #settings: RequestSettings<Req, Res>;
  readonly #req: Req;
  readonly #space: IdSpace;
  /** The id that the app created last, when it was last read. */
  #lastRead: string | undefined = undefined;
  /** What it was registered as: once, since a second time would count as a repetition. */
  #registered: string | undefined = undefined;

  constructor(settings: RequestSettings<Req, Res>, req: Req, space: IdSpace) {
    this.#settings = settings;
    this.#req = req;
    this.#space = space;
  }

  read(): string | undefined {
    const id = appIdOf(this.#settings, this.#req);
    if (id !== undefined && id !== this.#lastRead) {
      this.#lastRead = id;
      this.#registered = registerId(id, this.#space);
    }
    return this.#registered;
  }
}

/** The id by the option `inferenceId.from`, if it is valid. Never throws. */
export function idByOption<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const id = settings.guarded.callSyncOption('inferenceId.from', settings.idFrom, req);
  return isInferenceId(id) ? id : undefined;
}

/** The id in the request header, if it is valid and trusted. Never throws. */
export function clientIdOf<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const { trust } = settings;
  const id = settings.header(req, settings.idHeader);
  if (!isInferenceId(id)) return undefined;
  const isTrusted =
    typeof trust === 'function'
      ? settings.guarded.callSyncOption('inferenceId.trust', trust, req)
      : trust;
  return isTrusted === true ? id : undefined;
}

/** The value of the response header that returns the id; undefined if it may be set. Never throws. */
export function readIdHeader<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  res: Res,
): unknown {
  try {
    // If a connection was upgraded before the app ran, there is no response.
    return res && settings.adapter.responseHeader(res, settings.idHeader);
  } catch (error) {
    settings.guarded.reportFailure('header', error);
    return null;
  }
}

/**
 * The id that another middleware has created and set in the response header, unless it only repeats the client's, which `trust`
 * decides on. Never throws.
 * @param sent the value of the response header
 */
export function idInResponse<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  sent: unknown,
): string | undefined {
  return isInferenceId(sent) && sent !== settings.header(req, settings.idHeader) ? sent : undefined;
}

/** Sets the response header, which is not set yet, to the id. Never throws. */
export function echoId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  res: Res,
  id: string,
): void {
  const { adapter, echo, idHeader } = settings;
  try {
    if (res && echo) adapter.setResponseHeader(res, idHeader, id);
  } catch (error) {
    settings.guarded.reportFailure('header', error);
  }
}
