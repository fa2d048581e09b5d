/** A call of a client's method, from its first request to its last try. */

import { isRecord, type Json, record } from '../common/json.js';
import { headerOf } from './fetch.js';
import type { ModelCall } from './model-call.js';

/** What Stainless clients are given for one request. */
interface RequestOptions {
  readonly body?: unknown;
  readonly maxRetries?: unknown;
  readonly signal?: unknown;
  /** What version 4 of OpenAI's client knows of a form: the model. */
  readonly __metadata?: unknown;
}

const DEFAULT_RETRIES = 2;

export class ClientCall {
  call: ModelCall | undefined = undefined;
  /** What the app gave, where what is sent cannot be read. */
  params: Json | undefined = undefined;
  #maxRetries: number;
  #signal: AbortSignal | undefined;
  #begun = 0;

  constructor(client: { readonly maxRetries?: unknown }) {
    const { maxRetries } = client;
    this.#maxRetries = typeof maxRetries === 'number' ? maxRetries : DEFAULT_RETRIES;
  }

  takeOptions(given: unknown): void {
    if (!isRecord(given)) return;
    const { body, maxRetries, signal, __metadata: metadata } = given as RequestOptions;
    if (typeof maxRetries === 'number') this.#maxRetries = maxRetries;
    if (typeof AbortSignal === 'function' && signal instanceof AbortSignal) this.#signal = signal;
    if (isRecord(body)) this.params = isPlain(body) ? body : record(metadata);
  }

  /**
   * Counts a try.
   * @returns whether the client would make another
   */
  tries(headers: unknown): boolean {
    const told = Number(headerOf(headers, 'x-stainless-retry-count') ?? this.#begun);
    this.#begun++;
    return told < this.#maxRetries && this.#signal?.aborted !== true;
  }
}

/** Forms and files are objects, too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
