/** Begins request traces: what a middleware does before the app runs, for any framework. */

import { defaultTracer, existingTracer } from '../default-tracer.js';
import { USER_AGENT } from '../publish/user-agent.js';
import { currentRecordedStep } from '../scope.js';
import { InertTrace, isRequestTrace } from '../trace/inert.js';
import { distinctId } from '../trace/inference-id.js';
import type { RequestTrace } from '../trace/types.js';
import type { TracerCore } from '../tracer.js';
import { BodyCapture } from './body-capture.js';
import type { TracingOptions } from './options.js';
import { ReceivedRequest } from './received-request.js';
import type { RequestAdapter } from './request-adapter.js';
import type { RequestBody } from './request-body.js';
import { echoId, givenId, newId } from './request-id.js';
import { RequestSettings } from './request-settings.js';
import { RecordedRequest } from './request-trace.js';
import { openTraceOf } from './running-request.js';
import { getTrace, tracedRequests } from './traced-requests.js';
import { tracerOfOptions } from './tracer-of-options.js';

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
    this.#ownTracer = tracerOfOptions(options);
  }

  /**
   * Begins the trace of a request, or finds the one that it has. Never throws: where nothing is to be recorded, the
   * trace is an inert one.
   */
  begin(req: Req, res: Res): RequestTrace {
    try {
      const aliases = this.#settings.adapter.aliases?.(req) ?? NO_ALIASES;
      const existing = existingOf(req, aliases) ?? this.#shownBy(req);
      if (existing !== undefined) {
        tracedRequests.keepTrace(req, existing, this.#settings.adapter.changesPrototypes);
        return existing;
      }
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
    openTraceOf(req)?.recordFirstError(error);
  }

  /** Takes the id that the app has made for a request which it handed to itself. Never throws. */
  takeInnerId(req: Req): void {
    try {
      const trace = openTraceOf(req);
      if (trace === undefined) return;
      // It does not replace the one that the client knows, and the outer request's own is found without us.
      if (trace.isIdGiven || trace.received?.isOf(req) === true) return;
      const id = this.#settings.madeId(req);
      if (id !== undefined) trace.rename(distinctId(id, trace.recorder.idSpace));
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

  /** The trace of the request that this one stands for, where that is another object. */
  #shownBy(req: Req): RequestTrace | undefined {
    const { shown } = this.#settings.adapter;
    if (shown === undefined) return undefined;
    const trace = this.#settings.ask('trace', shown, req);
    return isRequestTrace(trace) ? trace : undefined;
  }

  #enclosing(req: Req): RequestTrace | undefined {
    if (this.#settings.adapter.mayBeInner?.(req) !== true) return undefined;
    const trace = currentRecordedStep()?.trace;
    return trace instanceof RecordedRequest && trace.isOpen ? trace : undefined;
  }

  #begin(req: Req, res: Res): RequestTrace {
    const tracer = this.#ownTracer ?? defaultTracer();
    if (this.#skips(req)) return new InertTrace(givenId(this.#settings, req));
    if (!tracer.isEnabled) {
      // It says why, once.
      tracer.admits();
      return new InertTrace(givenId(this.#settings, req));
    }
    const { adapter, rate, capturesAnswer, maxBytes, maxAgeMs, given, sample } = this.#settings;
    if (rate < 1 && Math.random() >= rate) {
      tracer.leftOut();
      return new InertTrace(givenId(this.#settings, req));
    }
    if (!tracer.admits()) return new InertTrace(givenId(this.#settings, req));
    const madeId = this.#settings.madeId(req);
    const known = madeId ?? givenId(this.#settings, req);
    const id = known === undefined ? newId(this.#settings, res) : distinctId(known, tracer.idSpace);
    const method = this.#settings.ask('method', adapter.method, req) ?? 'GET';
    const path = this.#settings.ask('path', adapter.path, req) ?? '/';
    const trace = new RecordedRequest(tracer, method, path, id);
    trace.isIdGiven = known !== undefined;
    if (capturesAnswer) trace.answer = new BodyCapture(maxBytes);
    trace.maxAgeMs = maxAgeMs;
    trace.convertOutput = given.output;
    trace.sample = sample;
    const received = new ReceivedRequest(this.#settings, req, res, madeId !== undefined);
    trace.received = received;
    tracer.opened(trace, adapter.holdOpen?.(req));
    received.readBefore(trace, this.#follow(trace, req, res));
    echoId(this.#settings, res, id);
    return trace;
  }

  /** A request whose end nobody would see is ended at once. */
  #follow(trace: RecordedRequest, req: Req, res: Res): RequestBody | undefined {
    try {
      return this.#settings.adapter.follow(trace, req, res, this.#settings.maxBytes);
    } catch (error) {
      this.#settings.failed('follow', error);
      trace.abandon();
      return undefined;
    }
  }

  #skips(req: Req): boolean {
    const { adapter, given } = this.#settings;
    if (this.#settings.ask('skip', given.skip, req) === true) return true;
    // Where the app is itself what we publish to, publishing must not be traced.
    const path = this.#settings.ask('path', adapter.path, req) ?? '/';
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
