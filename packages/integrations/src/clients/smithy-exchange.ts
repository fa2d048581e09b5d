/** Records requests of the AWS SDK's clients, which send them by request handlers and not by fetch. */

import {
  type AnnouncedRequest,
  announcedRequest,
  currentClientCall,
  isNodeBody,
  isUntraced,
  reportUnrecorded,
  runGuarded,
  tapNodeBody,
  tapStream,
} from '@openlayer-tracing/core/integration';
import type { ClientProfile } from '../http/client-profile.js';
import { HttpCall } from '../http/http-call.js';
import { MethodCall } from '../http/method-call.js';
import { paramsOf } from '../http/read-request.js';
import { shapeOf } from '../http/recognize.js';

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
  { request }: SmithyRequest,
): SmithyExchange | undefined {
  return runGuarded('request', () => {
    if (isUntraced() || (request?.method ?? 'POST') !== 'POST') return undefined;
    const params = paramsOf(request?.body);
    if (params === undefined) {
      // The body is a stream in both directions, which cannot be read without consuming it.
      const { path = '' } = request ?? {};
      if (path.endsWith('-with-bidirectional-stream')) {
        reportUnrecorded('InvokeModelWithBidirectionalStream');
      }
      return undefined;
    }
    const owner = currentClientCall();
    const client = owner instanceof MethodCall ? owner : undefined;
    const url = new URL(request?.path ?? '/', `https://${request?.hostname}`);
    const model = { url, params };
    const shape = shapeOf(profile, model);
    if (client?.call === undefined && shape !== undefined) {
      const announced = announcedRequest(shape.describe(model).model, params);
      if (announced !== undefined) return announcedExchange(announced);
    }
    const call = client?.call ?? (shape && HttpCall.start(profile, shape, model));
    if (call === undefined) return undefined;
    if (client !== undefined) client.call = call;
    call.startAttempt();
    return exchangeOf(call);
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

function exchangeOf(call: HttpCall): SmithyExchange {
  return {
    fail: (error) => runGuarded('failure', () => call.failAttempt(error, { mayRetry: true })),
    respond: ({ response }) =>
      runGuarded('response', () => {
        if (response === undefined) return;
        const { statusCode: status = 200, headers, body } = response;
        const head = { status, headers, isUnobservable: body === undefined };
        const observer = call.observeBody(head, { mayRetry: true });
        if (isNodeBody(body)) tapNodeBody(body, observer);
        else if (typeof ReadableStream === 'function' && body instanceof ReadableStream) {
          response.body = tapStream(body, observer, response);
        } else {
          if (body instanceof Uint8Array) observer.chunk(body);
          observer.ended();
        }
      }),
  };
}
