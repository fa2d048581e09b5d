/** The options of a middleware, read once, with their defaults. */

import type { Diagnostics } from '../diagnostics.js';
import { isInferenceId } from '../trace/inference-id.js';
import { isThenable, watchRejection } from '../trace/promised.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { SettledTrace } from '../trace/types.js';
import { checkTracingOptions, type TracingOptions } from './options.js';
import type { RequestAdapter } from './request-adapter.js';

const DEFAULT_MAX_BYTES = 65_536;
const DEFAULT_MAX_AGE_MS = 600_000;

export class RequestSettings<Req extends object, Res> {
  readonly adapter: RequestAdapter<Req, Res>;
  /** What the user gave, for its functions. */
  readonly given: TracingOptions<Req>;
  readonly idHeader: string;
  readonly trust: boolean | ((req: Req) => boolean);
  readonly echo: boolean;
  /** From 0 to 1. */
  readonly rate: number;
  readonly sample: ((trace: SettledTrace) => boolean) | undefined;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly capturesRequest: boolean;
  readonly capturesAnswer: boolean;
  /** In lower case. */
  readonly headers: readonly string[];
  readonly #diagnostics: () => Diagnostics | undefined;

  /** @throws ConfigError where an option cannot work */
  constructor(
    options: TracingOptions<Req>,
    adapter: RequestAdapter<Req, Res>,
    diagnostics: () => Diagnostics | undefined,
  ) {
    checkTracingOptions(options);
    const { inferenceId, capture, sample, maxAgeMs } = options;
    this.adapter = adapter;
    this.given = options;
    this.idHeader = (inferenceId?.header ?? 'x-request-id').toLowerCase();
    this.trust = inferenceId?.trust ?? true;
    this.echo = inferenceId?.echo ?? true;
    this.rate = typeof sample === 'number' ? sample : 1;
    this.sample = typeof sample === 'function' ? sample : undefined;
    this.maxBytes = capture?.maxBytes ?? DEFAULT_MAX_BYTES;
    this.maxAgeMs = maxAgeMs ?? DEFAULT_MAX_AGE_MS;
    this.capturesRequest = capture?.request ?? true;
    this.capturesAnswer = capture?.response ?? true;
    this.headers = (capture?.headers ?? []).map((header) => header.toLowerCase());
    this.#diagnostics = diagnostics;
  }

  /** The id that the app itself has made: what the client sent is a matter of trust, whoever repeats it. */
  madeId(req: Req): string | undefined {
    const id = this.ask('madeId', this.adapter.madeId, req);
    return isInferenceId(id) && id !== this.header(req) ? id : undefined;
  }

  /** The header of the request that may hold its id. */
  header(req: Req): string | undefined {
    try {
      return this.adapter.header(req, this.idHeader);
    } catch (error) {
      this.failed('header', error);
      return undefined;
    }
  }

  /**
   * Calls a function of the user's or the framework's whose value is needed at once, so that a promise counts as none. Where
   * it throws, that is reported and the request goes on.
   */
  ask<R>(name: string, fn: ((req: Req) => R) | undefined, req: Req): R | undefined {
    const value = this.#call(name, fn, req);
    const isPromise = watchRejection(value, (error) => this.#rejected(name, error));
    if (!isPromise) return value;
    const message = `the function given as ${name} returned a promise; its value is needed at once, so that it counts as none`;
    this.report(`option_${name}_async`, message, undefined);
    return undefined;
  }

  /** The same where the value may come later: the row of the trace waits for it. */
  askFor<R>(
    name: string,
    fn: ((req: Req) => R | PromiseLike<R>) | undefined,
    req: Req,
    trace: RecordedTrace,
    take: (value: R) => void,
  ): void {
    const value = this.#call(name, fn, req);
    if (isThenable(value)) {
      trace.expect(name, value, (told) => take(told as R));
    } else if (value !== undefined) {
      try {
        take(value as R);
      } catch (error) {
        this.report(`option_${name}_failed`, `what ${name} returned could not be read`, error);
      }
    }
  }

  #call<R>(name: string, fn: ((req: Req) => R) | undefined, req: Req): R | undefined {
    if (fn === undefined) return undefined;
    try {
      return fn(req);
    } catch (error) {
      this.report(`option_${name}_failed`, `the function given as ${name} threw`, error);
      return undefined;
    }
  }

  #rejected(name: string, error: unknown): void {
    const message = `the promise of the function given as ${name} was rejected`;
    this.report(`option_${name}_failed`, message, error);
  }

  failed(what: string, error: unknown): void {
    this.report('internal_error', `tracing failed in ${what}; the request is not affected`, error);
  }

  report(reason: string, message: string, error: unknown): void {
    try {
      this.#diagnostics()?.report('error', reason, message, error);
    } catch {
      // There is nobody left to tell.
    }
  }
}
