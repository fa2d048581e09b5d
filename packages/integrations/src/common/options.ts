/** The options that the entry points have in common, and their check. */

import { unknownKeyIn, unknownKeyMessage } from '@openlayer-tracing/core/integration';

/** The part of a call that content belongs to: what was sent to the model, or what it returned. */
export type ContentPart = 'inputs' | 'output';

/** The options of every entry point that records calls. */
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
   * @default the content is not changed
   */
  readonly redact?: ((content: unknown, part: ContentPart) => unknown) | undefined;
}

/** Whether content must not be recorded unchanged. */
export function hidesContent({ content, redact }: CallOptions): boolean {
  return content === false || redact !== undefined;
}

/** The option of entry points for clients with OpenAI's API. */
export interface StreamUsageOptions {
  /**
   * Whether chat streams are requested with token counts (`stream_options.include_usage`) if the app did not request them. The
   * additional chunk is removed before the app reads the stream. `'auto'` does this only for OpenAI's own hosts. A request whose
   * headers sign its body is sent unchanged, which is reported as `unrecorded_call`.
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
  checkKeys(name, options, knownOptions);
  const { provider, content, redact, streamUsage } = options;
  if (provider !== undefined && (typeof provider !== 'string' || provider === '')) {
    throw new TypeError(`${name}: provider must be a non-empty string, such as openai`);
  }
  if (content !== undefined && typeof content !== 'boolean') {
    throw new TypeError(`${name}: content must be true or false`);
  }
  if (redact !== undefined && typeof redact !== 'function') {
    throw new TypeError(`${name}: redact must be a function`);
  }
  if (streamUsage !== undefined && streamUsage !== 'auto' && typeof streamUsage !== 'boolean') {
    throw new TypeError(`${name}: streamUsage must be 'auto', true or false`);
  }
}

/**
 * Checks the option `client`, the first word of the names of steps.
 * @param name the function that the app called
 * @throws TypeError if it is no string
 */
export function checkClient(name: string, client: unknown, example: string): void {
  if (typeof client !== 'string') {
    throw new TypeError(`${name}: client must be a string, such as ${example}`);
  }
}

/** @throws TypeError if the value, which `name` takes, is no object */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} takes an object`);
}

/**
 * Checks the keys of an object.
 * @param name what takes the object, for the message of the error
 * @param knownKeys every key of the type; the compiler checks that none is missing
 * @throws TypeError for an unknown key, with the key that was probably meant
 */
export function checkKeys<T extends object>(
  name: string,
  value: T,
  knownKeys: Readonly<Record<keyof NoInfer<T>, true>>,
): void {
  const names = Object.keys(knownKeys);
  const unknown = unknownKeyIn(value, names);
  if (unknown !== undefined) throw new TypeError(`${name}: ${unknownKeyMessage(unknown, names)}`);
}
