/** The inference ID of a request: whose word counts, and how the client hears of it. */

import { isInferenceId } from '../trace/inference-id.js';
import type { RequestSettings } from './request-settings.js';

/** The id that came with the request, where it is to be trusted and valid. */
export function givenId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const { adapter, given, idHeader, trust } = settings;
  const from = settings.ask('inferenceId.from', given.inferenceId?.from, req);
  if (isInferenceId(from)) return from;
  const id = adapter.header(req, idHeader);
  if (!isInferenceId(id)) return undefined;
  const isTrusted =
    typeof trust === 'function' ? settings.ask('inferenceId.trust', trust, req) : trust;
  return isTrusted === true ? id : undefined;
}

/** An id for a request that has none; another middleware may have made one for the answer already. */
export function newId<Req extends object, Res>(
  { adapter, idHeader }: RequestSettings<Req, Res>,
  res: Res,
): string {
  const made = adapter.answerHeader(res, idHeader);
  return isInferenceId(made) ? made : crypto.randomUUID();
}

/** The answer carries the id, unless the app has set one itself. */
export function echoId<Req extends object, Res>(
  { adapter, echo, idHeader }: RequestSettings<Req, Res>,
  res: Res,
  id: string,
): void {
  if (echo && adapter.answerHeader(res, idHeader) === undefined) {
    adapter.setAnswerHeader(res, idHeader, id);
  }
}
