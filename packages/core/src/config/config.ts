/** Options and environment to one frozen configuration. The only reader of the environment. */

import { environment } from '#platform';
import type { Diagnostic, LogLevel } from '../diagnostics.js';
import type { RetryPolicy } from '../publish/backoff.js';
import { LONGEST_TIMER_MS } from '../publish/delay.js';
import type { PublisherLimits } from '../publish/publisher.js';
import type {
  Durability,
  SpoolConfig,
  SpoolMode,
  SpoolOptions,
} from '../publish/spool/settings.js';
import type { Transport } from '../publish/transport.js';
import type { ScopeManager } from '../scope.js';
import type { Pricing } from '../trace/pricing.js';
import type { TraceLimits } from '../trace/recorder.js';
import type { RedactOptions } from '../trace/redact.js';
import type { BudgetOptions } from '../trace/spending.js';
import type { Trace, Usage } from '../trace/types.js';
import { baseUrl } from './base-url.js';
import {
  assertKnown,
  assertObject,
  ConfigError,
  flag,
  key,
  number,
  numbers,
  oneOf,
  optionalFunction,
  text,
  withMethods,
} from './checks.js';
import { TRACER_OPTIONS, type TracerOptions } from './tracer-options.js';

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
  assertKnown(options, TRACER_OPTIONS, '');
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
  if (given !== undefined) {
    assertObject(given, 'spool');
    assertKnown(given, ['dir', 'maxBytes', 'maxAgeMs', 'mode', 'durability'], 'spool');
  }
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

function redactOptions(redact: TracerOptions['redact']): RedactOptions | false {
  if (redact === undefined || redact === false) return redact ?? {};
  assertObject(redact, 'redact');
  assertKnown(redact, ['keys', 'defaults', 'text'], 'redact');
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
  assertKnown(given, ['usd', 'onExceeded'], 'budget');
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
