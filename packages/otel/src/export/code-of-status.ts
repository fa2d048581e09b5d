import type { SendErrorCode } from '@openlayer-tracing/core/integration';

/**
 * The code of a response's status that says what is wrong with the request.
 * @param otherwise the code of all others
 */
export function codeOfStatus(status: unknown, otherwise: SendErrorCode): SendErrorCode {
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
      return otherwise;
  }
}
