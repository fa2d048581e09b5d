/** Options of `openlayerTracing()`, the same for every framework. */

import {
  assertKnown,
  assertObject,
  ConfigError,
  flag,
  optionalFunction,
} from '../config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from '../config/tracer-options.js';
import type { SettledTrace } from '../trace/types.js';
import type { TracerCore } from '../tracer.js';
import type { Tracer } from '../tracer-api.js';

/** What may be known later than it is asked for. */
type Eventually<T> = T | PromiseLike<T>;

export interface InferenceIdOptions<Req> {
  /** Request header that holds the id, and response header that carries it back. @default 'x-request-id' */
  readonly header?: string | undefined;
  /**
   * The id of a request, where it is not in a header. Undefined leaves it to the header. It is needed at once: a promise
   * counts as none, and is reported.
   */
  readonly from?: ((req: Req) => string | undefined) | undefined;
  /** Whether a client may choose the id of the row; needed at once, like `from`. @default true */
  readonly trust?: boolean | ((req: Req) => boolean) | undefined;
  /** Whether the response carries the id. @default true */
  readonly echo?: boolean | undefined;
}

export interface CaptureOptions {
  /** Whether the request's body, query and parameters become inputs. @default true */
  readonly request?: boolean | undefined;
  /** Whether the response's body becomes the output. @default true */
  readonly response?: boolean | undefined;
  /** Bytes of a body that are kept. @default 65536 */
  readonly maxBytes?: number | undefined;
  /** Request headers to keep in the metadata. Those that hold credentials are never kept. @default [] */
  readonly headers?: readonly string[] | undefined;
}

export interface TracingOptions<Req = unknown> extends TracerOptions {
  /** The tracer to publish by, in place of settings for one. @default the process-wide tracer */
  readonly tracer?: Tracer | undefined;
  /** Where the id of a request's row comes from. @default the header `x-request-id`, which the response carries back */
  readonly inferenceId?: InferenceIdOptions<Req> | undefined;
  /**
   * The name of the trace. It may be asynchronous, as `input`, `output`, `user`, `session` and `metadata` may: the row waits
   * for what they promise, for 10 seconds at most, and the response does not.
   * @default method and route, such as `POST /chat/:id`
   */
  readonly name?: ((req: Req) => Eventually<string | undefined>) | undefined;
  /** Requests that are not traced. It is needed at once: a promise counts as none, and is reported. */
  readonly skip?: ((req: Req) => boolean) | undefined;
  /** What is kept of the bodies. @default both, up to 64 KiB each, and no headers */
  readonly capture?: CaptureOptions | undefined;
  /** The trace's input: an object whose keys become columns. @default { body, query, params } */
  readonly input?:
    | ((req: Req) => Eventually<Readonly<Record<string, unknown>> | undefined>)
    | undefined;
  /** The trace's output, made of the captured body: parsed JSON, or text. */
  readonly output?: ((body: unknown) => unknown) | undefined;
  /** Who asks, for the column `user_id`. Asked at the end, unless the trace was given one by then. */
  readonly user?: ((req: Req) => Eventually<string | number | undefined>) | undefined;
  /** Which conversation the request belongs to, for the column `session_id`. Asked like `user`. */
  readonly session?: ((req: Req) => Eventually<string | number | undefined>) | undefined;
  /** Facts of every request, asked at the end. What the trace was given by then under the same key wins. */
  readonly metadata?:
    | ((req: Req) => Eventually<Readonly<Record<string, unknown>> | undefined>)
    | undefined;
  /**
   * Which traces are published: a rate from 0 to 1, decided when the request comes in, or a decision on the settled
   * trace, which is needed at once: where it is a promise, the trace is kept.
   * @default 1
   */
  readonly sample?: number | ((trace: SettledTrace) => boolean) | undefined;
  /** A request that is still open after so long is published as abandoned, in milliseconds. @default 600000 */
  readonly maxAgeMs?: number | undefined;
}

const FUNCTIONS = ['name', 'skip', 'input', 'output', 'user', 'session', 'metadata'] as const;

/** The compiler holds the list to be complete. */
const OWN: Readonly<Record<Exclude<keyof TracingOptions, keyof TracerOptions>, true>> = {
  tracer: true,
  inferenceId: true,
  name: true,
  skip: true,
  capture: true,
  input: true,
  output: true,
  user: true,
  session: true,
  metadata: true,
  sample: true,
  maxAgeMs: true,
};
const KNOWN: readonly string[] = [...Object.keys(OWN), ...TRACER_OPTIONS];

/** Header names as HTTP allows them (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Never kept, even where they are asked for. */
const CREDENTIAL_HEADER =
  /^(authorization|proxy-authorization|cookie|set-cookie)$|token|secret|session|api-?key|csrf|client-cert/i;

/** @throws ConfigError with a text that says what to do */
export function checkTracingOptions<Req>(options: TracingOptions<Req>): void {
  assertObject(options, 'options');
  assertKnown(options, KNOWN, '');
  for (const name of FUNCTIONS) optionalFunction(options[name], name);
  const { inferenceId, capture, sample, maxAgeMs, tracer } = options;
  if (inferenceId !== undefined) checkInferenceId(inferenceId);
  if (capture !== undefined) checkCapture(capture);
  positive(maxAgeMs, 'maxAgeMs');
  const isRate = typeof sample === 'number' && sample >= 0 && sample <= 1;
  if (sample !== undefined && !isRate && typeof sample !== 'function') {
    throw new ConfigError(
      `sample must be a rate from 0 to 1 or a function, but is ${describe(sample)}`,
    );
  }
  if (tracer !== undefined) assertObject(tracer, 'tracer');
}

function checkInferenceId<Req>(options: InferenceIdOptions<Req>): void {
  assertObject(options, 'inferenceId');
  assertKnown(options, ['header', 'from', 'trust', 'echo'], 'inferenceId');
  const { header, from, trust, echo } = options;
  optionalFunction(from, 'inferenceId.from');
  flag(echo, 'inferenceId.echo');
  if (trust !== undefined && typeof trust !== 'boolean' && typeof trust !== 'function') {
    throw new ConfigError('inferenceId.trust must be true, false or a function of the request');
  }
  if (header !== undefined && !HEADER_NAME.test(String(header))) {
    throw new ConfigError(
      'inferenceId.header must be the name of an HTTP header, such as x-request-id',
    );
  }
}

function checkCapture(options: CaptureOptions): void {
  assertObject(options, 'capture');
  assertKnown(options, ['request', 'response', 'maxBytes', 'headers'], 'capture');
  const { request, response, maxBytes, headers = [] } = options;
  flag(request, 'capture.request');
  flag(response, 'capture.response');
  positive(maxBytes, 'capture.maxBytes');
  const isList: boolean = Array.isArray(headers);
  if (!isList || headers.some((header) => typeof header !== 'string')) {
    throw new ConfigError("capture.headers must be a list of names, such as ['user-agent']");
  }
  for (const header of headers) {
    if (CREDENTIAL_HEADER.test(header)) {
      throw new ConfigError(
        `capture.headers must not name ${header}: it holds credentials, which are never captured`,
      );
    }
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function positive(value: number | undefined, name: string): void {
  if (value !== undefined && !(typeof value === 'number' && value > 0 && Number.isFinite(value))) {
    throw new ConfigError(`${name} must be a number above 0, but is ${String(value)}`);
  }
}

/** A tracer that was made by `createTracer` or `getTracer`; its interface for users hides what adapters need. */
export function asCore(tracer: Tracer): TracerCore {
  if (!('admits' in tracer))
    throw new ConfigError('tracer must come from createTracer() or getTracer()');
  return tracer as TracerCore;
}
