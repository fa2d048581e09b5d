/** Begins request traces: what a middleware does before the app runs, for any framework. */

import { ConfigError, type TracerOptions } from '../config.js';
import { defaultTracer, existingTracer, setDefaultTracer } from '../default-tracer.js';
import { USER_AGENT } from '../publish/user-agent.js';
import { currentRecordedStep } from '../scope.js';
import { InertTrace } from '../trace/inert.js';
import { isInferenceId } from '../trace/inference-id.js';
import type { RequestTrace } from '../trace/types.js';
import { createTracerCore, type TracerCore } from '../tracer.js';
import { BodyCapture } from './body-capture.js';
import { asCore, type TracingOptions } from './options.js';
import { ReceivedRequest } from './received-request.js';
import type { RequestAdapter } from './request-adapter.js';
import { RequestSettings } from './request-settings.js';
import { RecordedRequest } from './request-trace.js';
import { getTrace, tracedRequests } from './traced-requests.js';

export class RequestTracing<Req extends object, Res> {
  readonly #settings: RequestSettings<Req, Res>;
  readonly #ownTracer: TracerCore | undefined;

  /** @throws ConfigError where an option cannot work */
  constructor(options: TracingOptions<Req>, adapter: RequestAdapter<Req, Res>) {
    this.#settings = new RequestSettings(
      options,
      adapter,
      () => (this.#ownTracer ?? existingTracer())?.diagnostics,
    );
    this.#ownTracer = tracerOf(options);
  }

  /**
   * Begins the trace of a request, or finds the one that it has. Never throws: where nothing is to be recorded, the
   * trace is an inert one.
   */
  begin(req: Req, res: Res): RequestTrace {
    try {
      const aliases = this.#settings.adapter.aliases?.(req) ?? NO_ALIASES;
      const existing = existingOf(req, aliases);
      if (existing !== undefined) return existing;
      const trace = this.#enclosing(req) ?? this.#begin(req, res);
      tracedRequests.keepTrace(req, trace, this.#settings.adapter.changesPrototypes);
      for (const alias of aliases) tracedRequests.keepTrace(alias, trace);
      return trace;
    } catch (error) {
      this.#settings.failed('begin', error);
      return new InertTrace();
    }
  }

  /** Says that something of ours failed. Never throws. */
  failed(what: string, error: unknown): void {
    this.#settings.failed(what, error);
  }

  /** Keeps the first error that a request's handlers raised. Never throws. */
  recordError(req: object, error: unknown): void {
    try {
      const trace = getTrace(req);
      if (trace instanceof RecordedRequest && trace.isOpen) trace.recordError(error);
    } catch (failure) {
      this.#settings.failed('error', failure);
    }
  }

  /** Takes the id that the app has made for a request which it handed to itself. Never throws. */
  takeInnerId(req: Req): void {
    try {
      const trace = getTrace(req);
      if (!(trace instanceof RecordedRequest) || !trace.isOpen) return;
      // It does not replace the one that the client knows, and the outer request's own is found without us.
      if (trace.isIdGiven || trace.received?.isOf(req) === true) return;
      const id = this.#settings.madeId(req);
      if (id !== undefined) trace.rename(this.#settings.ids.distinct(id));
    } catch (failure) {
      this.#settings.failed('id', failure);
    }
  }

  /**
   * Hears that the app has answered the request that began a trace. Never throws or rejects.
   * @returns a promise where the answer has to wait for it
   */
  appAnswered(req: Req): Promise<void> | undefined {
    const onFailure = (failure: unknown) => this.#settings.failed('answer', failure);
    try {
      const trace = getTrace(req);
      if (!(trace instanceof RecordedRequest) || trace.received?.isOf(req) !== true) return;
      return trace.received.readAnswer(trace)?.catch(onFailure);
    } catch (failure) {
      onFailure(failure);
      return undefined;
    }
  }

  /**
   * Hears that a route's handler is about to run. Never throws.
   * @returns the trace where the handler has to be led back into it: its scope was lost on the way, or is another's
   */
  enterRoute(req: object): RequestTrace | undefined {
    try {
      const trace = getTrace(req);
      if (!(trace instanceof RecordedRequest) || !trace.isOpen) return undefined;
      trace.received?.readRoute(trace);
      return trace.isCurrent ? undefined : trace;
    } catch (failure) {
      this.#settings.failed('route', failure);
      return undefined;
    }
  }

  #enclosing(req: Req): RequestTrace | undefined {
    if (this.#settings.adapter.mayBeInner?.(req) !== true) return undefined;
    const trace = currentRecordedStep()?.trace;
    return trace instanceof RecordedRequest && trace.isOpen ? trace : undefined;
  }

  #begin(req: Req, res: Res): RequestTrace {
    const tracer = this.#ownTracer ?? defaultTracer();
    if (!tracer.isEnabled || this.#skips(req)) return new InertTrace(this.#givenId(req));
    const { adapter, rate, capturesAnswer, maxBytes, maxAgeMs, given, sample } = this.#settings;
    if (rate < 1 && Math.random() >= rate) {
      tracer.leftOut();
      return new InertTrace(this.#givenId(req));
    }
    if (!tracer.admits()) return new InertTrace(this.#givenId(req));
    const madeId = this.#settings.madeId(req);
    const givenId = madeId ?? this.#givenId(req);
    const id = givenId === undefined ? this.#newId(res) : this.#settings.ids.distinct(givenId);
    const trace = new RecordedRequest(tracer, adapter.method(req), adapter.path(req), id);
    trace.isIdGiven = givenId !== undefined;
    if (capturesAnswer) trace.answer = new BodyCapture(maxBytes);
    trace.maxAgeMs = maxAgeMs;
    trace.convertOutput = given.output;
    trace.sample = sample;
    const received = new ReceivedRequest(
      this.#settings,
      req,
      res,
      adapter.follow(trace, req, res, maxBytes),
      madeId !== undefined,
    );
    trace.received = received;
    tracer.opened(trace, adapter.holdOpen?.(req));
    received.readBefore(trace);
    this.#echo(res, id);
    return trace;
  }

  /** The answer carries the id, unless the app has set one itself. */
  #echo(res: Res, id: string): void {
    const { adapter, echo, idHeader } = this.#settings;
    if (echo && adapter.answerHeader(res, idHeader) === undefined) {
      adapter.setAnswerHeader(res, idHeader, id);
    }
  }

  #newId(res: Res): string {
    // Another middleware may have made an id for the answer already.
    const made = this.#settings.adapter.answerHeader(res, this.#settings.idHeader);
    return isInferenceId(made) ? made : crypto.randomUUID();
  }

  /** The id that came with the request, where it is to be trusted and valid. */
  #givenId(req: Req): string | undefined {
    const { adapter, given, idHeader, trust } = this.#settings;
    const from = this.#settings.ask('inferenceId.from', given.inferenceId?.from, req);
    if (isInferenceId(from)) return from;
    const id = adapter.header(req, idHeader);
    if (!isInferenceId(id)) return undefined;
    const isTrusted =
      typeof trust === 'function' ? this.#settings.ask('inferenceId.trust', trust, req) : trust;
    return isTrusted === true ? id : undefined;
  }

  #skips(req: Req): boolean {
    const { adapter, given } = this.#settings;
    if (this.#settings.ask('skip', given.skip, req) === true) return true;
    // Where the app is itself what we publish to, publishing must not be traced.
    const path = adapter.path(req);
    if (!path.endsWith('/data-stream') && !path.endsWith('/rows')) return false;
    return adapter.header(req, 'user-agent') === USER_AGENT;
  }
}

const NO_ALIASES: readonly object[] = [];

function existingOf(req: object, aliases: readonly object[]): RequestTrace | undefined {
  const own = getTrace(req);
  if (own !== undefined) return own;
  for (const alias of aliases) {
    const trace = getTrace(alias);
    if (trace !== undefined) return trace;
  }
  return undefined;
}

/** Settings of a tracer. The compiler holds the list to be complete. */
const TRACER_OPTIONS: Readonly<Record<keyof TracerOptions, true>> = {
  apiKey: true,
  inferencePipelineId: true,
  baseUrl: true,
  dangerouslyAllowHttp: true,
  publish: true,
  scope: true,
  redact: true,
  limits: true,
  batch: true,
  retry: true,
  spool: true,
  handleSignals: true,
  timeoutMs: true,
  logLevel: true,
  onDiagnostic: true,
  transport: true,
  pricing: true,
  onUsage: true,
  budget: true,
};

/**
 * The tracer that the options name or describe; undefined for the process-wide one. The first that is described in
 * place becomes the process-wide one, unless there is one, so that `flush()` and the like reach it.
 */
function tracerOf(options: TracingOptions<never>): TracerCore | undefined {
  const given = Object.keys(TRACER_OPTIONS) as (keyof TracerOptions)[];
  const hasSettings = given.some((key) => options[key] !== undefined);
  if (options.tracer !== undefined) {
    if (hasSettings) {
      throw new ConfigError(
        'give either tracer or settings for one (apiKey, baseUrl, ...), not both',
      );
    }
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
