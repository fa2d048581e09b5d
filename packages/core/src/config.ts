/** Options and environment to one frozen configuration. The only reader of the environment. */

import { environment } from '#platform';
import type { Diagnostic, LogLevel } from './diagnostics.js';
import type { RetryPolicy } from './publish/backoff.js';
import { LONGEST_TIMER_MS } from './publish/delay.js';
import type { PublisherLimits } from './publish/publisher.js';
import type { Durability, SpoolConfig, SpoolMode, SpoolOptions } from './publish/spool/settings.js';
import type { Transport } from './publish/transport.js';
import type { ScopeManager } from './scope.js';
import type { Pricing } from './trace/pricing.js';
import type { TraceLimits } from './trace/recorder.js';
import type { RedactOptions } from './trace/redact.js';
import type { BudgetOptions } from './trace/spending.js';
import type { Trace, Usage } from './trace/types.js';

/** Settings of a tracer. Each wins over its environment variable. */
export interface TracerOptions {
  /** Workspace API key. @default OPENLAYER_API_KEY */
  readonly apiKey?: string | undefined;
  /** The pipeline that takes the rows. @default OPENLAYER_INFERENCE_PIPELINE_ID */
  readonly inferencePipelineId?: string | undefined;
  /** Ends in `/v1`. @default OPENLAYER_BASE_URL, else https://api.openlayer.com/v1 */
  readonly baseUrl?: string | undefined;
  /** Whether to send the API key over plain http to a host that is not this machine. @default false */
  readonly dangerouslyAllowHttp?: boolean | undefined;
  /** Whether to trace and publish at all. @default false where OPENLAYER_DISABLE_PUBLISH is true, on or 1, else true */
  readonly publish?: boolean | undefined;
  /** How the current step is carried along. @default AsyncLocalStorage */
  readonly scope?: ScopeManager | undefined;
  /** Which values are masked before they leave the request. @default keys that are known as secrets */
  readonly redact?: RedactOptions | false | undefined;
  /** Bounds of traces and of what is logged in them. */
  readonly limits?: Partial<TraceLimits> | undefined;
  /** Bounds of batches and of the queue. */
  readonly batch?: Partial<PublisherLimits> | undefined;
  /** How failed sends are repeated. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Keeps on disk what is not delivered yet. @default off, unless OPENLAYER_SPOOL_DIR names a folder */
  readonly spool?: SpoolOptions | undefined;
  /** Whether SIGTERM and SIGINT deliver what they can before they end the process. @default false */
  readonly handleSignals?: boolean | undefined;
  /** Longest that one call to the platform may take as a whole, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** Least severe level of our own lines on stderr. @default OPENLAYER_LOG, else 'warn' */
  readonly logLevel?: LogLevel | undefined;
  /** Takes our diagnostics instead of stderr, each at most once a minute. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Knows what calls of models cost, for `usage` and `budget`. @default nobody does */
  readonly pricing?: Pricing | undefined;
  /** Told of what a trace has used so far, after each of its calls of a model. */
  readonly onUsage?: ((usage: Usage, trace: Trace) => void) | undefined;
  /** What one trace may cost, and what happens when it has. Needs `pricing`. */
  readonly budget?: BudgetOptions | undefined;
  /** Takes the batches instead of the platform; for tests and for other destinations. */
  readonly transport?: Transport | undefined;
}

export interface Config {
  readonly apiKey: string | undefined;
  readonly inferencePipelineId: string | undefined;
  readonly baseUrl: string;
  readonly publish: boolean;
  readonly scope: ScopeManager | undefined;
  readonly redact: RedactOptions | false;
  readonly limits: TraceLimits;
  readonly batch: PublisherLimits;
  readonly retry: RetryPolicy;
  readonly spool: SpoolConfig | undefined;
  readonly handleSignals: boolean;
  readonly timeoutMs: number;
  readonly logLevel: LogLevel;
  readonly onDiagnostic: ((diagnostic: Diagnostic) => void) | undefined;
  readonly transport: Transport | undefined;
  readonly pricing: Pricing | undefined;
  readonly onUsage: ((usage: Usage, trace: Trace) => void) | undefined;
  readonly budget: BudgetOptions | undefined;
}

/** An option has a value that cannot work. Thrown where the options are given, never later. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const LIMITS: TraceLimits = {
  maxSteps: 1000,
  maxDepth: 64,
  maxValueChars: 65_536,
  maxTraceChars: 1_048_576,
  maxOpenTraces: 10_000,
};

const BATCH: PublisherLimits = {
  maxBatchRows: 100,
  maxBatchBytes: 1_048_576,
  maxDelayMs: 1000,
  maxQueueBytes: 33_554_432,
};

const RETRY: RetryPolicy = { baseMs: 1000, capMs: 60_000, maxElapsedMs: 900_000 };

const LOG_LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug'];

/**
 * @throws ConfigError with a text that says what to do
 */
export function resolveConfig(options: TracerOptions, env = environment): Config {
  assertObject(options, 'options');
  return Object.freeze({
    apiKey: key(options.apiKey, 'apiKey') ?? key(env.OPENLAYER_API_KEY, 'OPENLAYER_API_KEY'),
    inferencePipelineId:
      text(options.inferencePipelineId, 'inferencePipelineId') ??
      text(env.OPENLAYER_INFERENCE_PIPELINE_ID, 'OPENLAYER_INFERENCE_PIPELINE_ID'),
    baseUrl: baseUrl(options, env.OPENLAYER_BASE_URL),
    publish:
      flag(options.publish, 'publish') ??
      !/^\s*(true|on|1)\s*$/i.test(env.OPENLAYER_DISABLE_PUBLISH ?? ''),
    scope: withMethods(options.scope, 'scope', ['get', 'run']),
    redact: redactOptions(options.redact),
    limits: numbers(LIMITS, options.limits, 'limits'),
    batch: numbers(BATCH, options.batch, 'batch'),
    retry: numbers(RETRY, options.retry, 'retry'),
    spool: spool(options.spool, env.OPENLAYER_SPOOL_DIR),
    handleSignals: flag(options.handleSignals, 'handleSignals') ?? false,
    timeoutMs: number(options.timeoutMs ?? 30_000, 'timeoutMs', 1, LONGEST_TIMER_MS),
    logLevel: logLevel(options.logLevel, env.OPENLAYER_LOG),
    onDiagnostic: optionalFunction(options.onDiagnostic, 'onDiagnostic'),
    transport: withMethods(options.transport, 'transport', ['send', 'close']),
    pricing: withMethods(options.pricing, 'pricing', ['price']),
    onUsage: optionalFunction(options.onUsage, 'onUsage'),
    budget: budget(options),
  });
}

const SPOOL = { maxBytes: 268_435_456, maxAgeMs: 604_800_000 };
const MODES: readonly SpoolMode[] = ['wal', 'failure-only', 'off'];
const DURABILITIES: readonly Durability[] = ['process', 'fsync'];

function spool(given: SpoolOptions | undefined, env: string | undefined): SpoolConfig | undefined {
  if (typeof given === 'string') throw new ConfigError("spool takes { dir: '...' }, not a text");
  if (given !== undefined) assertObject(given, 'spool');
  const { dir: folder, mode, durability, ...bounds } = given ?? {};
  const dir = text(folder, 'spool.dir') ?? text(env, 'OPENLAYER_SPOOL_DIR');
  const config = {
    ...numbers(SPOOL, bounds, 'spool'),
    mode: oneOf(MODES, mode, 'spool.mode') ?? 'wal',
    durability: oneOf(DURABILITIES, durability, 'spool.durability') ?? 'process',
  };
  if (dir === undefined) {
    if (given === undefined || config.mode === 'off') return undefined;
    throw new ConfigError('spool needs dir, a folder to keep traces in, or OPENLAYER_SPOOL_DIR');
  }
  return config.mode === 'off' ? undefined : Object.freeze({ dir, ...config });
}

function oneOf<T extends string>(known: readonly T[], value: T | undefined, name: string) {
  if (value === undefined || known.includes(value)) return value;
  throw new ConfigError(`${name} must be one of ${known.join(', ')}`);
}

function text(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string')
    throw new ConfigError(`${name} must be a text, but is of type ${typeof value}`);
  // A key with a line break in it could not be sent as a header.
  const trimmed = value.trim();
  if (/\p{Cc}/u.test(trimmed))
    throw new ConfigError(`${name} holds control characters; copy it anew`);
  return trimmed === '' ? undefined : trimmed;
}

/** What is no visible ASCII could not be sent as a header. */
function key(value: unknown, name: string): string | undefined {
  const found = text(value, name);
  if (found !== undefined && !/^[\x21-\x7e]+$/.test(found)) {
    throw new ConfigError(
      `${name} holds characters that no key has, perhaps invisible ones; copy it anew`,
    );
  }
  return found;
}

function flag(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new ConfigError(`${name} must be true or false`);
}

function withMethods<T extends object>(
  value: T | undefined,
  name: string,
  methods: readonly (keyof T & string)[],
): T | undefined {
  if (value === undefined) return undefined;
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && methods.every((method) => typeof value[method] === 'function')) return value;
  throw new ConfigError(`${name} must have the methods ${methods.join(' and ')}`);
}

function baseUrl(options: TracerOptions, env: string | undefined): string {
  const allowHttp = flag(options.dangerouslyAllowHttp, 'dangerouslyAllowHttp') ?? false;
  const given = text(options.baseUrl, 'baseUrl');
  const name = given === undefined ? 'OPENLAYER_BASE_URL' : 'baseUrl';
  const value = given ?? text(env, name) ?? 'https://api.openlayer.com/v1';
  if (!URL.canParse(value))
    throw new ConfigError(`${name} is no URL; give one such as https://api.openlayer.com/v1`);
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(
      `${name} must hold no user, password, query or fragment; give the key as apiKey`,
    );
  }
  if (
    url.protocol !== 'https:' &&
    !(url.protocol === 'http:' && (allowHttp || isLoopback(url.hostname)))
  ) {
    throw new ConfigError(
      `${name} must start with https://, since the API key goes there; for plain http to ${url.hostname} set dangerouslyAllowHttp: true`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function redactOptions(redact: TracerOptions['redact']): RedactOptions | false {
  if (redact === undefined || redact === false) return redact ?? {};
  assertObject(redact, 'redact');
  optionalFunction(redact.text, 'redact.text');
  flag(redact.defaults, 'redact.defaults');
  if (redact.keys !== undefined && !Array.isArray(redact.keys)) {
    throw new ConfigError('redact.keys must be a list of texts and regular expressions');
  }
  for (const key of redact.keys ?? []) {
    if (typeof key !== 'string' && !(key instanceof RegExp)) {
      throw new ConfigError('redact.keys must hold texts and regular expressions only');
    }
  }
  return redact;
}

function budget({ budget: given, pricing }: TracerOptions): BudgetOptions | undefined {
  if (given === undefined) return undefined;
  assertObject(given, 'budget');
  const { usd, onExceeded } = given;
  if (typeof usd !== 'number' || !(usd > 0)) {
    throw new ConfigError('budget.usd must be a number of US dollars above 0');
  }
  if (onExceeded !== 'abort' && typeof onExceeded !== 'function') {
    throw new ConfigError("budget.onExceeded must be a function or 'abort'");
  }
  if (pricing === undefined) {
    throw new ConfigError(
      'budget needs pricing, such as prices() of @openlayer-tracing/integrations/pricing',
    );
  }
  return given;
}

function logLevel(option: LogLevel | undefined, env: string | undefined): LogLevel {
  if (option !== undefined) {
    if (LOG_LEVELS.includes(option)) return option;
    throw new ConfigError(`logLevel must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const said = env?.trim().toLowerCase();
  return LOG_LEVELS.find((level) => level === said) ?? 'warn';
}

/** Fills in the defaults. Every value must be a positive number; waits may be 0. */
function numbers<T extends { readonly [K in keyof T]: number }>(
  defaults: T,
  given: { readonly [K in keyof T]?: number | undefined } | undefined,
  group: string,
): T {
  if (given === undefined) return defaults;
  assertObject(given, group);
  const result = { ...defaults };
  for (const key of Object.keys(given) as (keyof T & string)[]) {
    if (!Object.hasOwn(defaults, key)) {
      throw new ConfigError(
        `${group}.${key} is not known; ${group} takes ${Object.keys(defaults).join(', ')}`,
      );
    }
    if (given[key] === undefined) continue;
    const [least, highest] = key.endsWith('Ms') ? [0, LONGEST_TIMER_MS] : [1, Infinity];
    result[key] = number(given[key], `${group}.${key}`, least, highest) as T[keyof T & string];
  }
  return Object.freeze(result);
}

/** At least `least`, and cut to `highest`. */
function number(value: unknown, name: string, least: number, highest: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw new ConfigError(`${name} must be a number of at least ${least}, but is ${String(value)}`);
  }
  return Math.min(value, highest);
}

/** @throws ConfigError unless the value is missing or a function */
export function optionalFunction<F>(value: F, name: string): F {
  if (value !== undefined && typeof value !== 'function')
    throw new ConfigError(`${name} must be a function`);
  return value;
}

/** @throws ConfigError unless the value is an object */
export function assertObject(value: unknown, name: string): asserts value is object {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(
      `${name} must be an object, but is ${value === null ? 'null' : typeof value}`,
    );
  }
}
