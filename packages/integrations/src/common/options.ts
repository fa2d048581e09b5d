/** The options that the entry points have in common, and their check. */

import { unknownKey } from '@openlayer-tracing/core/integration';

/** The part of a call that content belongs to: what was sent to the model, or what it returned. */
export type ContentPart = 'inputs' | 'output';

export interface CallOptions {
  /**
   * The provider of the model, by the name under which the platform prices it: `openai`, `azure`, `groq`, ...
   * @default the provider that the host of the request belongs to, if that is known
   */
  readonly provider?: string | undefined;
  /**
   * Whether inputs and outputs are recorded. With `false`, a failure is recorded without its message, only by status and kind,
   * because providers repeat parts of the prompt in their messages. Models, tokens and parameters that are numbers, booleans or
   * names of settings are always recorded. The app's own steps record an error that passes through them as the tracer's `redact`
   * says.
   * @default true
   */
  readonly content?: boolean | undefined;
  /**
   * Returns what is recorded in place of some content. The message of a failure is passed as a string of part `output`. It must
   * return the value itself: if it throws or returns a promise, the content is left out and a diagnostic is reported.
   */
  readonly redact?: ((content: unknown, part: ContentPart) => unknown) | undefined;
}

/** Whether content must not be recorded unchanged. */
export function hidesContent({ content, redact }: CallOptions): boolean {
  return content === false || redact !== undefined;
}

export interface StreamUsageOptions {
  /**
   * Whether chat streams are requested with token counts (`stream_options.include_usage`) if the app did not request them. The
   * additional chunk is removed before the app reads the stream. `'auto'` does this only for OpenAI's own hosts.
   * @default 'auto'
   */
  readonly streamUsage?: 'auto' | boolean | undefined;
}

/** The compiler checks that the lists are complete. */
export const CALL_OPTIONS: Readonly<Record<keyof CallOptions, true>> = {
  provider: true,
  content: true,
  redact: true,
};
export const STREAM_OPTIONS: Readonly<Record<keyof (CallOptions & StreamUsageOptions), true>> = {
  ...CALL_OPTIONS,
  streamUsage: true,
};

/**
 * Checks the options of an entry point.
 * @param name the function that the app called
 * @param knownOptions every option that it takes; the compiler checks that none is missing
 * @throws TypeError for an unknown or wrong option
 */
export function checkOptions<Options extends CallOptions & StreamUsageOptions>(
  name: string,
  options: Options,
  knownOptions: Readonly<Record<keyof NoInfer<Options>, true>>,
): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`the options of ${name}() must be an object`);
  }
  // Otherwise, private content would be recorded where `content: false` is misspelt.
  const names = Object.keys(knownOptions);
  for (const key of Object.keys(options)) {
    if (!names.includes(key)) throw new TypeError(`${name}: ${unknownKey(key, names)}`);
  }
  const { provider, content, redact, streamUsage } = options;
  if (provider !== undefined && (typeof provider !== 'string' || provider === '')) {
    throw new TypeError('provider must be a string, such as openai');
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
