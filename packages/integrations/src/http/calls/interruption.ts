/**
 * Recognises requests that were interrupted: by an abort of the app, which is no failure, or because their time was over, which is
 * one.
 */

import { isAbort, isTimeout } from '../../common/failures/thrown.js';
import { objectOrEmpty } from '../../common/json.js';
import type { OwnTimeout } from '../exchange/client-profile.js';

/** How a request was interrupted. */
export interface Interruption {
  readonly kind: 'abort' | 'timeout';
  /** The reason of the timeout; undefined for an abort, and for a timeout of the client's own. */
  readonly reason?: unknown;
  /** Whether a signal is aborted that the client also passes with each retry. */
  readonly isFinal: boolean;
}

/** What may interrupt a request. */
export interface RequestSignals {
  /** The signal with which the client sends the request. */
  readonly request?: unknown;
  /** The signal that the app passed to the client; undefined if it passed none, or if the client's options are not read. */
  readonly app?: unknown;
  /** The client's own timeout, if the client makes a signal for each request. */
  readonly ownTimeout?: OwnTimeout | undefined;
  /** The client's own timeout as a header of the request states it. */
  readonly statedTimeoutMs?: number | undefined;
}

/** How far a request had got when it ended. */
export interface RequestProgress {
  readonly place: 'before the response' | 'body' | 'stream';
  /** Milliseconds since the request was sent. */
  readonly elapsedMs: number;
}

const ABORT: Interruption = { kind: 'abort', isFinal: true };
const OWN_TIMEOUT: Interruption = { kind: 'timeout', isFinal: false };

/** How a request that ended with `error` was interrupted; undefined if it failed by itself. Never throws. */
export function interruptionOf(
  error: unknown,
  signals: RequestSignals,
  progress: RequestProgress,
): Interruption | undefined {
  const byApp = interruptionBy(signals.app);
  if (byApp !== undefined) return byApp;
  const byRequest = interruptionBy(signals.request);
  if (byRequest?.kind === 'timeout') return byRequest;
  if (isTimeout(error)) return { kind: 'timeout', reason: error, isFinal: false };
  const byAbort = byRequest ?? (isAbort(error) ? ABORT : undefined);
  return byAbort && isOwnTimeout(signals, progress) ? OWN_TIMEOUT : byAbort;
}

/** How an aborted signal interrupts a request; undefined if it is not aborted. */
export function interruptionBy(signal: unknown): Interruption | undefined {
  const { aborted, reason } = objectOrEmpty(signal);
  if (aborted !== true) return undefined;
  return isTimeout(reason) ? { kind: 'timeout', reason, isFinal: true } : ABORT;
}

/** Whether nothing but the client's own timeout can have aborted the request, although its signal does not say so. */
function isOwnTimeout(
  { ownTimeout, statedTimeoutMs }: RequestSignals,
  { place, elapsedMs }: RequestProgress,
): boolean {
  if (ownTimeout !== undefined) return place !== 'stream' || ownTimeout.endsStreams;
  // A traced fetch does not see the app's signal, and these timeouts end with the head of the response.
  return (
    statedTimeoutMs !== undefined && elapsedMs >= statedTimeoutMs && place === 'before the response'
  );
}
