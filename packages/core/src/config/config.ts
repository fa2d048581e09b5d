/** Options and environment to one frozen configuration. The only reader of the environment. */

import { environment, spoolFiles } from '#platform';
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
import type { Transport } from '../publish/user-transport.js';
import type { ScopeManager } from '../scope.js';
import type { Pricing } from '../trace/pricing.js';
import type { TraceLimits } from '../trace/recorder.js';
import type { RedactOptions } from '../trace/redact.js';
import type { BudgetOptions } from '../trace/spending.js';
import type { Trace, Usage } from '../trace/types.js';
import { checkedUrl, DEFAULT_BASE_URL } from './base-url.js';
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
  pipeline,
  text,
  withMethods,
} from './checks.js';
import { type EnvironmentProblem, EnvironmentReader } from './environment-reader.js';
import { TRACER_OPTIONS, type TracerOptions } from './tracer-options.js';

export interface Config {
  /** What is wrong with the environment. */
  readonly problems: readonly EnvironmentProblem[];
  readonly apiKey: string | undefined;
  readonly inferencePipelineId: string | undefined;
  /** Undefined where the environment names one that the key must not be sent to. */
  readonly baseUrl: string | undefined;
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
 * A mistake in the options throws; one in the environment becomes one of the `problems`, and counts as unset.
 * @throws ConfigError with a text that says what to do
 */
export function resolveConfig(options: TracerOptions, variables = environment): Config {
  assertObject(options, 'options');
  assertKnown(options, TRACER_OPTIONS, '');
  const env = new EnvironmentReader(variables);
  return Object.freeze({
    problems: env.problems,
    apiKey: key(options.apiKey, 'apiKey') ?? env.read('OPENLAYER_API_KEY', key),
    inferencePipelineId:
      pipeline(options.inferencePipelineId, 'inferencePipelineId') ??
      env.read('OPENLAYER_INFERENCE_PIPELINE_ID', pipeline),
    baseUrl: baseUrl(options, env),
    publish:
      flag(options.publish, 'publish') ?? env.read('OPENLAYER_DISABLE_PUBLISH', isOff) !== true,
    scope: withMethods(options.scope, 'scope', ['get', 'run']),
    redact: redactOptions(options.redact),
    limits: numbers(LIMITS, options.limits, 'limits'),
    batch: numbers(BATCH, options.batch, 'batch'),
    retry: numbers(RETRY, options.retry, 'retry'),
    spool: spool(options.spool, env),
    handleSignals: flag(options.handleSignals, 'handleSignals') ?? false,
    timeoutMs: number(options.timeoutMs ?? 30_000, 'timeoutMs', 1, LONGEST_TIMER_MS),
    logLevel:
      oneOf(LOG_LEVELS, options.logLevel, 'logLevel') ?? env.read('OPENLAYER_LOG', level) ?? 'warn',
    onDiagnostic: optionalFunction(options.onDiagnostic, 'onDiagnostic'),
    transport: withMethods(options.transport, 'transport', ['send', 'close']),
    pricing: withMethods(options.pricing, 'pricing', ['price']),
    onUsage: optionalFunction(options.onUsage, 'onUsage'),
    budget: budget(options),
  });
}

function baseUrl(options: TracerOptions, env: EnvironmentReader): string | undefined {
  const allowHttp = flag(options.dangerouslyAllowHttp, 'dangerouslyAllowHttp') ?? false;
  const given = checkedUrl(options.baseUrl, 'baseUrl', allowHttp);
  if (given !== undefined) return given;
  const found = env.read('OPENLAYER_BASE_URL', (value, name) => checkedUrl(value, name, allowHttp));
  // The key of one platform is not sent to another because its address was misspelled.
  if (found === undefined && env.isWrong('OPENLAYER_BASE_URL')) return undefined;
  return found ?? DEFAULT_BASE_URL;
}

function isOff(value: string, name: string): boolean {
  if (/^\s*(true|on|1)\s*$/i.test(value)) return true;
  if (/^\s*(false|off|0|no|)\s*$/i.test(value)) return false;
  throw new ConfigError(`${name} must be true, on or 1, or left out; publishing stays on`);
}

function level(value: string, name: string): LogLevel | undefined {
  const said = value.trim().toLowerCase();
  return said === '' ? undefined : oneOf(LOG_LEVELS, said, name);
}

const SPOOL = { maxBytes: 268_435_456, maxAgeMs: 604_800_000 };
const MODES: readonly SpoolMode[] = ['wal', 'failure-only', 'off'];
const DURABILITIES: readonly Durability[] = ['process', 'fsync'];

function spool(given: SpoolOptions | undefined, env: EnvironmentReader): SpoolConfig | undefined {
  if (typeof given === 'string') throw new ConfigError("spool takes { dir: '...' }, not a text");
  if (given !== undefined) {
    assertObject(given, 'spool');
    assertKnown(given, ['dir', 'maxBytes', 'maxAgeMs', 'mode', 'durability'], 'spool');
  }
  const { dir: folder, mode, durability, ...bounds } = given ?? {};
  const config = {
    ...numbers(SPOOL, bounds, 'spool'),
    mode: oneOf(MODES, mode, 'spool.mode') ?? 'wal',
    durability: oneOf(DURABILITIES, durability, 'spool.durability') ?? 'process',
  };
  const dir = spoolDir(folder, 'spool.dir') ?? env.read('OPENLAYER_SPOOL_DIR', spoolDir);
  if (dir === undefined) {
    const isWanted = given !== undefined && config.mode !== 'off';
    if (!isWanted || env.isWrong('OPENLAYER_SPOOL_DIR')) return undefined;
    throw new ConfigError('spool needs dir, a folder to keep traces in, or OPENLAYER_SPOOL_DIR');
  }
  return config.mode === 'off' ? undefined : Object.freeze({ dir, ...config });
}

/** Absolute from now on: an app may change its working directory, or have it deleted. */
function spoolDir(value: unknown, name: string): string | undefined {
  const dir = text(value, name);
  if (dir === undefined) return undefined;
  if (spoolFiles === undefined) {
    throw new ConfigError(
      `${name} needs a file system, which this platform does not have; leave it out`,
    );
  }
  return spoolFiles.absolute(dir);
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
