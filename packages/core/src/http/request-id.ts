/** The inference ID of a request: its sources, and the response header that returns it. */

import { isInferenceId } from '../trace/inference-id.js';
import type { RequestSettings } from './request-settings.js';

/** The id by the option `inferenceId.from` or the request header, if it is valid and trusted. Never throws. */
export function requestedId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const { options, trust } = settings;
  const from = settings.callOption('inferenceId.from', options.inferenceId?.from, req);
  if (isInferenceId(from)) return from;
  const id = settings.header(req, settings.idHeader);
  if (!isInferenceId(id)) return undefined;
  const isTrusted =
    typeof trust === 'function' ? settings.callOption('inferenceId.trust', trust, req) : trust;
  return isTrusted === true ? id : undefined;
}

/**
 * The id that another middleware has created and set in the response header, unless it only repeats the client's, which `trust`
 * decides on. Never throws.
 */
export function idInResponse<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  res: Res,
): string | undefined {
  try {
    // If a connection was upgraded before the app ran, there is no response.
    const id = res && settings.adapter.responseHeader(res, settings.idHeader);
    return isInferenceId(id) && id !== settings.header(req, settings.idHeader) ? id : undefined;
  } catch (error) {
    settings.reportFailure('header', error);
    return undefined;
  }
}

/** Sets the response header to the id, unless the app has set it. Never throws. */
export function echoId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  res: Res,
  id: string,
): void {
  const { adapter, echo, idHeader } = settings;
  try {
    if (res && echo && adapter.responseHeader(res, idHeader) === undefined) {
      adapter.setResponseHeader(res, idHeader, id);
    }
  } catch (error) {
    settings.reportFailure('header', error);
  }
}
