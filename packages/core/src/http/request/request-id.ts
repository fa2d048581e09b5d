/** The inference ID of a request: its sources, and the response header that returns it. */

import { randomUuid } from '../../platform/random-id.js';
import { type IdSpace, isInferenceId, registerId } from '../../trace/ids/inference-id.js';
import type { RequestSettings } from '../options/request-settings.js';
import type { AppId } from '../trace/recorded-request-trace.js';

/** The inference ID with which the trace of a request begins. */
export interface RequestId {
  readonly inferenceId: string;
  /** Whether the client or the app has set it, so that an app to which the request is passed on does not change it. */
  readonly keepsId: boolean;
  /** The same id, if it was generated. */
  readonly generatedId: string | undefined;
  /** Undefined if the app sets no other id later. */
  readonly appId: AppId | undefined;
  /** Whether the response header that returns the id is not set yet. */
  readonly isHeaderFree: boolean;
}

/**
 * Chooses the id of a request: the one that the app created, else by the option `inferenceId.from`, else the one in the response
 * header, else the client's, else a new one.
 */
export function chooseId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  res: Res,
  space: IdSpace,
): RequestId {
  const appId = appIdOf(settings, req);
  const mayComeLater = appId === undefined && settings.adapter.appId !== undefined;
  const chosenId = appId ?? idByOption(settings, req);
  const inHeader = readIdHeader(settings, res);
  // The client reads the response's id, also where it had sent another one.
  const serverId = chosenId ?? idInResponse(settings, req, inHeader);
  const existingId = serverId ?? clientIdOf(settings, req);
  const inferenceId = existingId === undefined ? randomUuid() : registerId(existingId, space);
  return {
    inferenceId,
    keepsId: chosenId !== undefined || (serverId === undefined && existingId !== undefined),
    generatedId: existingId === undefined ? inferenceId : undefined,
    appId: mayComeLater ? new AppIdReader(settings, req, space) : undefined,
    isHeaderFree: inHeader === undefined,
  };
}

/** The id of a request that is not recorded; undefined without one. Never throws. */
export function existingIdOf<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  res: Res,
): string | undefined {
  return (
    idByOption(settings, req) ??
    idInResponse(settings, req, readIdHeader(settings, res)) ??
    clientIdOf(settings, req)
  );
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

/** The id that the app itself created, unless it only repeats the client's, which `trust` decides on. Never throws. */
export function appIdOf<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const id = settings.guarded.readRequest('id', settings.adapter.appId, req);
  return isInferenceId(id) && id !== settings.header(req, settings.idHeader) ? id : undefined;
}

/** The id that the app creates after the trace began, as Hono's middleware `requestId` does if it is mounted later. */
class AppIdReader<Req extends object, Res> implements AppId {
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
function idByOption<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const id = settings.guarded.callSyncOption('inferenceId.from', settings.idFrom, req);
  return isInferenceId(id) ? id : undefined;
}

/** The id in the request header, if it is valid and trusted. Never throws. */
function clientIdOf<Req extends object, Res>(
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
function readIdHeader<Req extends object, Res>(
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
function idInResponse<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  sent: unknown,
): string | undefined {
  return isInferenceId(sent) && sent !== settings.header(req, settings.idHeader) ? sent : undefined;
}
