/** What the status of a response means, by OTLP. */

import type { SendErrorCode } from '@openlayer-tracing/core/integration';

/** The statuses that OTLP lists as worth another attempt. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

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
