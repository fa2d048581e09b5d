/** The options that `otelExport()` and `openlayerOtlp()` have in common, and their check. */

import {
  checkBoolean,
  checkNumber,
  checkOneOf,
  checkString,
  LONGEST_TIMER_MS,
} from '@openlayer-tracing/core/integration';
import type { OtlpCompression } from '../otlp/otlp-settings.js';
import type { ExportProfile, ExportSettings } from '../rows/export-settings.js';
import { checkedWord, type ExportEnvironment } from './export-environment.js';
import { checkedResource } from './resource.js';

/** What both exports take. An option wins over the environment. */
export interface ExportOptions {
  /**
   * Names the export in `stats().exports` and in metrics.
   * @default 'otel' for `otelExport()`, 'openlayer-otlp' for `openlayerOtlp()`
   */
  readonly name?: string | undefined;
  /**
   * Attributes of the service that runs: `{ 'service.name': 'shop' }`.
   * @default OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, else the `service.name` 'unknown_service:node'
   */
  readonly resource?:
    | Readonly<Record<string, string | number | boolean | readonly string[]>>
    | undefined;
  /**
   * Whether inputs, outputs, messages, and arguments and results of tools are sent. Names, models, tokens, errors and the app's
   * metadata always are; of a model call, only metadata that are numbers, booleans or single words.
   * @default true
   */
  readonly content?: boolean | undefined;
  /**
   * What becomes of steps that are spans which the app's own OpenTelemetry SDK exports: `skip` leaves them out, for a backend that
   * gets them from that SDK; `send` sends them too, and leaves out a parent of the trace in this process, which that SDK does not send.
   * @default 'skip' with the profile 'apm', 'send' with 'llm'
   */
  readonly foreign?: 'skip' | 'send' | undefined;
  /** Longest value of an attribute in bytes; longer ones are cut. Tempo, by default, takes 2048. @default 65536 */
  readonly maxAttributeBytes?: number | undefined;
  /** Limit of one request, in milliseconds. @default OTEL_EXPORTER_OTLP_TIMEOUT, else 10000; 30000 with `exporter` */
  readonly timeoutMs?: number | undefined;
  /**
   * Compression of requests. A runtime without CompressionStream sends them uncompressed.
   * @default OTEL_EXPORTER_OTLP_COMPRESSION, else 'none'
   */
  readonly compression?: OtlpCompression | undefined;
}

/** The compiler checks that the list is complete. */
export const EXPORT_OPTIONS: Readonly<Record<keyof ExportOptions, true>> = {
  name: true,
  resource: true,
  content: true,
  foreign: true,
  maxAttributeBytes: true,
  timeoutMs: true,
  compression: true,
};

const COMPRESSIONS: readonly OtlpCompression[] = ['gzip', 'none'];
const FOREIGN = ['skip', 'send'] as const;
const FOREIGN_BY = { apm: 'skip', llm: 'send' } as const;
/** Limit of one request by OTLP, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_ATTRIBUTE_BYTES = 65_536;

/** The function that takes the options, for messages. */
type Owner = 'otelExport' | 'openlayerOtlp';

/** What the two exports do not have in common. */
interface ExportDefaults {
  readonly owner: Owner;
  readonly name: string;
  readonly profile: ExportProfile;
}

/** @throws ConfigError if an option is wrong */
export function checkedExportSettings(
  options: ExportOptions,
  env: ExportEnvironment,
  { owner, name, profile }: ExportDefaults,
): ExportSettings {
  const { maxAttributeBytes = MAX_ATTRIBUTE_BYTES } = options;
  const foreign = checkOneOf(options.foreign, `${owner}.foreign`, FOREIGN) ?? FOREIGN_BY[profile];
  return {
    name: checkString(options.name, `${owner}.name`) ?? name,
    profile,
    content: checkBoolean(options.content, `${owner}.content`) ?? true,
    skipsForeign: foreign === 'skip',
    maxAttributeBytes: checkNumber(maxAttributeBytes, `${owner}.maxAttributeBytes`, 64, Infinity),
    resource: checkedResource(options.resource, `${owner}.resource`, env),
  };
}

/** Milliseconds; undefined if neither option nor environment state it. @throws ConfigError if the option is wrong */
export function checkedTimeout(
  { timeoutMs }: ExportOptions,
  env: ExportEnvironment,
  owner: Owner,
): number | undefined {
  if (timeoutMs !== undefined) {
    return checkNumber(timeoutMs, `${owner}.timeoutMs`, 1, LONGEST_TIMER_MS);
  }
  const ms = env.readForTraces('TIMEOUT', (value, name) =>
    checkNumber(/^\d+$/.test(value) ? Number(value) : value, name, 0, LONGEST_TIMER_MS),
  );
  // By OpenTelemetry's specification, 0 is no limit.
  return ms === 0 ? LONGEST_TIMER_MS : ms;
}

/** @throws ConfigError if the option is wrong */
export function checkedCompression(
  { compression }: ExportOptions,
  env: ExportEnvironment,
  owner: Owner,
): OtlpCompression {
  return (
    checkOneOf(compression, `${owner}.compression`, COMPRESSIONS) ??
    env.readForTraces('COMPRESSION', (value, name) => checkedWord(COMPRESSIONS, value, name)) ??
    'none'
  );
}
