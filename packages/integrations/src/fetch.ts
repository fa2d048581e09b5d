/** Any other client that takes a fetch. */

import {
  type CallOptions,
  checkOptions,
  STREAM_OPTIONS,
  type StreamUsageOptions,
} from './common/options.js';
import { traceFetch } from './http/trace-fetch.js';
import { anthropicShapes } from './shapes/anthropic-messages.js';
import { geminiShapes } from './shapes/gemini.js';
import { ollamaShapes } from './shapes/ollama.js';
import { openAIShapes } from './shapes/openai.js';

export type { ContentPart } from './common/options.js';

export interface FetchOptions extends CallOptions, StreamUsageOptions {
  /** The fetch below. @default the global one */
  readonly fetch?: typeof fetch | undefined;
  /** What steps are called after: `Mistral` gives `Mistral Chat Completion`. @default 'LLM' */
  readonly client?: string | undefined;
}

/** The compiler holds the list to be complete. */
const OWN: Readonly<
  Record<Exclude<keyof FetchOptions, keyof CallOptions | keyof StreamUsageOptions>, true>
> = { fetch: true, client: true };
const KNOWN: readonly string[] = [...STREAM_OPTIONS, ...Object.keys(OWN)];

const SHAPES = [...openAIShapes, ...anthropicShapes, ...geminiShapes, ...ollamaShapes];

/**
 * A fetch that records exchanges with models as steps of the current trace: those that are shaped like OpenAI's,
 * Anthropic's, Gemini's or Ollama's, whatever the host. Everything else passes through.
 *
 * @example
 * const ollama = new Ollama({ fetch: tracedFetch({ client: 'Ollama', provider: 'ollama' }) });
 */
export function tracedFetch(options: FetchOptions = {}): typeof fetch {
  checkOptions('tracedFetch', options, KNOWN);
  const { fetch: below, client = 'LLM' } = options;
  if (below !== undefined && typeof below !== 'function') {
    throw new TypeError('fetch must be a function');
  }
  if (typeof client !== 'string') throw new TypeError('client must be a text, such as Mistral');
  const base = below ?? ((...args: Parameters<typeof fetch>) => globalThis.fetch(...args));
  return traceFetch(base as typeof fetch, {
    client,
    provider: undefined,
    shapes: SHAPES,
    options,
  });
}
