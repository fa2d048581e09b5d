import { currentClientCall, recognizeAcrossCopies } from '@openlayer-tracing/core/integration';
import { isPlainObject, isRecord, type Json, objectOrEmpty } from '../../common/json.js';
import { headerOf } from '../headers.js';
import type { HttpCall } from './http-call.js';
import { DEFAULT_RETRIES } from './retried-calls.js';

/** The options of one request of a client that Stainless generates. */
interface RequestOptions {
  readonly body?: unknown;
  readonly maxRetries?: unknown;
  readonly signal?: unknown;
  /** Version 4 of OpenAI's client keeps the model of a form here. */
  readonly __metadata?: unknown;
}

/** A call of a client's method. All requests that the client sends for it are attempts of one `HttpCall`. */
export class MethodCall {
  #httpCall: HttpCall | undefined = undefined;
  #params: Json | undefined = undefined;
  #maxRetries: number;
  #signal: AbortSignal | undefined;
  #attempts = 0;

  constructor(client: { readonly maxRetries?: unknown }) {
    const { maxRetries } = client;
    this.#maxRetries = typeof maxRetries === 'number' ? maxRetries : DEFAULT_RETRIES;
  }

  /** The recorded call; undefined until one of its requests is recorded. */
  get httpCall(): HttpCall | undefined {
    return this.#httpCall;
  }

  /** The client reads no more of the response, and does not cancel its body. */
  leave(): void {
    this.#httpCall?.leave();
  }

  /** The body that the app passed to the client, for requests whose own body cannot be read. */
  get params(): Json | undefined {
    return this.#params;
  }

  /** Whether the app has aborted the call: the client does not retry then. */
  get isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  /** Makes later requests attempts of this call. */
  recordAs(httpCall: HttpCall): void {
    this.#httpCall = httpCall;
  }

  /** Reads the options of the request: its body, the number of retries, and the app's signal. */
  readOptions(options: unknown): void {
    if (!isRecord(options)) return;
    const { body, maxRetries, signal, __metadata: metadata } = options as RequestOptions;
    if (typeof maxRetries === 'number') this.#maxRetries = maxRetries;
    if (typeof AbortSignal === 'function' && signal instanceof AbortSignal) this.#signal = signal;
    if (isRecord(body)) this.#params = isPlainObject(body) ? body : objectOrEmpty(metadata);
  }

  /**
   * Counts an attempt.
   * @param headers of the request, which may state the number of earlier attempts
   * @returns whether the client has retries left
   */
  countAttempt(headers: unknown): boolean {
    const before = Number(headerOf(headers, 'x-stainless-retry-count') ?? this.#attempts);
    this.#attempts++;
    return before < this.#maxRetries;
  }
}

// One copy or build of this package may trace the client, and another one its fetch.
recognizeAcrossCopies(MethodCall, 'integrations.method-call.v1');

/** The call of a traced client that the running code belongs to; undefined if there is none. */
export function currentMethodCall(): MethodCall | undefined {
  const owner = currentClientCall();
  return owner instanceof MethodCall ? owner : undefined;
}
