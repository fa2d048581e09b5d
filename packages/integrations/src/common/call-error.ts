/** What went wrong with a call, as its step tells it: in the words of the provider. */

import { withoutHalf } from '@openlayer-tracing/core/integration';
import { isRecord, type Json, parseJson, record, text } from './json.js';

export class CallError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
    // Where we are is of no interest.
    this.stack = `${name}: ${message}`;
  }
}

/**
 * Of an answer with a status that is none of success.
 * @param kind as a header tells it, where the body does not
 */
export function statusError(status: number, body: string, kind?: string): CallError {
  const said = parseJson(body);
  const { type, message } = errorIn(isRecord(said) ? said : {});
  const what = message ?? withoutHalf(body.slice(0, 500));
  return new CallError(
    type ?? kind?.split(':')[0] ?? `HTTP ${status}`,
    what === '' ? `HTTP ${status}` : `${status} ${what}`,
  );
}

/** Of a connection that was not made or broke. What fetch calls a failure says more in its cause. */
export function connectionError(error: unknown): CallError {
  if (!(error instanceof Error)) return new CallError(typeof error, String(error));
  const { code, message } = record(error.cause as Json | undefined);
  const why = text(code) ?? text(message);
  return new CallError(error.name, why === undefined ? error.message : `${error.message}: ${why}`);
}

/** Of an event in mid-stream. */
export function streamError(failure: unknown): CallError {
  const { type, message } = errorIn({ error: failure });
  return new CallError(type ?? 'StreamError', message ?? 'the stream failed');
}

/** OpenAI, Anthropic and most others have `error`, an object or a text; some only `message` or `detail`. */
function errorIn(body: Json): { type: string | undefined; message: string | undefined } {
  const error = record(body.error);
  return {
    type: text(error.type) ?? text(error.code) ?? text(error.status),
    message: text(error.message) ?? text(body.error) ?? text(body.message) ?? text(body.detail),
  };
}

/** Whether somebody gave up, which is no failure of the provider. */
export function isAbort(error: unknown): boolean {
  return isRecord(error) && (error as { name?: unknown }).name === 'AbortError';
}
