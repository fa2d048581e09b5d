/** Starts the traces of requests, for the middleware of any framework. */

import { capturingTracer } from '../api/captures.js';
import { createMiddlewareTracer, defaultTracer, existingTracer } from '../api/default-tracer.js';
import { ConfigError } from '../config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from '../config/tracer-options.js';
import { USER_AGENT } from '../publish/openlayer/openlayer-api.js';
import { currentRecordedStep } from '../trace/current-step.js';
import { registerId } from '../trace/ids/inference-id.js';
import { InertTrace } from '../trace/inert.js';
import { isRequestTrace } from '../trace/model/is-request-trace.js';
import type { RequestTrace } from '../trace/model/trace-api.js';
import { ambientContext } from '../trace/scope/ambient-context.js';
import type { Tracer } from '../tracer/api/tracer-api.js';
import { asCore, type TracerCore } from '../tracer/tracer.js';
import { BodyCapture } from './body/body-capture.js';
import type { RequestBody } from './body/request-body.js';
import type { RequestAdapter } from './options/request-adapter.js';
import { RequestConfig } from './options/request-config.js';
import type { TracingOptions } from './options/tracing-options.js';
import { readCallerHeaders, trustedCaller } from './request/caller-headers.js';
import { FrameworkRequestReader } from './request/framework-request-reader.js';
import { appIdOf, chooseId, echoId, existingIdOf } from './request/request-id.js';
import { InnerRequestTrace, innerRequestOf } from './trace/inner-request-trace.js';
import { RecordedRequestTrace } from './trace/recorded-request-trace.js';
import { setTraceProperty } from './trace/trace-property.js';
import {
  getTrace,
  openRequestTrace,
  openTraceOf,
  tracedRequests,
} from './trace/traced-requests.js';

/** The part of a middleware that is the same for all frameworks. */
export class RequestTracing<Req extends object, Res> {
  readonly #config: RequestConfig<Req, Res>;
  readonly #ownTracer: TracerCore | undefined;
  /** The options from which its own tracer was made, if there is one; undefined if the app gave the tracer. */
  readonly #ownTracerOptions: TracerOptions | undefined;

  /** @throws ConfigError if an option is wrong */
  constructor(options: TracingOptions<Req>, adapter: RequestAdapter<Req, Res>) {
    this.#config = new RequestConfig(
      options,
      adapter,
      () => (this.#ownTracer ?? existingTracer())?.diagnostics,
    );
    const tracerOptions = tracerOptionsIn(options);
    this.#ownTracer = ownTracerOf(options.tracer, tracerOptions);
    this.#ownTracerOptions = options.tracer === undefined ? tracerOptions : undefined;
  }

  /** The tracer of the next request. */
  get #tracer(): TracerCore {
    const own = this.#ownTracer;
    if (own === undefined) return defaultTracer();
    return (this.#ownTracerOptions && capturingTracer(this.#ownTracerOptions)) ?? own;
  }

  /**
   * Starts the trace of a request, or returns the one that it has. Never throws: if nothing is to be recorded, the trace is an
   * inert one.
   */
  startTrace(req: Req, res: Res): RequestTrace {
    this.#prepare(req);
    const { adapter } = this.#config;
    let started: RequestTrace | undefined;
    try {
      const own = getTrace(req);
      if (own !== undefined) return own;
      const aliases = adapter.aliases?.(req) ?? NO_ALIASES;
      const existing = traceOfOne(aliases) ?? this.#traceOnRequest(req);
      if (existing !== undefined) {
        const inner = this.#innerTrace(req, res, existing);
        tracedRequests.keepTrace(req, inner ?? existing, adapter);
        return inner ?? existing;
      }
      const outer = this.#outerTrace(req);
      const trace =
        outer === undefined
          ? this.#startTrace(req, res)
          : (this.#innerTrace(req, res, outer) ?? outer);
      if (outer === undefined) started = trace;
      tracedRequests.keepTrace(req, trace, adapter);
      for (const alias of aliases) tracedRequests.keepTrace(alias, trace);
      return trace;
    } catch (error) {
      this.#config.guarded.reportFailure('start', error);
      return this.#traceAfterFailure(req, started);
    }
  }

  /** The trace that a request had got before something failed, or an inert one, which it keeps. Never throws. */
  #traceAfterFailure(req: Req, started: RequestTrace | undefined): RequestTrace {
    try {
      const kept = getTrace(req);
      if (kept !== undefined) return kept;
      if (started instanceof RecordedRequestTrace) started.abandon();
      const { scope } = this.#ownTracer ?? existingTracer() ?? {};
      const trace = new InertTrace(undefined, { scope });
      tracedRequests.keepTrace(req, trace, this.#config.adapter);
      return trace;
    } catch {
      // The request cannot keep a trace.
      return new InertTrace();
    }
  }

  /** Sets the property `trace`. Never throws. */
  setTraceOn(holder: { trace?: RequestTrace }, trace: RequestTrace): void {
    try {
      setTraceProperty(holder, trace);
    } catch (error) {
      this.#config.guarded.reportFailure('trace', error);
    }
  }

  /** Whether the request already has a trace, because the middleware is mounted more than once. Never throws. */
  hasTrace(req: Req): boolean {
    try {
      return getTrace(req) !== undefined;
    } catch (error) {
      this.#config.guarded.reportFailure('start', error);
      return false;
    }
  }

  /** Reports a failure of this library as `internal_error`. Never throws. */
  reportFailure(what: string, error: unknown): void {
    this.#config.guarded.reportFailure(what, error);
  }

  /** Renames the trace to the id that a mounted app (`app.mount()`) created for the request. Never throws. */
  useAppId(req: Req): void {
    try {
      const trace = openTraceOf(req);
      if (trace === undefined) return;
      // For the outer request, the trace reads the app's id itself.
      if (trace.keepsId || trace.reader?.isOf(req) === true) return;
      const id = appIdOf(this.#config, req);
      if (id !== undefined) trace.rename(registerId(id, trace.recorder.idSpace));
    } catch (failure) {
      this.#config.guarded.reportFailure('id', failure);
    }
  }

  /**
   * Call it when the app has returned its response to the request that began the trace. Never throws or rejects.
   * @returns a promise if the response has to wait for it
   */
  responseReturned(req: Req): Promise<void> | undefined {
    try {
      const { adapter, echo, idHeader } = this.#config;
      const trace = getTrace(req);
      if (trace instanceof InnerRequestTrace && trace.reader.isOf(req))
        trace.responded(adapter.returnedResponse?.readStatus(req));
      if (!(trace instanceof RecordedRequestTrace) || trace.reader?.isOf(req) !== true) return;
      trace.renameToAppId();
      trace.reader.readCachedBody();
      const header = echo ? idHeader : undefined;
      const followed = adapter.returnedResponse?.followReturned(trace, req, header);
      return followed?.catch((failure: unknown) => {
        this.#config.guarded.reportFailure('response', failure);
        // Only the response that was to be followed shows the end of the trace. A Node adapter, which returns no promise, follows
        // the connection's response instead.
        trace.abandon();
      });
    } catch (failure) {
      this.#config.guarded.reportFailure('response', failure);
      return undefined;
    }
  }

  #prepare(req: Req): void {
    try {
      this.#config.adapter.prepare?.(req);
    } catch (error) {
      this.#config.guarded.reportFailure('prepare', error);
    }
  }

  /** The trace of the request that this one is a proxy of or inherits from. */
  #traceOnRequest(req: Req): RequestTrace | undefined {
    const { traceOnRequest } = this.#config.adapter;
    if (traceOnRequest === undefined) return undefined;
    const trace = this.#config.guarded.readRequest('trace', traceOnRequest, req);
    return isRequestTrace(trace) ? trace : undefined;
  }

  /** The current trace, if the request is a call within the process. */
  #outerTrace(req: Req): RequestTrace | undefined {
    if (this.#config.adapter.innerRequests?.mayBeInner(req) !== true) return undefined;
    return openRequestTrace(currentRecordedStep()?.trace);
  }

  /**
   * Starts the step of a request that a handler makes within the process. For the outer request itself, passed on to another app,
   * it returns the step that this has, or undefined if it has the whole trace.
   */
  #innerTrace(req: Req, res: Res, outerTrace: RequestTrace): RequestTrace | undefined {
    const { adapter, guarded } = this.#config;
    const { innerRequests } = adapter;
    const outer = openRequestTrace(outerTrace);
    if (innerRequests === undefined || outer === undefined) return undefined;
    const current = currentRecordedStep();
    const around = current?.trace === outer ? innerRequestOf(current) : undefined;
    const request = (around ?? outer).reader?.requestOf(adapter) as Req | undefined;
    if (request === undefined && !innerRequests.mayBeInner(req)) return undefined;
    if (request !== undefined) {
      const isOuter = guarded.readRequest(
        'mount',
        () => innerRequests.isPassedOn(req, request),
        req,
      );
      if (isOuter !== false) return around;
    }
    const method = guarded.readRequest('method', adapter.method, req) ?? 'GET';
    const path = guarded.readRequest('path', adapter.path, req) ?? '/';
    const reader = new FrameworkRequestReader(this.#config, req, res, undefined);
    return new InnerRequestTrace(outer, { method, path, reader });
  }

  #startTrace(req: Req, res: Res): RequestTrace {
    const tracer = this.#tracer;
    const { adapter, rate, skip } = this.#config;
    if (this.#config.guarded.callSyncOption('skip', skip, req) === true)
      return this.#inert(tracer, req, res);
    const path = this.#config.guarded.readRequest('path', adapter.path, req) ?? '/';
    if (this.#isOwnRequest(req, path)) return this.#inert(tracer, req, res);
    if (!tracer.isEnabled) {
      tracer.reportSettingsWarning();
      return this.#inert(tracer, req, res);
    }
    if (rate < 1 && Math.random() >= rate) {
      tracer.countSampledOut();
      return this.#inert(tracer, req, res);
    }
    return tracer.admit()
      ? this.#startRecorded(tracer, req, res, path)
      : this.#inert(tracer, req, res);
  }

  #startRecorded(tracer: TracerCore, req: Req, res: Res, path: string): RequestTrace {
    const { adapter, capturesResponse, maxBytes, maxAgeMs, output, sample } = this.#config;
    const id = chooseId(this.#config, req, res, tracer.idSpace);
    const { traceIds, baggage } = readCallerHeaders(this.#config, req, id.generatedId);
    const method = this.#config.guarded.readRequest('method', adapter.method, req) ?? 'GET';
    const reader = new FrameworkRequestReader(this.#config, req, res, this.#bodyOf(req));
    const trace = new RecordedRequestTrace(tracer, {
      method,
      path,
      inferenceId: id.inferenceId,
      keepsId: id.keepsId,
      generatedId: id.generatedId,
      appId: id.appId,
      traceIds,
      maxAgeMs,
      sample,
      body: new BodyCapture(capturesResponse ? maxBytes : 0),
      recordsBody: capturesResponse,
      convertOutput: output,
      reader,
    });
    if (baggage !== undefined) trace.root.fillMetadata({ baggage });
    tracer.addOpen(trace, adapter.waitUntil?.(req));
    try {
      this.#follow(trace, req, res);
      reader.readAtStart(trace);
    } catch (error) {
      trace.abandon();
      throw error;
    }
    if (id.isHeaderFree) echoId(this.#config, res, id.inferenceId);
    return trace;
  }

  #bodyOf(req: Req): RequestBody | undefined {
    try {
      return this.#config.adapter.requestBody(req, this.#config.maxBytes);
    } catch (error) {
      this.#config.guarded.reportFailure('body', error);
      return undefined;
    }
  }

  /** Follows the response. If that fails, the trace is ended, since its end would not be noticed. */
  #follow(trace: RecordedRequestTrace, req: Req, res: Res): void {
    try {
      this.#config.adapter.follow(trace, req, res);
    } catch (error) {
      this.#config.guarded.reportFailure('follow', error);
      trace.abandon();
    }
  }

  #inert({ scope }: TracerCore, req: Req, res: Res): InertTrace {
    const { adapter } = this.#config;
    const signal = () =>
      this.#config.guarded.readRequest('signal', () => adapter.clientSignal?.(req, res), req);
    const ambient = ambientContext();
    ambient?.traceBegan(undefined);
    const caller = () => ambient?.caller ?? trustedCaller(this.#config, req);
    const id = existingIdOf(this.#config, req, res);
    return new InertTrace(id, { scope, signal, caller });
  }

  /** Whether the request sends rows of ours, since an app may be the address that they are sent to. */
  #isOwnRequest(req: Req, path: string): boolean {
    if (!path.endsWith('/data-stream') && !path.endsWith('/rows')) return false;
    return this.#config.adapter.header(req, 'user-agent') === USER_AGENT;
  }
}

const NO_ALIASES: readonly object[] = [];

function traceOfOne(aliases: readonly object[]): RequestTrace | undefined {
  for (const alias of aliases) {
    const trace = getTrace(alias);
    if (trace !== undefined) return trace;
  }
  return undefined;
}

/** The tracer of the options, or one created from them; undefined for the process-wide tracer. */
function ownTracerOf(
  tracer: Tracer | undefined,
  tracerOptions: TracerOptions,
): TracerCore | undefined {
  const hasOptions = Object.keys(tracerOptions).length > 0;
  if (tracer !== undefined) {
    if (hasOptions) {
      throw new ConfigError(
        'give either tracer or options for one (apiKey, baseUrl, ...), not both',
      );
    }
    return asCore(tracer);
  }
  if (hasOptions) return createMiddlewareTracer(tracerOptions);
  // Created now, so that rows of dead processes are sent without waiting for a request.
  defaultTracer();
  return undefined;
}

/** The options that a tracer takes. */
function tracerOptionsIn(options: TracerOptions): TracerOptions {
  const known = Object.keys(TRACER_OPTIONS) as (keyof TracerOptions)[];
  const names = known.filter((name) => options[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
