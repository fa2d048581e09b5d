/** The inference ID of a request: its sources, and the response header that returns it. */

import { randomUuid } from '../../platform/random-id.js';
import { type IdSpace, isInferenceId, registerId } from '../../trace/ids/inference-id.js';
import type { RequestConfig } from '../options/request-config.js';
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
  config: RequestConfig<Req, Res>,
  req: Req,
  res: Res,
  space: IdSpace,
): RequestId {
  const appId = appIdOf(config, req);
  const mayComeLater = appId === undefined && config.adapter.appId !== undefined;
  const chosenId = appId ?? idByOption(config, req);
  const inHeader = readIdHeader(config, res);
  // The client reads the response's id, also where it had sent another one.
  const serverId = chosenId ?? idInResponse(config, req, inHeader);
  const existingId = serverId ?? clientIdOf(config, req);
  const inferenceId = existingId === undefined ? randomUuid() : registerId(existingId, space);
  return {
    inferenceId,
    keepsId: chosenId !== undefined || (serverId === undefined && existingId !== undefined),
    generatedId: existingId === undefined ? inferenceId : undefined,
    appId: mayComeLater ? new AppIdReader(config, req, space) : undefined,
    isHeaderFree: inHeader === undefined,
  };
}

/** The id of a request that is not recorded; undefined without one. Never throws. */
export function existingIdOf<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
  res: Res,
): string | undefined {
  return (
    idByOption(config, req) ??
    idInResponse(config, req, readIdHeader(config, res)) ??
    clientIdOf(config, req)
  );
}

/** Sets the response header, which is not set yet, to the id. Never throws. */
export function echoId<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  res: Res,
  id: string,
): void {
  const { adapter, echo, idHeader } = config;
  try {
    if (res && echo) adapter.setResponseHeader(res, idHeader, id);
  } catch (error) {
    config.guarded.reportFailure('header', error);
  }
}

/** The id that the app itself created, unless it only repeats the client's, which `trust` decides on. Never throws. */
export function appIdOf<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
): string | undefined {
  const id = config.guarded.readRequest('id', config.adapter.appId, req);
  return isInferenceId(id) && id !== config.header(req, config.idHeader) ? id : undefined;
}

/** The id that the app creates after the trace began, as Hono's middleware `requestId` does if it is mounted later. */
class AppIdReader<Req extends object, Res> implements AppId {
  readonly #config: RequestConfig<Req, Res>;
  readonly #req: Req;
  readonly #space: IdSpace;
  /** The id that the app created last, when it was last read. */
  #lastRead: string | undefined = undefined;
  /** What it was registered as: once, since a second time would count as a repetition. */
  #registered: string | undefined = undefined;

  constructor(config: RequestConfig<Req, Res>, req: Req, space: IdSpace) {
    this.#config = config;
    this.#req = req;
    this.#space = space;
  }

  read(): string | undefined {
    const id = appIdOf(this.#config, this.#req);
    if (id !== undefined && id !== this.#lastRead) {
      this.#lastRead = id;
      this.#registered = registerId(id, this.#space);
    }
    return this.#registered;
  }
}

/** The id by the option `inferenceId.from`, if it is valid. Never throws. */
function idByOption<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
): string | undefined {
  const id = config.guarded.callSyncOption('inferenceId.from', config.idFrom, req);
  return isInferenceId(id) ? id : undefined;
}

/** The id in the request header, if it is valid and trusted. Never throws. */
function clientIdOf<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
): string | undefined {
  const { trust } = config;
  const id = config.header(req, config.idHeader);
  if (!isInferenceId(id)) return undefined;
  const isTrusted =
    typeof trust === 'function'
      ? config.guarded.callSyncOption('inferenceId.trust', trust, req)
      : trust;
  return isTrusted === true ? id : undefined;
}

/** The value of the response header that returns the id; undefined if it may be set. Never throws. */
function readIdHeader<Req extends object, Res>(config: RequestConfig<Req, Res>, res: Res): unknown {
  try {
    // If a connection was upgraded before the app ran, there is no response.
    return res && config.adapter.responseHeader(res, config.idHeader);
  } catch (error) {
    config.guarded.reportFailure('header', error);
    return null;
  }
}

/**
 * The id that another middleware has created and set in the response header, unless it only repeats the client's, which `trust`
 * decides on. Never throws.
 * @param sent the value of the response header
 */
function idInResponse<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
  sent: unknown,
): string | undefined {
  return isInferenceId(sent) && sent !== config.header(req, config.idHeader) ? sent : undefined;
}
