import { recognizeAcrossCopies } from '../../platform/process-wide.js';
import type { SendErrorCode } from './drop-reason.js';

/** Why a batch was not delivered, or a row not updated. `code` is stable. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;
  /** HTTP status; undefined without a response. */
  readonly status: number | undefined;
  /** The wait by the response's `Retry-After`, in milliseconds; undefined without one. */
  readonly retryAfterMs: number | undefined;
  /** Whether the platform may have stored rows despite the failure. */
  readonly isAmbiguous: boolean;
  /** Whether the rows are not to be sent again at all: a spool sets them aside, as rows that the platform refuses. */
  readonly isFinal: boolean;
  /** Whether the circuit breaker refused the send because of earlier failures. `code` is the code of the last failure. */
  readonly isPaused: boolean;

  constructor(
    code: SendErrorCode,
    message: string,
    details: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      isAmbiguous?: boolean | undefined;
      isFinal?: boolean | undefined;
      isPaused?: boolean | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.isAmbiguous = details.isAmbiguous ?? false;
    this.isFinal = details.isFinal ?? false;
    this.isPaused = details.isPaused ?? false;
  }

  /** For `JSON.stringify`: with the name and message, which it leaves out for other errors. */
  toJSON(): {
    readonly name: string;
    readonly code: SendErrorCode;
    readonly message: string;
    readonly status: number | undefined;
    readonly isRetryable: boolean;
  } {
    const { name, code, message, status, isRetryable } = this;
    return { name, code, message, status, isRetryable };
  }

  /** Whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return this.code === 'unreachable' || this.code === 'bad_answer' || this.code === 'busy';
  }
}

recognizeAcrossCopies(SendError, 'SendError.v1');

/**
 * Whether one of the rows makes the platform fail, which takes others: `possible` if rows of the batch have failed before, `known`
 * if a single row has failed often.
 */
export type Suspicion = 'possible' | 'known';

const suspicions = new WeakMap<SendError, Suspicion>();

/** Undefined unless rows of the batch are suspected to be the cause. */
export function suspicionIn(error: SendError): Suspicion | undefined {
  return suspicions.get(error);
}

export function setSuspicion(error: SendError, suspicion: Suspicion): void {
  suspicions.set(error, suspicion);
}

/** Whether sending the rows apart deals with the error: several rows are sent in halves, and a single row is given up. */
export function isAboutRows(error: SendError, rows: number): boolean {
  const suspicion = suspicions.get(error);
  if (suspicion !== undefined) return rows > 1 || suspicion === 'known';
  return error.code === 'rejected' || error.code === 'too_large';
}
