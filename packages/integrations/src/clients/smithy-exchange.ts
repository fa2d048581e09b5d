/** Records requests of the AWS SDK's clients, which send them by request handlers and not by fetch. */

import {
  type AnnouncedRequest,
  announcedRequest,
  isNodeBody,
  isUntraced,
  observedStream,
  observeNodeBody,
  reportUnrecorded,
  runGuarded,
} from '@openlayer-tracing/core/integration';
import { HttpCall } from '../http/calls/http-call.js';
import type { RequestSignals } from '../http/calls/interruption.js';
import { currentMethodCall, type MethodCall } from '../http/calls/method-call.js';
import { MAX_BACKOFF_MS } from '../http/calls/retry-policy.js';
import type { ClientProfile } from '../http/exchange/client-profile.js';
import { paramsOf } from '../http/request/read-request.js';
import { shapeOf } from '../http/request/recognize.js';

export interface SmithyRequest {
  readonly request?: {
    readonly method?: string;
    readonly protocol?: string;
    readonly hostname?: string;
    readonly path?: string;
    readonly body?: unknown;
  };
}

export interface SmithyResponse {
  readonly response?: { readonly statusCode?: number; readonly headers?: unknown; body?: unknown };
}

/** One request and its response. Its methods never throw; call one of them, once. */
export interface SmithyExchange {
  /** There is no response. */
  fail(error: unknown): void;
  /** Observes the body of the response; the body of a web stream is replaced by one that is observed. */
  respond(result: SmithyResponse): void;
}

/**
 * Starts the recording of a request. Never throws.
 * @returns undefined if nothing is recorded
 */
export function startExchange(
  profile: ClientProfile,
  { request: sent }: SmithyRequest,
): SmithyExchange | undefined {
  return runGuarded('request', () => {
    if (isUntraced() || (sent?.method ?? 'POST') !== 'POST') return undefined;
    const params = paramsOf(sent?.body);
    if (params === undefined) {
      // The body is a stream in both directions, which cannot be read without consuming it.
      const { path = '' } = sent ?? {};
      if (path.endsWith('-with-bidirectional-stream')) {
        reportUnrecorded('InvokeModelWithBidirectionalStream');
      }
      return undefined;
    }
    const methodCall = currentMethodCall();
    const url = new URL(sent?.path ?? '/', `https://${sent?.hostname}`);
    const request = { url, params };
    const shape = shapeOf(profile, request);
    if (methodCall?.httpCall === undefined && shape !== undefined) {
      const announced = announcedRequest(shape.describe(request).model, params);
      if (announced !== undefined) return announcedExchange(announced);
    }
    const call = methodCall?.httpCall ?? (shape && HttpCall.start(profile, shape, request));
    if (call === undefined) return undefined;
    if (call.isInterrupted) return undefined;
    methodCall?.recordAs(call);
    call.startAttempt();
    return exchangeOf(call, methodCall);
  });
}

/** For a request that a framework records. After a failure the announcement also matches the retry. */
function announcedExchange(announced: AnnouncedRequest): SmithyExchange {
  return {
    fail: () => announced.markFailed(),
    respond: ({ response }) => {
      if ((response?.statusCode ?? 200) >= 400) announced.markFailed();
    },
  };
}

function exchangeOf(call: HttpCall, methodCall: MethodCall | undefined): SmithyExchange {
  const maxBackoffMs = methodCall?.maxBackoffMs ?? MAX_BACKOFF_MS;
  const signals: RequestSignals = {
    // It is read when the request is sent.
    get app() {
      return methodCall?.signal;
    },
  };
  const endOnAbort = () => methodCall?.endOnAbort(undefined);
  return {
    fail: (error) =>
      runGuarded('failure', () => {
        call.failAttempt(error, { maxBackoffMs, signals });
        endOnAbort();
      }),
    respond: ({ response }) =>
      runGuarded('response', () => {
        if (response === undefined) return;
        const { statusCode: status = 200, headers, body } = response;
        const isUnobservable = body === undefined;
        const head = { status, headers, isUnobservable, maxBackoffMs, signals };
        const observer = call.observeBody(head);
        if (status >= 400) endOnAbort();
        if (isNodeBody(body)) observeNodeBody(body, observer);
        else if (typeof ReadableStream === 'function' && body instanceof ReadableStream) {
          response.body = observedStream(body, observer, response);
        } else {
          if (body instanceof Uint8Array) observer.chunk(body);
          observer.ended();
        }
      }),
  };
}
