/** Begins request traces: what a middleware does before the app runs, for any framework. */

import { ConfigError, type TracerOptions } from '../config.js';
import { defaultTracer, existingTracer, setDefaultTracer } from '../default-tracer.js';
import { USER_AGENT } from '../publish/user-agent.js';
import { InertTrace } from '../trace/inert.js';
import { InferenceIds, isInferenceId } from '../trace/inference-id.js';
import { quote } from '../trace/json-text.js';
import type { RequestTrace } from '../trace/types.js';
import { createTracerCore, type TracerCore } from '../tracer.js';
import { BodyCapture } from './body-capture.js';
import { asCore, checkTracingOptions, type TracingOptions } from './options.js';
import type { RequestBody } from './request-body.js';
import { type RecordedRequest, RecordedRequest as RequestRecord } from './request-trace.js';

/** Reads a framework's request. One for all requests: it holds nothing. */
export interface RequestReader<Req> {
  method(req: Req): string;
  /** As the client asked for it, without the query. */
  path(req: Req): string;
  hasQuery(req: Req): boolean;
  /** @param name in lower case */
  header(req: Req, name: string): string | undefined;
  query(req: Req): unknown;
  /** The route's parameters, known once a route has matched. */
  params(req: Req): unknown;
  route(req: Req): string | undefined;
}

/** The answer's headers, before they are sent. */
export interface AnswerHeaders {
  get(name: string): unknown;
  set(name: string, value: string): void;
}

const DEFAULT_MAX_BYTES = 65_536;
const DEFAULT_MAX_AGE_MS = 600_000;

/** The request's own mark, so that a second mount of the middleware finds its trace. */
const TRACE = Symbol.for('openlayer-tracing.trace.v1');

/**
 * The trace of a request, for code that has the raw request but lost the scope. Undefined where no middleware of ours
 * has seen it.
 */
export function getTrace(req: object): RequestTrace | undefined {
  return (req as { [TRACE]?: RequestTrace })[TRACE];
}

export class RequestTracing<Req extends object> {
  readonly #options: TracingOptions<Req>;
  readonly #reader: RequestReader<Req>;
  readonly #ownTracer: TracerCore | undefined;
  readonly #ids = new InferenceIds();
  readonly #idHeader: string;
  readonly #trust: boolean | ((req: Req) => boolean);
  readonly #echo: boolean;
  readonly #rate: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #capturesRequest: boolean;
  readonly #capturesAnswer: boolean;
  readonly #headers: readonly string[];

  /** @throws ConfigError where an option cannot work */
  constructor(options: TracingOptions<Req>, reader: RequestReader<Req>) {
    checkTracingOptions(options);
    this.#options = options;
    this.#reader = reader;
    this.#ownTracer = tracerOf(options);
    const { inferenceId, capture, sample } = options;
    this.#idHeader = (inferenceId?.header ?? 'x-request-id').toLowerCase();
    this.#trust = inferenceId?.trust ?? true;
    this.#echo = inferenceId?.echo ?? true;
    this.#rate = typeof sample === 'number' ? sample : 1;
    this.#maxBytes = capture?.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxAgeMs = options.maxAgeMs ?? DEFAULT_MAX_AGE_MS;
    this.#capturesRequest = capture?.request ?? true;
    this.#capturesAnswer = capture?.response ?? true;
    this.#headers = (capture?.headers ?? []).map((header) => header.toLowerCase());
  }

  /**
   * Begins the trace of a request, or finds the one that it has. Never throws: where nothing is to be recorded, the
   * trace is an inert one.
   * @param watch follows the request and its answer to their end; called for a trace that is recorded
   */
  begin(
    req: Req,
    answer: AnswerHeaders,
    watch: (trace: RecordedRequest) => RequestBody | undefined,
  ): RequestTrace {
    try {
      const existing = getTrace(req);
      if (existing !== undefined) return existing;
      const trace = this.#begin(req, answer, watch);
      (req as { [TRACE]?: RequestTrace })[TRACE] = trace;
      return trace;
    } catch (error) {
      this.#failed('begin', error);
      return new InertTrace();
    }
  }

  /** Keeps the first error that a request's handlers raised. Never throws. */
  recordError(req: object, error: unknown): void {
    try {
      const trace = getTrace(req);
      if (trace instanceof RequestRecord && trace.isOpen) trace.recordError(error);
    } catch (failure) {
      this.#failed('error', failure);
    }
  }

  #begin(
    req: Req,
    answer: AnswerHeaders,
    watch: (trace: RecordedRequest) => RequestBody | undefined,
  ): RequestTrace {
    const tracer = this.#ownTracer ?? defaultTracer();
    if (!tracer.isEnabled || this.#skips(req)) return new InertTrace(this.#givenId(req));
    if (this.#rate < 1 && Math.random() >= this.#rate) {
      tracer.leftOut();
      return new InertTrace(this.#givenId(req));
    }
    if (!tracer.admits()) return new InertTrace(this.#givenId(req));
    const reader = this.#reader;
    const trace = new RequestRecord(
      tracer,
      reader.method(req),
      reader.path(req),
      this.#inferenceId(req, answer),
    );
    if (this.#capturesAnswer) trace.answer = new BodyCapture(this.#maxBytes);
    trace.maxAgeMs = this.#maxAgeMs;
    trace.convertOutput = this.#options.output;
    if (typeof this.#options.sample === 'function') trace.sample = this.#options.sample;
    const body = watch(trace);
    const input = this.#inputBefore(trace, req, body);
    trace.describe = () => this.#describe(trace, req, body, input);
    tracer.opened(trace);
    if (this.#echo && answer.get(this.#idHeader) === undefined)
      answer.set(this.#idHeader, trace.inferenceId);
    return trace;
  }

  #inferenceId(req: Req, answer: AnswerHeaders): string {
    const given = this.#givenId(req);
    if (given !== undefined) return this.#ids.distinct(given);
    // Another middleware may have made an id for the answer already.
    const made = answer.get(this.#idHeader);
    return isInferenceId(made) ? made : crypto.randomUUID();
  }

  /** The id that came with the request, where it is to be trusted and valid. */
  #givenId(req: Req): string | undefined {
    const from = this.#ask('inferenceId.from', this.#options.inferenceId?.from, req);
    if (isInferenceId(from)) return from;
    const id = this.#reader.header(req, this.#idHeader);
    if (!isInferenceId(id)) return undefined;
    const trusted =
      typeof this.#trust === 'function'
        ? this.#ask('inferenceId.trust', this.#trust, req)
        : this.#trust;
    return trusted === true ? id : undefined;
  }

  #skips(req: Req): boolean {
    if (this.#ask('skip', this.#options.skip, req) === true) return true;
    // Where the app is itself what we publish to, publishing must not be traced.
    const path = this.#reader.path(req);
    return path.endsWith('/data-stream') && this.#reader.header(req, 'user-agent') === USER_AGENT;
  }

  /** What can be read before the app runs is, since the app may change it. */
  #inputBefore(trace: RecordedRequest, req: Req, body: RequestBody | undefined): Input {
    if (this.#options.input !== undefined) {
      const isThere = body === undefined || body.isParsed;
      if (isThere) this.#askInput(trace, req);
      return { query: 'null', body: undefined, isAsked: isThere };
    }
    if (!this.#capturesRequest) return { query: 'null', body: undefined, isAsked: true };
    const query = this.#reader.hasQuery(req)
      ? trace.snapshot(this.#reader.query(req), 'query')
      : 'null';
    return { query, body: body === undefined ? 'null' : body.before(trace), isAsked: true };
  }

  /** Runs at the end of the answer. */
  #describe(
    trace: RecordedRequest,
    req: Req,
    body: RequestBody | undefined,
    input: Input,
  ): { route: string | undefined; name: string | undefined } {
    const options = this.#options;
    if (trace.columns === undefined && this.#capturesRequest) {
      if (options.input === undefined) {
        trace.columns = new Map([
          ['body', input.body ?? body?.after(trace) ?? 'null'],
          ['query', input.query],
          ['params', this.#params(trace, req)],
        ]);
      } else if (!input.isAsked) {
        this.#askInput(trace, req);
      }
    }
    if (options.user !== undefined) trace.userId ??= identity(this.#ask('user', options.user, req));
    if (options.session !== undefined)
      trace.sessionId ??= identity(this.#ask('session', options.session, req));
    const metadata = this.#ask('metadata', options.metadata, req);
    if (metadata !== undefined) this.#addMetadata(trace, metadata);
    if (this.#headers.length > 0) trace.root.setMetadata('headers', this.#headersText(trace, req));
    return {
      route: this.#ask('route', this.#reader.route, req),
      name: this.#ask('name', options.name, req),
    };
  }

  #askInput(trace: RecordedRequest, req: Req): void {
    const input = this.#ask('input', this.#options.input, req);
    if (input !== undefined && trace.columns === undefined) trace.setInput(input);
  }

  #params(trace: RecordedRequest, req: Req): string {
    const params = this.#ask('params', this.#reader.params, req);
    for (const _ in params as object | undefined) return trace.snapshot(params, 'params');
    return 'null';
  }

  /** What the handler set itself wins over what is said of all requests. */
  #addMetadata(trace: RecordedRequest, metadata: Readonly<Record<string, unknown>>): void {
    for (const key of Object.keys(metadata)) {
      if (trace.root.metadata?.has(key)) continue;
      trace.root.setMetadata(key, trace.snapshot(metadata[key], key));
    }
  }

  #headersText(trace: RecordedRequest, req: Req): string {
    const members: string[] = [];
    for (const name of this.#headers) {
      const value = this.#reader.header(req, name);
      if (value !== undefined) members.push(`${quote(name)}:${trace.snapshot(value, name)}`);
    }
    return `{${members.join()}}`;
  }

  /** Calls a function of the user's; where it throws, that is said and the request goes on. */
  #ask<R>(name: string, fn: ((req: Req) => R) | undefined, req: Req): R | undefined {
    if (fn === undefined) return undefined;
    try {
      return fn(req);
    } catch (error) {
      this.#report(`option_${name}_failed`, `the function given as ${name} threw`, error);
      return undefined;
    }
  }

  #failed(what: string, error: unknown): void {
    this.#report('internal_error', `tracing failed in ${what}; the request is not affected`, error);
  }

  #report(reason: string, message: string, error: unknown): void {
    try {
      (this.#ownTracer ?? existingTracer())?.diagnostics.report('error', reason, message, error);
    } catch {
      // There is nobody left to tell.
    }
  }
}

interface Input {
  /** JSON text. */
  readonly query: string;
  /** JSON text; undefined while the body is still to come. */
  readonly body: string | undefined;
  readonly isAsked: boolean;
}

function identity(id: unknown): string | undefined {
  if (typeof id === 'number' || (typeof id === 'string' && id !== ''))
    return String(id).slice(0, 256);
  return undefined;
}

const TRACER_OPTIONS: readonly (keyof TracerOptions)[] = [
  'apiKey',
  'inferencePipelineId',
  'baseUrl',
  'dangerouslyAllowHttp',
  'publish',
  'scope',
  'redact',
  'limits',
  'batch',
  'retry',
  'timeoutMs',
  'logLevel',
  'onDiagnostic',
  'transport',
];

/**
 * The tracer that the options name or describe; undefined for the process-wide one. The first that is described in
 * place becomes the process-wide one, unless there is one, so that `flush()` and the like reach it.
 */
function tracerOf(options: TracingOptions<never>): TracerCore | undefined {
  const hasSettings = TRACER_OPTIONS.some((key) => options[key] !== undefined);
  if (options.tracer !== undefined) {
    if (hasSettings)
      throw new ConfigError(
        'give either tracer or settings for one (apiKey, baseUrl, ...), not both',
      );
    return asCore(options.tracer);
  }
  if (hasSettings) {
    const tracer = createTracerCore(options);
    if (existingTracer() === undefined) setDefaultTracer(tracer);
    return tracer;
  }
  // Made now, so that what is missing in the environment is said at the start.
  defaultTracer();
  return undefined;
}
