/** What the status of a response means, by OTLP. */

import type { SendErrorCode } from '@openlayer-tracing/core/integration';

/** The statuses that OTLP lists as retryable. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Statuses of client errors that are not about the spans: the address, the quota or the time was wrong. */
const ABOUT_NO_SPAN: ReadonlySet<number> = new Set([402, 405, 408, 425]);
const NOT_IMPLEMENTED = 501;

/** @param status none of success */
export function codeOfStatus(status: number): SendErrorCode {
  switch (status) {
    case 400:
      return 'rejected';
    case 401:
    case 403:
      return 'unauthorized';
    case 404:
      return 'not_found';
    case 413:
      return 'too_large';
    default:
      return RETRYABLE.has(status) ? 'busy' : 'refused';
  }
}

/** Whether spans refused with the status are never to be sent again: neither another address nor a later time helps. */
export function isFinalStatus(status: number): boolean {
  if (codeOfStatus(status) !== 'refused') return false;
  const isOfClient = status >= 400 && status < 500;
  return status === NOT_IMPLEMENTED || (isOfClient && !ABOUT_NO_SPAN.has(status));
}
