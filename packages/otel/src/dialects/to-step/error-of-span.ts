/** The error that a span ended with. */

import {
  isJsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import { EXCEPTIONS_ARE_ERRORS } from '../attributes/rules.js';
import type { MeasuredSpan, SpanEvent } from '../data/span-data.js';
import type { SpanError } from '../data/step-data.js';
import { httpErrorName, STATUS_ERROR_MESSAGE } from '../vocabulary/error-type.js';
import { OTHER } from '../vocabulary/other-word.js';

/**
 * The error of a span that failed: by its status, by `error.type` where the status is unset, or by its level. An exception that is
 * recorded in a span that did not fail was handled: it is no error of the span.
 */
export function errorOf(
  facts: FoundFacts,
  { status, events }: MeasuredSpan,
): SpanError | undefined {
  const { code, message } = objectOrEmpty(status);
  const type = facts.get('errorType');
  const exception = exceptionIn(events);
  const isRecorded =
    exception !== undefined && facts.dialects.some((each) => EXCEPTIONS_ARE_ERRORS.has(each));
  const isError =
    code === 'error' ||
    isRecorded ||
    (code !== 'ok' && (type !== undefined || facts.get('level')?.toUpperCase() === 'ERROR'));
  if (!isError) return undefined;
  const about = objectOrEmpty(exception);
  const name = stringOrUndefined(about['exception.type']) ?? typeName(type, facts);
  const stack = stringOrUndefined(about['exception.stacktrace']);
  return {
    name: name || 'Error',
    message:
      stringOrUndefined(about['exception.message']) ||
      stringOrUndefined(message) ||
      facts.get('errorMessage') ||
      name ||
      STATUS_ERROR_MESSAGE,
    ...(stack !== undefined && { stack }),
  };
}

/** The type of an error: `HTTP 500` if it is a status; undefined if it is not known. */
function typeName(type: string | undefined, facts: FoundFacts): string | undefined {
  const status = type ?? facts.members('http')?.status;
  return httpErrorName(status) ?? (type === OTHER ? undefined : type);
}

/** The attributes of the last exception; undefined if there is none. */
function exceptionIn(events: unknown): unknown {
  const found: unknown = Array.isArray(events) ? events.findLast(isException) : undefined;
  return isException(found) ? (found.attributes ?? {}) : undefined;
}

/** Whether an event records an exception. */
export function isException(event: unknown): event is SpanEvent {
  return isJsonObject(event) && event.name === 'exception';
}
