/** The caller of a request, from the headers of W3C Trace Context and Baggage. */

import { type Caller, readCaller, TraceIds } from '../trace/trace-context.js';
import { baggageMembers } from './baggage.js';
import type { RequestSettings } from './request-settings.js';

/** What a trace takes over from the headers of its request. */
export interface ReceivedContext {
  /** Undefined without a caller, and for a caller that is ignored. */
  readonly ids: TraceIds | undefined;
  /** The members of a trusted caller's baggage that the option names. */
  readonly baggage: Record<string, string> | undefined;
}

const NOTHING: ReceivedContext = { ids: undefined, baggage: undefined };

/**
 * Reads the headers of a request. Never throws.
 * @param generatedId the inference ID, if it was generated
 */
export function receivedContext<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
  generatedId: string | undefined,
): ReceivedContext {
  const traceparent = settings.header(req, 'traceparent');
  const header = settings.baggage.size === 0 ? undefined : settings.header(req, 'baggage');
  if (traceparent === undefined && header === undefined) return NOTHING;
  const caller =
    traceparent === undefined
      ? undefined
      : readCaller(traceparent, () => settings.header(req, 'tracestate'));
  if (!settings.trustsContext(req)) {
    if (caller === undefined || !settings.linksCaller) return NOTHING;
    return { ids: TraceIds.new(generatedId, caller), baggage: undefined };
  }
  return {
    ids: caller === undefined ? undefined : TraceIds.continuing(caller),
    baggage: header === undefined ? undefined : baggageMembers(header, settings.baggage),
  };
}

/** The caller of a request that is not recorded, if it is trusted. Never throws. */
export function trustedCaller<Req extends object, Res>(
  settings: RequestSettings<Req, Res>,
  req: Req,
): Caller | undefined {
  return receivedContext(settings, req, undefined).ids?.parent;
}
