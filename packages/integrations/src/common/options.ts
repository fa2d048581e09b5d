/** Options of the doors, read once. */

import { unknownKey } from '@openlayer-tracing/core/integration';

/** What of a call is content: what the model was told, and what it said. */
export type ContentPart = 'inputs' | 'output';

export interface CallOptions {
  /**
   * Whose model it is, as the platform prices it: `openai`, `azure`, `groq`, ...
   * @default what the host of the request tells, else unknown
   */
  readonly provider?: string | undefined;
  /** Whether what goes in and what comes out is recorded. Models, parameters and tokens are in any case. @default true */
  readonly content?: boolean | undefined;
  /** Replaces content before it is recorded, at once. Where it throws or returns a promise, the content is left out. */
  readonly redact?: ((content: unknown, part: ContentPart) => unknown) | undefined;
}

export interface StreamUsageOptions {
  /**
   * Whether chat streams are asked for their tokens where the app did not ask. The app does not get to see the chunk
   * that tells. `'auto'` asks OpenAI's own hosts alone.
   * @default 'auto'
   */
  readonly streamUsage?: 'auto' | boolean | undefined;
}

/** The compiler holds the lists to be complete. */
const CALL: Readonly<Record<keyof CallOptions, true>> = {
  provider: true,
  content: true,
  redact: true,
};
const STREAM_USAGE: Readonly<Record<keyof StreamUsageOptions, true>> = { streamUsage: true };

export const CALL_OPTIONS: readonly string[] = Object.keys(CALL);
export const STREAM_OPTIONS: readonly string[] = [...CALL_OPTIONS, ...Object.keys(STREAM_USAGE)];

/**
 * @param known the names that the options of this door have
 * @throws TypeError with a text that says what to do
 */
export function checkOptions(
  door: string,
  options: CallOptions & StreamUsageOptions,
  known: readonly string[] = CALL_OPTIONS,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`the options of ${door}() must be an object`);
  }
  // Who misspells `content` means to keep it to himself.
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${door}: ${unknownKey(key, known)}`);
  }
  const { provider, content, redact, streamUsage } = options;
  if (provider !== undefined && (typeof provider !== 'string' || provider === '')) {
    throw new TypeError('provider must be a text, such as openai');
  }
  if (content !== undefined && typeof content !== 'boolean') {
    throw new TypeError('content must be true or false');
  }
  if (redact !== undefined && typeof redact !== 'function') {
    throw new TypeError('redact must be a function');
  }
  if (streamUsage !== undefined && streamUsage !== 'auto' && typeof streamUsage !== 'boolean') {
    throw new TypeError("streamUsage must be 'auto', true or false");
  }
}
