/** Exchanges of the AWS SDK's clients, which bring handlers of their own instead of a fetch. */

import {
  currentClientCall,
  isNodeBody,
  isUntraced,
  reportFailure,
  tapNodeBody,
  tapStream,
} from '@openlayer-tracing/core/integration';
import { ClientCall } from './client-call.js';
import type { Door } from './door.js';
import { ModelCall } from './model-call.js';
import { paramsOf } from './read-request.js';

export interface SmithyRequest {
  readonly request?: {
    readonly protocol?: string;
    readonly hostname?: string;
    readonly path?: string;
    readonly body?: unknown;
  };
}

export interface SmithyResponse {
  readonly response?: { readonly statusCode?: number; readonly headers?: unknown; body?: unknown };
}

/** Its methods never throw. */
export interface SmithyExchange {
  failed(error: unknown): void;
  answered(result: SmithyResponse): void;
}

/** Undefined where nothing is recorded. Never throws. */
export function beginExchange(door: Door, { request }: SmithyRequest): SmithyExchange | undefined {
  try {
    const params = paramsOf(request?.body);
    if (isUntraced() || params === undefined) return undefined;
    const owner = currentClientCall();
    const client = owner instanceof ClientCall ? owner : undefined;
    const url = new URL(request?.path ?? '/', `https://${request?.hostname}`);
    const call = client?.call ?? ModelCall.begin(door, { url, params });
    if (call === undefined) return undefined;
    if (client !== undefined) client.call = call;
    call.tryBegins();
    return exchangeOf(call);
  } catch (error) {
    reportFailure('request', error);
    return undefined;
  }
}

function exchangeOf(call: ModelCall): SmithyExchange {
  return {
    failed: (error) => {
      try {
        call.tryFailed(error, true);
      } catch (failure) {
        reportFailure('failure', failure);
      }
    },
    answered: ({ response }) => {
      try {
        if (response === undefined) return;
        const { statusCode: status = 200, headers, body } = response;
        const observer = call.answered({ status, headers }, true);
        if (isNodeBody(body)) tapNodeBody(body, observer);
        else if (typeof ReadableStream === 'function' && body instanceof ReadableStream) {
          response.body = tapStream(body, observer, response);
        } else observer.ended();
      } catch (failure) {
        reportFailure('answer', failure);
      }
    },
  };
}
