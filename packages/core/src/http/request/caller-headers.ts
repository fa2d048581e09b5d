/** The caller of a request, from the headers of W3C Trace Context and Baggage, as far as the options trust it. */

import { type Caller, readCaller, TraceIds } from '../../trace/ids/trace-context.js';
import type { RequestConfig } from '../options/request-config.js';
import { baggageMembers } from './baggage.js';

/** What a request's headers state about its caller. */
export interface CallerHeaders {
  /** The ids of a trace that continues the caller's, or links to it; undefined without a caller, or if it is ignored. */
  readonly traceIds: TraceIds | undefined;
  /** The members of a trusted caller's baggage that the option `traceContext.baggage` names. */
  readonly baggage: Record<string, string> | undefined;
}

const NO_CALLER: CallerHeaders = { traceIds: undefined, baggage: undefined };

/**
 * Reads `traceparent`, `tracestate` and `baggage`. Never throws.
 * @param generatedId the inference ID, if it was generated: a trace that does not continue the caller's derives its ids from it
 */
export function readCallerHeaders<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
  generatedId: string | undefined,
): CallerHeaders {
  const traceparent = config.header(req, 'traceparent');
  const baggage = config.baggageNames.size === 0 ? undefined : config.header(req, 'baggage');
  if (traceparent === undefined && baggage === undefined) return NO_CALLER;
  const caller =
    traceparent === undefined
      ? undefined
      : readCaller(traceparent, () => config.header(req, 'tracestate'));
  if (!config.trustsCaller(req)) {
    if (caller === undefined || !config.linksCaller) return NO_CALLER;
    return { traceIds: TraceIds.new(generatedId, caller), baggage: undefined };
  }
  return {
    traceIds: caller === undefined ? undefined : TraceIds.continuing(caller),
    baggage: baggage === undefined ? undefined : baggageMembers(baggage, config.baggageNames),
  };
}

/** The caller of a request that is not recorded, if it is trusted. Never throws. */
export function trustedCaller<Req extends object, Res>(
  config: RequestConfig<Req, Res>,
  req: Req,
): Caller | undefined {
  return readCallerHeaders(config, req, undefined).traceIds?.parent;
}
