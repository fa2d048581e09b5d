/** The caller's place in its trace, from the headers of a request. */

import { type RemoteParent, remoteParent, TraceIdentity } from '../trace/trace-context.js';
import { baggageMembers } from './baggage.js';
import type { RequestSettings } from './request-settings.js';

/** The caller, if its headers are valid and trusted. Never throws. */
export function trustedParent<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): RemoteParent | undefined {
  const parent = sentParent(settings, req);
  return parent !== undefined && settings.trustsContext(req) ? parent : undefined;
}

/**
 * The ids of a trace whose request names a caller; undefined without one. Never throws.
 * @param generatedId the inference ID, if it was generated
 */
export function receivedIdentity<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  generatedId: string | undefined,
): TraceIdentity | undefined {
  const parent = sentParent(settings, req);
  if (parent === undefined) return undefined;
  if (settings.trustsContext(req)) return TraceIdentity.continuing(parent);
  return settings.linksCaller ? TraceIdentity.new(generatedId, parent) : undefined;
}

/** The members of the caller's baggage that the option names. Never throws. */
export function receivedBaggage<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): Record<string, string> | undefined {
  if (settings.baggage.size === 0) return undefined;
  const header = settings.header(req, 'baggage');
  if (header === undefined || !settings.trustsContext(req)) return undefined;
  return baggageMembers(header, settings.baggage);
}

function sentParent<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): RemoteParent | undefined {
  const traceparent = settings.header(req, 'traceparent');
  if (traceparent === undefined) return undefined;
  return remoteParent(traceparent, () => settings.header(req, 'tracestate'));
}
