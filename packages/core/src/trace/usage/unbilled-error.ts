/** Which errors say that a provider does not bill the call: it answered with an error, or no connection to it was made. */

import { isProxy } from '#platform';
import { processWide } from '../../platform/process-wide.js';
import { dataProperty } from '../../values/reading/read-safely.js';

/** Errors that stand for unbilled ones, and do not say so themselves. */
const marked = processWide('unbilled-errors.v1', () => new WeakSet<object>());

/** Where clients keep the status of a response: in the error, in its `response`, or in AWS's `$metadata`. */
const STATUS_KEYS = ['status', 'statusCode', 'status_code', 'httpStatusCode'] as const;
const STATUS_HOLDERS = ['response', '$metadata'] as const;
/** The statuses by which a gateway says that it waited too long: the provider behind it may have done the work. */
const GATEWAY_TIMEOUTS: ReadonlySet<number> = new Set([504, 524]);

/** System calls that fail before there is a connection. */
const CONNECTING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);
/** Codes of connections that were never made: of Node, of undici and of Bun. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|E(HOST|NET)(UNREACH|DOWN)|UND_ERR_CONNECT_TIMEOUT|ERR_(TLS|SSL)_\w+|\w*CERT\w*|\w*SELF_SIGNED\w*|UNABLE_TO_VERIFY_LEAF_SIGNATURE|ConnectionRefused|FailedToOpenSocket)$/;

/** How deep causes are read. */
const MAX_DEPTH = 5;
/** How many errors of several attempts are read. */
const MAX_ERRORS = 20;

/**
 * Whether the error says that the call is not billed: the provider responded with an error status, or no connection was made. A
 * timeout, an abort, or a connection that was lost leaves it open. Runs no code of the error, and never throws.
 */
export function isUnbilledError(error: unknown): boolean {
  return isUnbilled(error, 0);
}

/** Marks an error that stands for another one: it is unbilled if the other one is. @returns the first error */
export function billedLike<E extends object>(error: E, original: unknown): E {
  if (isUnbilledError(original)) marked.add(error);
  return error;
}

function isUnbilled(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || isProxy(error) || depth > MAX_DEPTH) {
    return false;
  }
  if (marked.has(error)) return true;
  const status = statusOf(error);
  if (status !== undefined) return isUnbilledStatus(status);
  if (CONNECTING.has(dataProperty(error, 'syscall'))) return true;
  const code = dataProperty(error, 'code');
  if (typeof code === 'string' && NOT_CONNECTED.test(code)) return true;
  const errors = dataProperty(error, 'errors');
  if (Array.isArray(errors) && !isProxy(errors) && errors.length > 0) {
    if (errors.length > MAX_ERRORS) return false;
    // The attempts of a call, or the addresses of a host: one that may be billed is enough.
    return errors.every((each) => isUnbilled(each, depth + 1));
  }
  return isUnbilled(dataProperty(error, 'cause'), depth + 1);
}

function statusOf(error: object): number | undefined {
  const holders = STATUS_HOLDERS.map((key) => dataProperty(error, key));
  for (const holder of [error, ...holders]) {
    if (typeof holder !== 'object' || holder === null || isProxy(holder)) continue;
    for (const key of STATUS_KEYS) {
      const status = dataProperty(holder, key);
      if (typeof status === 'number') return status;
    }
  }
  return undefined;
}

function isUnbilledStatus(status: number): boolean {
  return status >= 400 && status <= 599 && !GATEWAY_TIMEOUTS.has(status);
}
