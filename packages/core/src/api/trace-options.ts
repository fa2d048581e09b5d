/** The options of `trace()` and `@traced()`. */

import { unknownKeyIn, unknownKeyMessage } from '../diagnostics/unknown-key.js';
import { FIELDS, isStepType } from '../trace/model/step-fields.js';
import type { StepType } from '../wire.js';

/** What `output` is given: the awaited result; for an iterator or stream, its strings joined, a mark for its bytes, or an array. */
export type Recorded<R> =
  Awaited<R> extends AsyncIterable<infer Item> | IterableIterator<infer Item>
    ? [Item] extends [string | Uint8Array]
      ? string
      : Item[] | string
    : Awaited<R>;

/** How the calls of a function are recorded. */
export interface TraceOptions<A extends unknown[] = unknown[], R = unknown> {
  /** Name of the step. Cut to 256 characters. @default the name of the function */
  readonly name?: string | undefined;
  /** Type of the step. @default 'user_call' */
  readonly type?: StepType | undefined;
  /** Names of the arguments, in order; further arguments are not recorded. @default the inputs are one array, `args` */
  readonly params?: readonly string[] | undefined;
  /**
   * Converts the arguments to the inputs. It may be asynchronous, like `output`: the row waits up to 10 seconds for it. If it throws
   * or rejects, the step has no inputs, and `option_inputs_failed` is reported; the call is not affected.
   * @default the arguments, named by `params`
   */
  readonly inputs?: ((...args: A) => unknown) | undefined;
  /**
   * Converts the result to the output. For an iterator or stream, the result is its strings joined, an array of its items, or a mark
   * such as `[Buffer stream: 512 bytes]` for bytes that are no text. The items are the app's own objects: where a generator yields one
   * object again and again, all items are that object in its last state. If it throws or rejects, the step has no output, and
   * `option_output_failed` is reported; the call is not affected.
   * @default the result itself
   */
  readonly output?: ((result: Recorded<R>) => unknown) | undefined;
  /** Metadata of every call. At most 128 keys. @default none */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** The compiler checks that the list is complete. */
const KNOWN: Readonly<Record<keyof TraceOptions, true>> = {
  name: true,
  type: true,
  params: true,
  inputs: true,
  output: true,
  metadata: true,
};

/**
 * Checks the options where the function is defined.
 * @param functionName `trace` or `@traced`
 * @throws TypeError if an option is wrong
 */
export function checkTraceOptions(options: TraceOptions, functionName: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      "the options of a traced function must be an object, such as { name: 'search', type: 'tool' }",
    );
  }
  const known = Object.keys(KNOWN);
  const unknown = unknownKeyIn(options, known);
  if (unknown !== undefined)
    throw new TypeError(`${functionName}: ${unknownKeyMessage(unknown, known)}`);
  const { name, type, params, inputs, output, metadata } = options;
  if (name !== undefined && typeof name !== 'string') throw new TypeError('name must be a string');
  if (type !== undefined && !isStepType(type)) {
    throw new TypeError(`type must be one of ${Object.keys(FIELDS).join(', ')}`);
  }
  const isArray: boolean = params === undefined || Array.isArray(params);
  if (!isArray || params?.some((param) => typeof param !== 'string')) {
    throw new TypeError("params must be an array of names, such as ['query']");
  }
  if (inputs !== undefined && typeof inputs !== 'function') {
    throw new TypeError('inputs must be a function of the arguments');
  }
  if (output !== undefined && typeof output !== 'function') {
    throw new TypeError('output must be a function of the result');
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) {
    throw new TypeError('metadata must be an object');
  }
}
