/** Observes all HTTP requests of the process by Node's diagnostics channels. */

import { subscribeTo } from '#platform';
import { existingTracer } from '../../api/default-tracer.js';
import { currentRecordedStep, isInInertScope } from '../../trace/current-step.js';
import { reportFailure } from '../report/integration-diagnostics.js';
import { isRequestAnnounced } from './announced-request.js';
import { isRecordedByCaller } from './client-call.js';

/** A request that the process is about to send. */
export interface OutgoingRequest {
  readonly method: string;
  /** Whether it asks for a WebSocket. */
  readonly isSocket: boolean;
  /** The header `user-agent`; empty if there is none. */
  readonly userAgent: string;
  readonly url: URL;
}

/** The part of undici's request that is used: of `fetch`, or of the handshake of Node's own WebSocket. */
interface FetchRequest {
  readonly method: string;
  readonly origin: string | URL;
  readonly path: string;
  readonly upgrade?: string | null | undefined;
  /** Names and values, each name before its value. */
  readonly headers: unknown;
}

/** The part of Node's `ClientRequest` that is used. */
interface HttpRequest {
  readonly method: string;
  readonly protocol: string;
  readonly path: string;
  getHeader(name: string): unknown;
}

/**
 * Calls `listener` with each request of `fetch` or `node:http`, and with each handshake of a WebSocket, in the async context of
 * the code that sends it. Only Node has these channels: on other runtimes, `listener` is never called. It may throw, which is
 * reported as `integration_failed`.
 */
export function observeRequests(listener: (request: OutgoingRequest) => void): void {
  const guarded = (read: (request: never) => OutgoingRequest) => (message: unknown) => {
    try {
      listener(read((message as { readonly request: never }).request));
    } catch (error) {
      reportFailure('request', error);
    }
  };
  subscribeTo('undici:request:create', guarded(ofFetch));
  subscribeTo('http.client.request.start', guarded(ofHttp));
}

/** Whether a request that is sent now is part of no recorded call, although calls are recorded in this scope. */
export function isUnrecorded(): boolean {
  if (isRecordedByCaller() || isInInertScope() || isRequestAnnounced()) return false;
  return currentRecordedStep() !== undefined || existingTracer()?.mayOpen === true;
}

function ofFetch({ method, origin, path, upgrade, headers }: FetchRequest): OutgoingRequest {
  return {
    method,
    isSocket: upgrade === 'websocket',
    get userAgent() {
      return userAgentIn(headers);
    },
    get url() {
      return new URL(path, origin);
    },
  };
}

function userAgentIn(headers: unknown): string {
  if (!Array.isArray(headers)) return '';
  const at = headers.findIndex((each, i) => i % 2 === 0 && /^user-agent$/i.test(String(each)));
  return at < 0 ? '' : String(headers[at + 1]);
}

function ofHttp(request: HttpRequest): OutgoingRequest {
  return {
    method: request.method,
    isSocket: /^websocket$/i.test(String(request.getHeader('upgrade'))),
    get userAgent() {
      return String(request.getHeader('user-agent') ?? '');
    },
    get url() {
      return new URL(request.path, `${request.protocol}//${String(request.getHeader('host'))}`);
    },
  };
}
