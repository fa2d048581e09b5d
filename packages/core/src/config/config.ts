/** Merges options and environment variables into one frozen configuration. In core, no other file reads the environment. */

import { absolutePath, environment } from '#platform';
import type { Diagnostic, LogLevel } from '../diagnostics/diagnostics.js';
import { LONGEST_TIMER_MS } from '../platform/timers.js';
import type { RetryPolicy } from '../publish/chain/backoff.js';
import type { PublisherLimits } from '../publish/queue/row-publisher.js';
import type { TraceExport } from '../publish/transport/trace-export.js';
import type { Transport } from '../publish/transport/user-transport.js';
import type {
  Durability,
  SpoolConfig,
  SpoolMode,
  SpoolOptions,
} from '../spool/folder/spool-options.js';
import type { Trace, Usage } from '../trace/model/trace-api.js';
import type { TraceLimits } from '../trace/model/trace-limits.js';
import type { ScopeManager } from '../trace/scope/scope.js';
import type { BudgetOptions } from '../trace/usage/cost-tracker.js';
import type { Pricing } from '../trace/usage/pricing.js';
import type { RedactOptions } from '../values/redaction/redactor.js';
import { checkedUrl, DEFAULT_BASE_URL } from './base-url.js';
import {
  ageRule,
  assertKnown,
  assertObject,
  assertOptions,
  ConfigError,
  checkApiKey,
  checkBoolean,
  checkFunction,
  checkMethods,
  checkNumber,
  checkNumbers,
  checkOneOf,
  checkPipelineId,
  checkString,
  countRule,
  type NumberRule,
  waitRule,
} from './checks.js';
import { type EnvironmentProblem, EnvironmentReader } from './environment.js';
import { TRACER_OPTIONS, type TracerOptions } from './tracer-options.js';

/** A tracer's configuration, complete with defaults. `TracerOptions` documents the members. */
export interface Config {
  /** Environment variables that cannot be read. */
  readonly problems: readonly EnvironmentProblem[];
  readonly apiKey: string | undefined;
  readonly inferencePipelineId: string | undefined;
  /** Undefined if OPENLAYER_BASE_URL is one to which the key must not be sent. */
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
  readonly exports: readonly TraceExport[];
  readonly transport: Transport | undefined;
  readonly pricing: Pricing | undefined;
  readonly onUsage: ((usage: Usage, trace: Trace) => void) | undefined;
  readonly budget: BudgetOptions | undefined;
}

type RulesOf<T> = Readonly<Record<keyof T, NumberRule>>;

const LIMITS: RulesOf<TraceLimits> = {
  maxSteps: countRule(1000),
  maxDepth: countRule(64),
  maxValueChars: countRule(65_536),
  maxTraceChars: countRule(1_048_576),
  maxOpenTraces: countRule(10_000),
};

const BATCH: RulesOf<PublisherLimits> = {
  maxBatchRows: countRule(100),
  maxBatchBytes: countRule(1_048_576),
  maxDelayMs: waitRule(1000),
  maxQueueBytes: countRule(33_554_432),
};

const RETRY: RulesOf<RetryPolicy> = {
  baseMs: waitRule(1000),
  capMs: waitRule(60_000),
  maxElapsedMs: ageRule(900_000),
};

const LOG_LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug'];

/**
 * The configuration by options and environment. A wrong environment variable counts as unset and becomes one of `problems`.
 * @param functionName the function that the app called with the options
 * @throws ConfigError if an option is wrong, with a message that says what to do
 */
export function resolveConfig(
  options: TracerOptions,
  variables = environment,
  functionName = 'createTracer',
): Config {
  assertOptions(options, TRACER_OPTIONS, functionName);
  const env = new EnvironmentReader(variables);
  const exports = checkExports(options.exports);
  const settings = {
    apiKey: checkApiKey(options.apiKey, 'apiKey') ?? env.read('OPENLAYER_API_KEY', checkApiKey),
    inferencePipelineId:
      checkPipelineId(options.inferencePipelineId, 'inferencePipelineId') ??
      env.read('OPENLAYER_INFERENCE_PIPELINE_ID', checkPipelineId),
    baseUrl: checkBaseUrl(options, env),
    publish:
      checkBoolean(options.publish, 'publish') ??
      env.read('OPENLAYER_DISABLE_PUBLISH', parseDisablePublish) !== true,
    scope: checkMethods(options.scope, 'scope', ['get', 'run']),
    redact: checkRedact(options.redact),
    limits: checkNumbers(LIMITS, options.limits, 'limits'),
    batch: checkNumbers(BATCH, options.batch, 'batch'),
    retry: checkNumbers(RETRY, options.retry, 'retry'),
    spool: checkSpool(options.spool, env),
    handleSignals: checkBoolean(options.handleSignals, 'handleSignals') ?? false,
    timeoutMs: checkNumber(options.timeoutMs ?? 30_000, 'timeoutMs', 1, LONGEST_TIMER_MS),
    logLevel:
      checkOneOf(options.logLevel, 'logLevel', LOG_LEVELS) ??
      env.read('OPENLAYER_LOG', parseLogLevel) ??
      'warn',
    onDiagnostic: checkFunction(options.onDiagnostic, 'onDiagnostic'),
    exports,
    transport: checkMethods(options.transport, 'transport', ['send', 'close']),
    pricing: checkMethods(options.pricing, 'pricing', ['price']),
    onUsage: checkFunction(options.onUsage, 'onUsage'),
    budget: checkBudget(options),
  };
  return Object.freeze({
    ...settings,
    problems: Object.freeze([...problemsOf(exports), ...env.problems]),
  });
}

function checkBaseUrl(options: TracerOptions, env: EnvironmentReader): string | undefined {
  const allowHttp = checkBoolean(options.dangerouslyAllowHttp, 'dangerouslyAllowHttp') ?? false;
  const fromOptions = checkedUrl(options.baseUrl, 'baseUrl', { allowHttp });
  if (fromOptions !== undefined) return fromOptions;
  const fromEnvironment = env.read('OPENLAYER_BASE_URL', (value, name) =>
    checkedUrl(value, name, { allowHttp }),
  );
  // A misspelled address must not make us send the key to the default one.
  if (fromEnvironment === undefined && env.isWrong('OPENLAYER_BASE_URL')) return undefined;
  return fromEnvironment ?? DEFAULT_BASE_URL;
}

function parseDisablePublish(value: string, name: string): boolean {
  if (/^\s*(true|on|1)\s*$/i.test(value)) return true;
  if (/^\s*(false|off|0|no|)\s*$/i.test(value)) return false;
  throw new ConfigError(`${name} must be true, on or 1, or left out; publishing stays on`);
}

function parseLogLevel(value: string, name: string): LogLevel | undefined {
  const wanted = value.trim().toLowerCase();
  return wanted === '' ? undefined : checkOneOf(wanted, name, LOG_LEVELS);
}

const SPOOL = { maxBytes: countRule(268_435_456), maxAgeMs: ageRule(604_800_000) };
const MODES: readonly SpoolMode[] = ['wal', 'failure-only', 'off'];
const DURABILITIES: readonly Durability[] = ['process', 'fsync'];

function checkSpool(
  options: SpoolOptions | undefined,
  env: EnvironmentReader,
): SpoolConfig | undefined {
  if (typeof options === 'string')
    throw new ConfigError("spool takes { dir: '...' }, not a string");
  if (options !== undefined) {
    assertObject(options, 'spool');
    assertKnown(
      options,
      { dir: true, maxBytes: true, maxAgeMs: true, mode: true, durability: true },
      'spool',
    );
  }
  const { dir: folder, mode, durability, ...bounds } = options ?? {};
  const config = {
    ...checkNumbers(SPOOL, bounds, 'spool'),
    mode: checkOneOf(mode, 'spool.mode', MODES) ?? 'wal',
    durability: checkOneOf(durability, 'spool.durability', DURABILITIES) ?? 'process',
  };
  const dir = checkDir(folder, 'spool.dir') ?? env.read('OPENLAYER_SPOOL_DIR', checkDir);
  if (dir === undefined) {
    const isWanted = options !== undefined && config.mode !== 'off';
    if (!isWanted || env.isWrong('OPENLAYER_SPOOL_DIR')) return undefined;
    throw new ConfigError('spool needs dir, a folder to keep traces in, or OPENLAYER_SPOOL_DIR');
  }
  return config.mode === 'off' ? undefined : Object.freeze({ dir, ...config });
}

/** The absolute path of the folder, since the working directory may change or be deleted. */
function checkDir(value: unknown, name: string): string | undefined {
  const dir = checkString(value, name);
  if (dir === undefined) return undefined;
  if (absolutePath === undefined) {
    throw new ConfigError(
      `${name} needs a file system, which this runtime does not have; leave it out`,
    );
  }
  return absolutePath(dir);
}

function checkRedact(redact: TracerOptions['redact']): RedactOptions | false {
  if (redact === undefined) return Object.freeze({});
  if (redact === false) return false;
  assertObject(redact, 'redact');
  assertKnown(redact, { keys: true, defaults: true, text: true }, 'redact');
  checkFunction(redact.text, 'redact.text');
  checkBoolean(redact.defaults, 'redact.defaults');
  if (redact.keys !== undefined && !Array.isArray(redact.keys)) {
    throw new ConfigError('redact.keys must be an array of strings and regular expressions');
  }
  for (const key of redact.keys ?? []) {
    if (typeof key !== 'string' && !(key instanceof RegExp)) {
      throw new ConfigError('redact.keys must hold strings and regular expressions only');
    }
  }
  // Each by its name, since the options may be an instance of a class, whose members are inherited.
  const { keys, defaults, text } = redact;
  return Object.freeze({
    ...(keys !== undefined && { keys: [...keys] }),
    ...(defaults !== undefined && { defaults }),
    ...(text !== undefined && { text }),
  });
}

function checkBudget({ budget: options, pricing }: TracerOptions): BudgetOptions | undefined {
  if (options === undefined) return undefined;
  assertObject(options, 'budget');
  assertKnown(options, { usd: true, onExceeded: true }, 'budget');
  const { usd, onExceeded } = options;
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
  return Object.freeze({ usd, onExceeded });
}

function checkExports(exports: TracerOptions['exports']): readonly TraceExport[] {
  if (exports === undefined) return Object.freeze([]);
  if (!Array.isArray(exports)) {
    throw new ConfigError('exports takes an array, such as [otelExport()]');
  }
  const names = new Set<string>();
  for (const [i, each] of exports.entries()) {
    assertObject(each, `exports[${i}]`);
    assertKnown(each as TraceExport, EXPORT_KEYS, `exports[${i}]`);
    const { name, address, transport, isOff } = each as TraceExport;
    if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) {
      throw new ConfigError(
        `exports[${i}].name must be 1 to 64 letters, digits, dots, hyphens or underscores`,
      );
    }
    if (names.has(name)) {
      throw new ConfigError(`exports has two named '${name}'; give each another name`);
    }
    names.add(name);
    if (checkString(address, `exports[${i}].address`) === undefined) {
      throw new ConfigError(`exports[${i}].address must be a string, such as a URL`);
    }
    if (checkMethods(transport, `exports[${i}].transport`, ['send', 'close']) === undefined) {
      throw new ConfigError(`exports[${i}].transport must be an object with send() and close()`);
    }
    checkBoolean(isOff, `exports[${i}].isOff`);
  }
  return Object.freeze([...exports]);
}

/** The compiler checks that the list is complete. */
const EXPORT_KEYS: Readonly<Record<keyof TraceExport, true>> = {
  name: true,
  address: true,
  transport: true,
  isOff: true,
  problems: true,
};

function problemsOf(exports: readonly TraceExport[]): EnvironmentProblem[] {
  return exports.flatMap(({ name, problems = [] }) =>
    problems.map((message) => ({ variable: `of ${name}`, message })),
  );
}
