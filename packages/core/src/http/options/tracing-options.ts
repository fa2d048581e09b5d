/** The options of `openlayerTracing()`, the same for every framework. */

import {
  assertKnown,
  assertObject,
  assertOptions,
  ConfigError,
  checkBoolean,
  checkFunction,
  checkPositive,
  formatValue,
} from '../../config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from '../../config/tracer-options.js';
import type { SettledTrace } from '../../trace/model/trace-api.js';
import type { Tracer } from '../../tracer/api/tracer-api.js';

/** A value or a promise of it. */
type Eventually<T> = T | PromiseLike<T>;

/**
 * Where the inference ID of a request comes from. An id has 1 to 128 characters of `[A-Za-z0-9._:=@+/-]`, the first a letter or
 * digit; any other is replaced by a UUID. An id that was used recently gets a suffix: `id:2`.
 */
export interface InferenceIdOptions<Req> {
  /** Request header with the id, and response header that returns it. @default 'x-request-id' */
  readonly header?: string | undefined;
  /**
   * Returns the id of a request. With undefined, or an id that is not valid, the header is used. It must be synchronous: a promise
   * counts as undefined and is reported as `option_inferenceId.from_async`.
   */
  readonly from?: ((req: Req) => string | undefined) | undefined;
  /** Whether the id in the request header is used. A function must be synchronous, like `from`. @default true */
  readonly trust?: boolean | ((req: Req) => boolean) | undefined;
  /** Whether the response header returns the id, unless the app sets that header itself. @default true */
  readonly echo?: boolean | undefined;
}

/** How a request's headers `traceparent`, `tracestate` and `baggage` are used. Invalid ones are ignored. */
export interface TraceContextOptions<Req> {
  /**
   * Whether the trace continues the one of the caller, with its trace id. A function must be synchronous: a promise counts as
   * false and is reported as `option_traceContext.trust_async`. @default `inferenceId.trust`
   */
  readonly trust?: boolean | ((req: Req) => boolean) | undefined;
  /**
   * What becomes of a caller that is not trusted: `link` records its ids in `metadata.otel.links`, `ignore` leaves them out. The
   * trace has ids of its own. @default 'link'
   */
  readonly restart?: 'link' | 'ignore' | undefined;
  /**
   * Names of members of a trusted caller's `baggage` to record in `metadata.baggage`. Only the first 64 members and 8,192
   * characters of the header are read. @default []
   */
  readonly baggage?: readonly string[] | undefined;
}

/** What is recorded of the bodies and headers of requests and responses. */
export interface CaptureOptions {
  /** Whether the request's body, query and parameters become inputs. @default true */
  readonly request?: boolean | undefined;
  /** Whether the response's body becomes the output. @default true */
  readonly response?: boolean | undefined;
  /**
   * Bytes of each body that are recorded, or of the text of a response that is a stream of events; a longer one is cut, with a mark.
   * @default 65536
   */
  readonly maxBytes?: number | undefined;
  /** Names of request headers to record in `metadata.headers`. A header with credentials throws a ConfigError. @default [] */
  readonly headers?: readonly string[] | undefined;
}

/**
 * Options of `openlayerTracing()`. A wrong value or an unknown key throws a `ConfigError`. If a function among them throws or
 * rejects, the request is not affected. That is reported as `sample_failed` for `sample`, as `spending_failed` for `pricing`,
 * `onUsage` and `budget`, as `redaction_failed` for `redact.text`, as `scope_failed` for `scope`, and as `option_<name>_failed`
 * for the other functions of a request.
 */
export interface TracingOptions<Req = unknown> extends TracerOptions {
  /** The tracer to use, instead of options for one. @default the process-wide tracer */
  readonly tracer?: Tracer | undefined;
  /** Where the inference ID of a request comes from. @default the header `x-request-id`, which the response returns */
  readonly inferenceId?: InferenceIdOptions<Req> | undefined;
  /** How the trace is joined to the trace of the caller. @default a valid `traceparent` is continued */
  readonly traceContext?: TraceContextOptions<Req> | undefined;
  /**
   * Returns the name of the trace, which is cut to 256 characters. It may be asynchronous, like `input`, `output`, `user`, `session`
   * and `metadata`: the row, but not the response, waits at most 10 seconds for their promises. Like them, it is called when the
   * response has ended; with a spool in the mode `wal`, just before the last bytes of the response are sent.
   * @default method and route, such as `POST /chat/:id`
   */
  readonly name?: ((req: Req) => Eventually<string | undefined>) | undefined;
  /** Returns whether not to trace a request. It must be synchronous: a promise counts as false and is reported. @default no request */
  readonly skip?: ((req: Req) => boolean) | undefined;
  /** What is recorded of bodies and headers. @default both bodies, up to 64 KiB each, and no headers */
  readonly capture?: CaptureOptions | undefined;
  /**
   * Returns the trace's input, an object whose properties, at most 64, become columns. Called like `name`.
   * @default { body, query, params }
   */
  readonly input?:
    | ((req: Req) => Eventually<Readonly<Record<string, unknown>> | undefined>)
    | undefined;
  /**
   * Converts the captured response body, parsed JSON or a string, to the trace's output. Called like `name`, but not for empty and
   * binary bodies.
   * @default the body itself
   */
  readonly output?: ((body: unknown) => unknown) | undefined;
  /**
   * Returns the user of the request, for the column `user_id`, which is cut to 256 characters. Called like `name`, unless `update()`
   * set one. @default none
   */
  readonly user?: ((req: Req) => Eventually<string | number | undefined>) | undefined;
  /**
   * Returns the conversation of the request, for the column `session_id`, which is cut to 256 characters. Called like `user`.
   * @default none
   */
  readonly session?: ((req: Req) => Eventually<string | number | undefined>) | undefined;
  /**
   * Returns metadata of the request, of which a trace keeps 128 keys in all. Called like `name`; keys that `update()` set win.
   * @default none
   */
  readonly metadata?:
    | ((req: Req) => Eventually<Readonly<Record<string, unknown>> | undefined>)
    | undefined;
  /**
   * Which traces are published: a rate from 0 to 1, applied when a request begins, or a function of the settled trace that
   * returns false to leave it out. It must be synchronous: with a promise, the trace is kept. If it throws or rejects, the trace
   * is kept and `sample_failed` is reported.
   * @default 1
   */
  readonly sample?: number | ((trace: SettledTrace) => boolean) | undefined;
  /** Age at which an open trace is published with the outcome `abandoned`, in milliseconds. @default 600000 */
  readonly maxAgeMs?: number | undefined;
}

const FUNCTIONS = ['name', 'skip', 'input', 'output', 'user', 'session', 'metadata'] as const;

/** The compiler checks that the list is complete. */
const KNOWN: Readonly<Record<keyof TracingOptions, true>> = {
  ...TRACER_OPTIONS,
  tracer: true,
  inferenceId: true,
  traceContext: true,
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

/** Header names as HTTP allows them (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers with credentials, which cannot be captured. */
const CREDENTIAL_HEADER =
  /^(authorization|proxy-authorization|cookie|set-cookie)$|token|secret|session|api-?key|csrf|client-cert/i;

/** Checks the options. @throws ConfigError if one is wrong */
export function checkTracingOptions<Req>(options: TracingOptions<Req>): void {
  assertOptions(options, KNOWN, 'openlayerTracing');
  for (const name of FUNCTIONS) checkFunction(options[name], name);
  const { inferenceId, traceContext, capture, sample, maxAgeMs, tracer } = options;
  if (inferenceId !== undefined) checkInferenceId(inferenceId);
  if (traceContext !== undefined) checkTraceContext(traceContext);
  if (capture !== undefined) checkCapture(capture);
  checkPositive(maxAgeMs, 'maxAgeMs');
  const isRate = typeof sample === 'number' && sample >= 0 && sample <= 1;
  if (sample !== undefined && !isRate && typeof sample !== 'function') {
    throw new ConfigError(
      `sample must be a rate from 0 to 1 or a function, but is ${formatValue(sample)}`,
    );
  }
  if (tracer !== undefined) assertObject(tracer, 'tracer');
}

function checkInferenceId<Req>(options: InferenceIdOptions<Req>): void {
  assertObject(options, 'inferenceId');
  assertKnown(options, { header: true, from: true, trust: true, echo: true }, 'inferenceId');
  const { header, from, trust, echo } = options;
  checkFunction(from, 'inferenceId.from');
  checkBoolean(echo, 'inferenceId.echo');
  checkTrust(trust, 'inferenceId.trust');
  if (header !== undefined && (typeof header !== 'string' || !HEADER_NAME.test(header))) {
    throw new ConfigError(
      'inferenceId.header must be the name of an HTTP header, such as x-request-id',
    );
  }
}

function checkTrust(trust: unknown, name: string): void {
  if (trust !== undefined && typeof trust !== 'boolean' && typeof trust !== 'function') {
    throw new ConfigError(`${name} must be true, false or a function of the request`);
  }
}

function checkTraceContext<Req>(options: TraceContextOptions<Req>): void {
  assertObject(options, 'traceContext');
  assertKnown(options, { trust: true, restart: true, baggage: true }, 'traceContext');
  const { trust, restart, baggage = [] } = options;
  checkTrust(trust, 'traceContext.trust');
  if (restart !== undefined && restart !== 'link' && restart !== 'ignore') {
    throw new ConfigError(
      `traceContext.restart must be 'link' or 'ignore', but is ${formatValue(restart)}`,
    );
  }
  const isArray: boolean = Array.isArray(baggage);
  if (!isArray || baggage.some((name) => typeof name !== 'string')) {
    throw new ConfigError("traceContext.baggage must be an array of names, such as ['tenant']");
  }
}

function checkCapture(options: CaptureOptions): void {
  assertObject(options, 'capture');
  assertKnown(options, { request: true, response: true, maxBytes: true, headers: true }, 'capture');
  const { request, response, maxBytes, headers = [] } = options;
  checkBoolean(request, 'capture.request');
  checkBoolean(response, 'capture.response');
  checkPositive(maxBytes, 'capture.maxBytes');
  const isArray: boolean = Array.isArray(headers);
  if (!isArray || headers.some((header) => typeof header !== 'string')) {
    throw new ConfigError("capture.headers must be an array of names, such as ['user-agent']");
  }
  for (const header of headers) {
    if (CREDENTIAL_HEADER.test(header)) {
      throw new ConfigError(
        `capture.headers must not name ${header}: it contains credentials, which are never captured`,
      );
    }
  }
}
