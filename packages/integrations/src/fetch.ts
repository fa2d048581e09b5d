/** The entry point for any other client that takes a fetch, or uses the global one. */

import { isUntraced, runGuarded } from '@openlayer-tracing/core/integration';
import {
  type CallOptions,
  checkClient,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { type ClientProfile, clientNames } from './http/exchange/client-profile.js';
import type { FetchInit, FetchInput } from './http/exchange/fetch-types.js';
import { replaceGlobalFetch } from './http/global-fetch.js';
import { mayBeModelRequest } from './http/request/recognize.js';
import { traceFetch } from './http/trace-fetch.js';
import { mayBelongToJob, traceJobs } from './http/trace-jobs.js';
import { anyShapes, jobShapes, namedJobShapes, namedShapes } from './shapes/any.js';

export type { ContentPart } from './common/options.js';

export interface FetchOptions extends CallOptions, StreamUsageOptions {
  /** The fetch that sends the requests. @default the global one, as it is when a request is sent */
  readonly fetch?: typeof fetch | undefined;
  /** The first word of the names of the steps: `Mistral` gives `Mistral Chat Completion`. @default 'LLM' */
  readonly client?: string | undefined;
}

export interface InstrumentFetchOptions extends Omit<CallOptions, 'provider'>, StreamUsageOptions {}

const NAMED_SHAPES = [...namedShapes, ...namedJobShapes];

const { provider: _none, ...GLOBAL_OPTIONS } = STREAM_OPTIONS;

/**
 * A fetch that records requests to models as steps of the current trace. It recognises requests of the form of OpenAI, Anthropic,
 * Gemini, Bedrock, Ollama, Voyage, Hugging Face and Replicate on any host, and requests to Cohere, Mistral and fal. All others pass
 * unrecorded.
 *
 * @example
 * const ollama = new Ollama({ fetch: tracedFetch({ client: 'Ollama', provider: 'ollama' }) });
 *
 * @throws TypeError if an option is wrong
 */
export function tracedFetch(options: FetchOptions = {}): typeof fetch {
  checkOptions('tracedFetch', options, { ...STREAM_OPTIONS, fetch: true, client: true });
  const { fetch: ownFetch, client = 'LLM' } = options;
  if (ownFetch !== undefined && typeof ownFetch !== 'function') {
    throw new TypeError('tracedFetch: fetch must be a function');
  }
  checkClient('tracedFetch', client, 'Mistral');
  const base = ownFetch ?? ((...args: Parameters<typeof fetch>) => globalThis.fetch(...args));
  const profile: ClientProfile = {
    ...clientNames(client),
    provider: undefined,
    shapes: anyShapes,
    unreportedPaths: [],
    isForAnyHost: true,
    options,
  };
  return traceJobs(traceFetch(base as typeof fetch, profile), profile, jobShapes);
}

/**
 * Replaces the global fetch by one that records requests to models, for clients that take no fetch. Call it where the app starts:
 * many clients keep the global fetch that they find when they are created.
 *
 * Requests are recognised as by `tracedFetch`; on an unknown host, only if they have a model and an input. All others are passed to
 * the former fetch unchanged. A call of a client or framework that has its own tracing is recorded there only. The attempts of a
 * call are one step if their headers identify the call, as those of the clients of OpenAI, Anthropic, Groq, Together and AWS do, and
 * any `idempotency-key`; otherwise each attempt is a step.
 *
 * A second call replaces the options, not the fetch.
 *
 * @example
 * instrumentFetch();
 *
 * @returns a function that undoes this call. The last one restores the former fetch, unless other code has replaced it in the
 * meantime
 * @throws TypeError if there is no global fetch, or an option is wrong
 */
export function instrumentFetch(options: InstrumentFetchOptions = {}): () => void {
  checkOptions('instrumentFetch', options, GLOBAL_OPTIONS);
  const profile: ClientProfile = {
    client: 'LLM',
    provider: undefined,
    shapes: namedShapes,
    unreportedPaths: [],
    isForAnyHost: true,
    options,
  };
  return replaceGlobalFetch((original) => {
    const recording = traceJobs(traceFetch(original, profile), profile, namedJobShapes);
    return function fetch(this: unknown, ...args: [FetchInput, FetchInit?]): Promise<unknown> {
      return Reflect.apply(mayBeRecorded(args) ? recording : original, this, args);
    };
  });
}

/** Whether a request may be one to a model. Never throws. */
function mayBeRecorded([input, init]: [FetchInput, FetchInit?]): boolean {
  const mayBe = runGuarded('request', () => {
    if (isUntraced()) return false;
    return mayBeModelRequest(NAMED_SHAPES, input, init) || mayBelongToJob(input, namedJobShapes);
  });
  return mayBe === true;
}
