/** The options of a middleware with their defaults. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import type { SettledTrace } from '../../trace/model/trace-api.js';
import { GuardedCalls } from './guarded-calls.js';
import type { RequestAdapter } from './request-adapter.js';
import { checkTracingOptions, type TracingOptions } from './tracing-options.js';

const DEFAULT_MAX_BYTES = 65_536;
const DEFAULT_MAX_AGE_MS = 600_000;

/** The options of one middleware. */
export class RequestConfig<Req extends object, Res> {
  readonly adapter: RequestAdapter<Req, Res>;
  readonly guarded: GuardedCalls<Req>;
  readonly idHeader: string;
  /** The options that are functions are read once: what the app changes later does not count. */
  readonly idFrom: NonNullable<TracingOptions<Req>['inferenceId']>['from'];
  readonly skip: TracingOptions<Req>['skip'];
  readonly name: TracingOptions<Req>['name'];
  readonly input: TracingOptions<Req>['input'];
  readonly output: TracingOptions<Req>['output'];
  readonly user: TracingOptions<Req>['user'];
  readonly session: TracingOptions<Req>['session'];
  readonly metadata: TracingOptions<Req>['metadata'];
  /** Whether some of the options `name` to `metadata` are called at the end of the trace. */
  readonly callsAppAtEnd: boolean;
  readonly trust: boolean | ((req: Req) => boolean);
  readonly echo: boolean;
  /** Whether a caller whose trace is not continued is kept as a link. */
  readonly linksCaller: boolean;
  /** Names of the members of the caller's baggage to record. */
  readonly baggageNames: ReadonlySet<string>;
  readonly #trustsCaller: boolean | ((req: Req) => boolean);
  /** The sampling rate, from 0 to 1. */
  readonly rate: number;
  readonly sample: ((trace: SettledTrace) => boolean) | undefined;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly capturesRequest: boolean;
  readonly capturesResponse: boolean;
  /** Names of headers to capture, in lower case. */
  readonly headers: readonly string[];

  /** @throws ConfigError if an option is wrong */
  constructor(
    options: TracingOptions<Req>,
    adapter: RequestAdapter<Req, Res>,
    diagnostics: () => Diagnostics | undefined,
  ) {
    checkTracingOptions(options);
    const { inferenceId, traceContext, capture, sample, maxAgeMs } = options;
    this.adapter = adapter;
    this.guarded = new GuardedCalls(diagnostics);
    this.idFrom = inferenceId?.from;
    this.skip = options.skip;
    this.name = options.name;
    this.input = options.input;
    this.output = options.output;
    this.user = options.user;
    this.session = options.session;
    this.metadata = options.metadata;
    const { name, input, output, user, session, metadata } = this;
    const atEnd = [name, input, output, user, session, metadata];
    this.callsAppAtEnd = atEnd.some((fn) => fn !== undefined);
    this.idHeader = (inferenceId?.header ?? 'x-request-id').toLowerCase();
    this.trust = inferenceId?.trust ?? true;
    this.echo = inferenceId?.echo ?? true;
    this.#trustsCaller = traceContext?.trust ?? this.trust;
    this.linksCaller = (traceContext?.restart ?? 'link') === 'link';
    this.baggageNames = new Set(traceContext?.baggage);
    this.rate = typeof sample === 'number' ? sample : 1;
    this.sample = typeof sample === 'function' ? sample : undefined;
    this.maxBytes = capture?.maxBytes ?? DEFAULT_MAX_BYTES;
    this.maxAgeMs = maxAgeMs ?? DEFAULT_MAX_AGE_MS;
    this.capturesRequest = capture?.request ?? true;
    this.capturesResponse = capture?.response ?? true;
    this.headers = (capture?.headers ?? []).map((header) => header.toLowerCase());
  }

  /** Whether the trace may continue the one of the caller. Never throws. */
  trustsCaller(req: Req): boolean {
    const trust = this.#trustsCaller;
    if (typeof trust !== 'function') return trust;
    const name = trust === this.trust ? 'inferenceId.trust' : 'traceContext.trust';
    return this.guarded.callSyncOption(name, trust, req) === true;
  }

  /** A request header. Never throws. @param name in lower case */
  header(req: Req, name: string): string | undefined {
    try {
      return this.adapter.header(req, name);
    } catch (error) {
      this.guarded.reportFailure('header', error);
      return undefined;
    }
  }
}
