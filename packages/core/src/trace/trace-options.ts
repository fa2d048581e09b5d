/** What can be said of how an annotated function is recorded. */

import { unknownKey } from '../config/unknown-key.js';
import type { StepType } from '../wire.js';
import { FIELDS, isStepType } from './step-fields.js';

/** What the output is made of: what was returned or awaited, and of a stream its texts joined, or a list of its items. */
export type Recorded<R> =
  Awaited<R> extends AsyncIterable<infer Item> | IterableIterator<infer Item>
    ? [Item] extends [string | Uint8Array]
      ? string
      : Item[] | string
    : Awaited<R>;

/** How the calls of a function are recorded. */
export interface TraceOptions<A extends unknown[] = unknown[], R = unknown> {
  /** @default the name of the function */
  readonly name?: string | undefined;
  /** @default 'user_call' */
  readonly type?: StepType | undefined;
  /** Names of the arguments, in order. Without them the inputs are one list, `args`. */
  readonly params?: readonly string[] | undefined;
  /** Makes the inputs of the arguments. It may be asynchronous, as `output` may: the row of the trace waits for it. */
  readonly inputs?: ((...args: A) => unknown) | undefined;
  /** Makes the output of what was returned, awaited or yielded. */
  readonly output?: ((result: Recorded<R>) => unknown) | undefined;
  /** Facts of every call, merged into the step's. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** The compiler holds the list to be complete. */
const KNOWN: Readonly<Record<keyof TraceOptions, true>> = {
  name: true,
  type: true,
  params: true,
  inputs: true,
  output: true,
  metadata: true,
};

/** What cannot work is said where the function is defined: its calls never throw for reasons of ours. */
export function checkTraceOptions(options: TraceOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      "options of a traced function are an object, such as { name: 'search', type: 'tool' }",
    );
  }
  const known = Object.keys(KNOWN);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(unknownKey(key, known));
  }
  const { name, type, params, inputs, output, metadata } = options;
  if (name !== undefined && typeof name !== 'string') throw new TypeError('name must be a text');
  if (type !== undefined && !isStepType(type)) {
    throw new TypeError(`type must be one of ${Object.keys(FIELDS).join(', ')}`);
  }
  const isList: boolean = params === undefined || Array.isArray(params);
  if (!isList || params?.some((param) => typeof param !== 'string')) {
    throw new TypeError("params must be a list of names, such as ['query']");
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
