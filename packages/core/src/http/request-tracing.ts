/** Begins the traces of requests, for the middleware of any framework. */

import { capturingTracer } from '../api/captures.js';
import { defaultTracer, existingTracer, setDefaultTracer } from '../api/default-tracer.js';
import { ConfigError } from '../config/checks.js';
import { TRACER_OPTIONS, type TracerOptions } from '../config/tracer-options.js';
import { randomUuid } from '../platform/random-id.js';
import { USER_AGENT } from '../publish/openlayer/openlayer-api.js';
import { currentRecordedStep } from '../trace/current-step.js';
import { registerId } from '../trace/ids/inference-id.js';
import { InertTrace, isRequestTrace } from '../trace/inert.js';
import type { RequestTrace } from '../trace/model/types.js';
import { ambientContext } from '../trace/scope/ambient-context.js';
import { asCore, createTracerCore, type TracerCore } from '../tracer/tracer.js';
import { BodyCapture } from './body/body-capture.js';
import type { RequestBody } from './body/request-body.js';
import type { RequestAdapter } from './options/request-adapter.js';
import { RequestSettings } from './options/request-settings.js';
import type { TracingOptions } from './options/tracing-options.js';
import { readCallerHeaders, trustedCaller } from './request/caller-headers.js';
import {
  echoId,
  IdMadeLater,
  idInResponse,
  idMadeByApp,
  readEchoed,
  requestedId,
} from './request/request-id.js';
import { FrameworkRequestReader } from './request/request-reader.js';
import { openTraceOf } from './trace/open-trace.js';
import { RecordedRequestTrace } from './trace/recorded-request-trace.js';
import { setTraceProperty } from './trace/trace-property.js';
import { getTrace, tracedRequests } from './trace/traced-requests.js';

/** The part of a middleware that is the same for all frameworks. */
export class RequestTracing<Req extends object, Res> {
  readonly #settings: RequestSettings<Req, Res>;
  readonly #ownTracer: TracerCore | undefined;
  /** The options that its own tracer was made from; undefined if the app gave it, or if there is none. */
  readonly #ownSettings: TracerOptions | undefined;

  /** @throws ConfigError if an option is wrong */
  constructor(options: TracingOptions<Req>, adapter: RequestAdapter<Req, Res>) {
    this.#settings = new RequestSettings(
      options,
      adapter,
      () => (this.#ownTracer ?? existingTracer())?.diagnostics,
    );
    this.#ownTracer = tracerOfOptions(options);
    const isMade = this.#ownTracer !== undefined && options.tracer === undefined;
    this.#ownSettings = isMade ? settingsIn(options) : undefined;
  }

  /** The tracer of the next request. */
  get #tracer(): TracerCore {
    const own = this.#ownTracer;
    if (own === undefined) return defaultTracer();
    return (this.#ownSettings && capturingTracer(this.#ownSettings)) ?? own;
  }

  /**
   * Begins the trace of a request, or returns the one that it has. Never throws: if nothing is to be recorded, the trace is an
   * inert one.
   */
  begin(req: Req, res: Res): RequestTrace {
    this.#prepare(req);
    const { adapter } = this.#settings;
    let begun: RequestTrace | undefined;
    try {
      const aliases = adapter.aliases?.(req) ?? NO_ALIASES;
      const existing = existingOf(req, aliases) ?? this.#traceOnRequest(req);
      if (existing !== undefined) {
        tracedRequests.keepTrace(req, existing, adapter);
        return existing;
      }
      const enclosing = this.#enclosingTrace(req);
      const trace = enclosing ?? this.#beginTrace(req, res);
      if (enclosing === undefined) begun = trace;
      tracedRequests.keepTrace(req, trace, adapter);
      for (const alias of aliases) tracedRequests.keepTrace(alias, trace);
      return trace;
    } catch (error) {
      this.#settings.reportFailure('begin', error);
      return this.#traceAfterFailure(req, begun);
    }
  }

  /** The trace that a request had got before something failed, or an inert one, which it keeps. Never throws. */
  #traceAfterFailure(req: Req, begun: RequestTrace | undefined): RequestTrace {
    try {
      const kept = getTrace(req);
      if (kept !== undefined) return kept;
      if (begun instanceof RecordedRequestTrace) begun.abandon();
      const { scope } = this.#ownTracer ?? existingTracer() ?? {};
      const trace = new InertTrace(undefined, { scope });
      tracedRequests.keepTrace(req, trace, this.#settings.adapter);
      return trace;
    } catch {
      // The request cannot keep a trace.
      return new InertTrace();
    }
  }

  /** Sets the property `trace`. Never throws. */
  showOn(holder: { trace?: RequestTrace }, trace: RequestTrace): void {
    try {
      setTraceProperty(holder, trace);
    } catch (error) {
      this.#settings.reportFailure('trace', error);
    }
  }

  /** Whether the request already has a trace, because the middleware is mounted more than once. Never throws. */
  hasTrace(req: Req): boolean {
    try {
      return getTrace(req) !== undefined;
    } catch (error) {
      this.#settings.reportFailure('begin', error);
      return false;
    }
  }

  /** Reports a failure of this library as `internal_error`. Never throws. */
  reportFailure(what: string, error: unknown): void {
    this.#settings.reportFailure(what, error);
  }

  /** Gives the trace the id that the app created for a request within the process, as by `app.request()`. Never throws. */
  useInnerId(req: Req): void {
    try {
      const trace = openTraceOf(req);
      if (trace === undefined) return;
      // For the outer request, the trace reads the app's id itself.
      if (trace.keepsId || trace.reader?.isOf(req) === true) return;
      const id = idMadeByApp(this.#settings, req);
      if (id !== undefined) trace.rename(registerId(id, trace.recorder.idSpace));
    } catch (failure) {
      this.#settings.reportFailure('id', failure);
    }
  }

  /**
   * Call it when the app has returned its response to the request that began the trace. Never throws or rejects.
   * @returns a promise if the response has to wait for it
   */
  responseReturned(req: Req): Promise<void> | undefined {
    try {
      const trace = getTrace(req);
      if (!(trace instanceof RecordedRequestTrace) || trace.reader?.isOf(req) !== true) return;
      trace.renameToLaterId();
      trace.reader.readCachedBody();
      const { adapter, echo, idHeader } = this.#settings;
      const followed = adapter.followReturnedResponse?.(trace, req, echo ? idHeader : undefined);
      return followed?.catch((failure: unknown) => {
        this.#settings.reportFailure('response', failure);
        // Only the response that was to be followed shows the end of the trace. A Node adapter, which returns no promise, follows
        // the connection's response instead.
        trace.abandon();
      });
    } catch (failure) {
      this.#settings.reportFailure('response', failure);
      return undefined;
    }
  }

  #prepare(req: Req): void {
    try {
      this.#settings.adapter.prepare?.(req);
    } catch (error) {
      this.#settings.reportFailure('prepare', error);
    }
  }

  /** The trace of the request that this one is a proxy of or inherits from. */
  #traceOnRequest(req: Req): RequestTrace | undefined {
    const { traceOnRequest } = this.#settings.adapter;
    if (traceOnRequest === undefined) return undefined;
    const trace = this.#settings.readRequest('trace', traceOnRequest, req);
    return isRequestTrace(trace) ? trace : undefined;
  }

  /** The current trace, if the request is a call within the process. */
  #enclosingTrace(req: Req): RequestTrace | undefined {
    if (this.#settings.adapter.mayBeInProcess?.(req) !== true) return undefined;
    const trace = currentRecordedStep()?.trace;
    return trace instanceof RecordedRequestTrace && trace.isOpen ? trace : undefined;
  }

  #beginTrace(req: Req, res: Res): RequestTrace {
    const tracer = this.#tracer;
    const { adapter, rate, skip } = this.#settings;
    if (this.#settings.callSyncOption('skip', skip, req) === true)
      return this.#inert(tracer, req, res);
    const path = this.#settings.readRequest('path', adapter.path, req) ?? '/';
    if (this.#isOwnRequest(req, path)) return this.#inert(tracer, req, res);
    if (!tracer.isEnabled) {
      tracer.reportUnpublished();
      return this.#inert(tracer, req, res);
    }
    if (rate < 1 && Math.random() >= rate) {
      tracer.countSampledOut();
      return this.#inert(tracer, req, res);
    }
    return tracer.admit()
      ? this.#beginRecorded(tracer, req, res, path)
      : this.#inert(tracer, req, res);
  }

  #beginRecorded(tracer: TracerCore, req: Req, res: Res, path: string): RequestTrace {
    const { adapter, capturesResponse, maxBytes, maxAgeMs, output, sample } = this.#settings;
    const idByApp = idMadeByApp(this.#settings, req);
    const mayBeMadeLater = idByApp === undefined && adapter.idMadeByApp !== undefined;
    const idByAppOrCaller = idByApp ?? requestedId(this.#settings, req);
    const sentId = readEchoed(this.#settings, res);
    const existingId = idByAppOrCaller ?? idInResponse(this.#settings, req, sentId);
    const id = existingId === undefined ? randomUuid() : registerId(existingId, tracer.idSpace);
    const generatedId = existingId === undefined ? id : undefined;
    const { traceIds, baggage } = readCallerHeaders(this.#settings, req, generatedId);
    const method = this.#settings.readRequest('method', adapter.method, req) ?? 'GET';
    const reader = new FrameworkRequestReader(this.#settings, req, res);
    const trace = new RecordedRequestTrace(tracer, {
      method,
      path,
      inferenceId: id,
      keepsId: idByAppOrCaller !== undefined,
      generatedId,
      laterId: mayBeMadeLater ? new IdMadeLater(this.#settings, req, tracer.idSpace) : undefined,
      traceIds,
      maxAgeMs,
      sample,
      body: capturesResponse ? new BodyCapture(maxBytes) : undefined,
      convertOutput: output,
      reader,
    });
    if (baggage !== undefined) trace.root.addMetadata({ baggage });
    tracer.addOpen(trace, adapter.waitUntil?.(req));
    try {
      reader.readAtStart(trace, this.#follow(trace, req, res));
    } catch (error) {
      trace.abandon();
      throw error;
    }
    if (sentId === undefined) echoId(this.#settings, res, id);
    return trace;
  }

  /** Follows request and response. If that fails, the trace is ended, since its end would not be noticed. */
  #follow(trace: RecordedRequestTrace, req: Req, res: Res): RequestBody | undefined {
    try {
      return this.#settings.adapter.follow(trace, req, res, this.#settings.maxBytes);
    } catch (error) {
      this.#settings.reportFailure('follow', error);
      trace.abandon();
      return undefined;
    }
  }

  #inert({ scope }: TracerCore, req: Req, res: Res): InertTrace {
    const { adapter } = this.#settings;
    const signal = () =>
      this.#settings.readRequest('signal', () => adapter.clientSignal?.(req, res), req);
    const ambient = ambientContext();
    ambient?.traceBegan(undefined);
    const caller = () => ambient?.caller ?? trustedCaller(this.#settings, req);
    return new InertTrace(requestedId(this.#settings, req), { scope, signal, caller });
  }

  /** Whether the request sends rows of ours, since an app may be the address that they are sent to. */
  #isOwnRequest(req: Req, path: string): boolean {
    if (!path.endsWith('/data-stream') && !path.endsWith('/rows')) return false;
    return this.#settings.adapter.header(req, 'user-agent') === USER_AGENT;
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

/**
 * The tracer of the options, or one created from them; undefined for the process-wide tracer. The first created one becomes the
 * process-wide tracer if there is none, so that `flush()` and other free functions use it.
 */
function tracerOfOptions(options: TracingOptions<never>): TracerCore | undefined {
  const settings = settingsIn(options);
  const hasSettings = Object.keys(settings).length > 0;
  if (options.tracer !== undefined) {
    if (hasSettings) {
      throw new ConfigError(
        'give either tracer or options for one (apiKey, baseUrl, ...), not both',
      );
    }
    return asCore(options.tracer);
  }
  if (hasSettings) {
    const tracer = createTracerCore(settings);
    if (existingTracer() === undefined) setDefaultTracer(tracer);
    return tracer;
  }
  // Created now, so that rows of dead processes are sent without waiting for a request.
  defaultTracer();
  return undefined;
}

/** The options that a tracer takes. */
function settingsIn(options: TracerOptions): TracerOptions {
  const known = Object.keys(TRACER_OPTIONS) as (keyof TracerOptions)[];
  const names = known.filter((name) => options[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
