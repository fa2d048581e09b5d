/** The inference ID of a request: whose word counts, and how the client hears of it. */

import { isInferenceId } from '../trace/inference-id.js';
import { randomUuid } from '../trace/random-id.js';
import type { RequestSettings } from './request-settings.js';

/** The id that came with the request, where it is to be trusted and valid. Never throws. */
export function givenId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): string | undefined {
  const { given, trust } = settings;
  const from = settings.ask('inferenceId.from', given.inferenceId?.from, req);
  if (isInferenceId(from)) return from;
  const id = settings.header(req);
  if (!isInferenceId(id)) return undefined;
  const isTrusted =
    typeof trust === 'function' ? settings.ask('inferenceId.trust', trust, req) : trust;
  return isTrusted === true ? id : undefined;
}

/** An id for a request that has none; another middleware may have made one for the answer already. Never throws. */
export function newId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  res: Res,
): string {
  try {
    // Where a connection was upgraded before the app ran, there is none.
    const made = res && settings.adapter.answerHeader(res, settings.idHeader);
    if (isInferenceId(made)) return made;
  } catch (error) {
    settings.failed('header', error);
  }
  return randomUuid();
}

/** The answer carries the id, unless the app has set one itself. Never throws. */
export function echoId<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  res: Res,
  id: string,
): void {
  const { adapter, echo, idHeader } = settings;
  try {
    if (res && echo && adapter.answerHeader(res, idHeader) === undefined) {
      adapter.setAnswerHeader(res, idHeader, id);
    }
  } catch (error) {
    settings.failed('header', error);
  }
}
