import { currentClientCall, recognizeAcrossCopies } from '@openlayer-tracing/core/integration';
import { listenForAbort } from '../../common/hooks/listen-for-abort.js';
import { type JsonObject, objectOrEmpty } from '../../common/json.js';
import type { ModelRequest } from '../../shapes/reading/shape.js';
import { headerOf } from '../exchange/headers.js';
import type { HttpCall } from './http-call.js';
import { DEFAULT_RETRIES, MAX_BACKOFF_MS } from './retry-policy.js';

/** What the app passed to the client for one call. Fields that it left out are undefined. */
interface MethodOptions {
  readonly maxRetries?: number | undefined;
  /** The body that the app passed to the client, for requests whose own body cannot be read. */
  readonly params?: JsonObject | undefined;
  /** The app's abort signal. */
  readonly signal?: unknown;
}

/** How a client retries. */
interface RetryOptions {
  readonly maxRetries?: unknown;
  /** The longest wait of the client's own backoff; Infinity if the integration observes when the client gives up. */
  readonly maxBackoffMs?: number;
  /** Whether `maxRetries` may differ from what the app passes for the call. @default false */
  readonly isGuess?: boolean;
  /** Whether the client also retries requests without a response. @default true */
  readonly retriesFailures?: boolean;
}

/** A call of a client's method. Its requests are attempts of one `HttpCall`, as long as each of them retries the one before. */
export class MethodCall {
  #httpCall: HttpCall | undefined = undefined;
  #params: JsonObject | undefined = undefined;
  #maxRetries: number;
  #signal: unknown;
  #attempts = 0;

  /** The longest wait of the client's own backoff; Infinity if the integration observes when the client gives up. */
  readonly maxBackoffMs: number;
  /** Stops listening to the app's signal. */
  #stopListening: (() => void) | undefined;

  /** Whether the client retries every attempt for which it has retries left. */
  readonly isRetryCertain: boolean;

  /** Whether the client also retries requests without a response. */
  readonly retriesFailures: boolean;

  constructor({
    maxRetries,
    maxBackoffMs = MAX_BACKOFF_MS,
    isGuess = false,
    retriesFailures = true,
  }: RetryOptions) {
    this.retriesFailures = retriesFailures;
    this.#maxRetries = typeof maxRetries === 'number' ? maxRetries : DEFAULT_RETRIES;
    this.maxBackoffMs = maxBackoffMs;
    this.isRetryCertain = !isGuess;
  }

  /** The app's abort signal; undefined if it passed none. */
  get signal(): unknown {
    return this.#signal;
  }

  /** The last recorded call; undefined until one of its requests is recorded. */
  get httpCall(): HttpCall | undefined {
    return this.#httpCall;
  }

  /** The recorded call that the request retries; undefined if it is another one. */
  retriedBy(request: ModelRequest): HttpCall | undefined {
    return this.#httpCall?.isRetriedBy(request) === true ? this.#httpCall : undefined;
  }

  /** The client's method has returned or thrown: it sends no further request. */
  stopRetrying(): void {
    this.#stopListening?.();
    this.#httpCall?.stopRetrying();
  }

  /** The client's method has thrown: it does not retry, and reads no more of a response. */
  endAttempts(): void {
    this.#stopListening?.();
    this.#httpCall?.endAttempts();
  }

  /**
   * Ends the recorded call if the app aborts it before the next attempt.
   * @param ofRequest the signal of the failed request, for clients whose options are not read
   */
  endOnAbort(ofRequest: unknown): void {
    this.#stopListening?.();
    if (this.#httpCall?.isRetryExpected !== true) return;
    const signal = this.#signal ?? ofRequest;
    this.#stopListening = listenForAbort(signal, () =>
      this.#httpCall?.abortRetry(signal, this.isRetryCertain),
    );
  }

  /**
   * The client reads no more of the response, and does not cancel its body.
   * @param error by which the client stopped; undefined if the app stopped
   */
  leave(error?: unknown): void {
    this.#httpCall?.leave(error);
  }

  /** The body that the app passed to the client, for requests whose own body cannot be read. */
  get params(): JsonObject | undefined {
    return this.#params;
  }

  /** Whether the app has aborted the call: the client does not retry then. */
  get isAborted(): boolean {
    return objectOrEmpty(this.#signal).aborted === true;
  }

  /** Makes later requests attempts of this call. */
  recordAs(httpCall: HttpCall): void {
    this.#httpCall = httpCall;
  }

  /** Sets what the app passed to the client for this call. */
  setOptions({ maxRetries, params, signal }: MethodOptions): void {
    this.#maxRetries = maxRetries ?? this.#maxRetries;
    this.#params = params;
    this.#signal = signal;
  }

  /**
   * Counts an attempt.
   * @param headers of the request, which may state the number of earlier attempts
   * @returns whether the client has retries left
   */
  countAttempt(headers: unknown): boolean {
    this.#stopListening?.();
    const before = Number(headerOf(headers, 'x-stainless-retry-count') ?? this.#attempts);
    this.#attempts++;
    return before < this.#maxRetries;
  }
}

// One copy or build of this package may trace the client, and another one its fetch.
recognizeAcrossCopies(MethodCall, 'integrations.method-call.v3');

/** The call of a traced client that the running code belongs to; undefined if there is none. */
export function currentMethodCall(): MethodCall | undefined {
  const owner = currentClientCall();
  return owner instanceof MethodCall ? owner : undefined;
}
