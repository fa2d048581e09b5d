/** Sends traces to the platform by OpenTelemetry's protocol. */

import {
  assertKnown,
  assertObject,
  checkApiKey,
  checkBoolean,
  checkedUrl,
  checkPipelineId,
  DEFAULT_BASE_URL,
  type TraceExport,
} from '@openlayer-tracing/core/integration';
import { ExportEnvironment } from './options/export-environment.js';
import {
  checkedCompression,
  checkedExportSettings,
  checkedTimeout,
  DEFAULT_TIMEOUT_MS,
  EXPORT_OPTIONS,
  type ExportOptions,
} from './options/export-options.js';
import { otlpTransport } from './otlp/otlp-transport.js';

/** The options of `openlayerOtlp()`. */
export interface OpenlayerOtlpOptions extends ExportOptions {
  /** Key of the API. @default OPENLAYER_API_KEY */
  readonly apiKey?: string | undefined;
  /** The pipeline that traces are sent to. @default OPENLAYER_INFERENCE_PIPELINE_ID */
  readonly inferencePipelineId?: string | undefined;
  /** Address of the API. @default OPENLAYER_BASE_URL, else https://api.openlayer.com/v1 */
  readonly baseUrl?: string | undefined;
  /** Allows http:// in `baseUrl`; the API key is then sent without encryption. @default false */
  readonly dangerouslyAllowHttp?: boolean | undefined;
}

/** The compiler checks that the list is complete. */
const OPTIONS: Readonly<Record<keyof OpenlayerOtlpOptions, true>> = {
  ...EXPORT_OPTIONS,
  apiKey: true,
  inferencePipelineId: true,
  baseUrl: true,
  dangerouslyAllowHttp: true,
};

/**
 * An element of the tracer's option `exports`: sends each trace to Openlayer as spans of OpenTelemetry. A tracer that has a key
 * itself sends each trace as a row as well; only such rows can be updated by their inference ID. Without a key or pipeline it sends
 * nothing, with one diagnostic.
 * @throws ConfigError if an option is wrong
 *
 * @example
 * const options = { exports: [openlayerOtlp({ apiKey: 'your key', inferencePipelineId: 'your pipeline' })] };
 */
export function openlayerOtlp(options: OpenlayerOtlpOptions = {}): TraceExport {
  assertObject(options, 'the options of openlayerOtlp()');
  assertKnown(options, OPTIONS, 'openlayerOtlp');
  const env = new ExportEnvironment();
  const allowHttp =
    checkBoolean(options.dangerouslyAllowHttp, 'openlayerOtlp.dangerouslyAllowHttp') ?? false;
  const apiKey =
    checkApiKey(options.apiKey, 'openlayerOtlp.apiKey') ??
    env.read('OPENLAYER_API_KEY', checkApiKey);
  const pipelineId =
    checkPipelineId(options.inferencePipelineId, 'openlayerOtlp.inferencePipelineId') ??
    env.read('OPENLAYER_INFERENCE_PIPELINE_ID', checkPipelineId);
  const base =
    checkedUrl(options.baseUrl, 'openlayerOtlp.baseUrl', { allowHttp }) ??
    env.read(
      'OPENLAYER_BASE_URL',
      (value, name) => checkedUrl(value, name, { allowHttp }),
      'openlayerOtlp() sends nothing',
    );
  // With a misspelled address, the key must not be sent to the default one.
  const isBaseWrong = env.isWrong('OPENLAYER_BASE_URL');
  const exportSettings = checkedExportSettings(options, env, {
    owner: 'openlayerOtlp',
    name: 'openlayer-otlp',
    profile: 'llm',
  });
  const url = new URL(`${base ?? DEFAULT_BASE_URL}/otel/v1/traces`);
  const missing = [
    ...(apiKey === undefined ? ['OPENLAYER_API_KEY (or the option apiKey)'] : []),
    ...(pipelineId === undefined
      ? ['OPENLAYER_INFERENCE_PIPELINE_ID (or the option inferencePipelineId)']
      : []),
  ];
  const problem =
    missing.length === 0 ? [] : [`openlayerOtlp() sends nothing: set ${missing.join(' and ')}`];
  const otlp = {
    url,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'x-bt-parent': `pipeline_id:${pipelineId}`,
    },
    // The platform refuses JSON.
    protocol: 'http/protobuf',
    compression: checkedCompression(options, env, 'openlayerOtlp'),
    timeoutMs: checkedTimeout(options, env, 'openlayerOtlp') ?? DEFAULT_TIMEOUT_MS,
  } as const;
  return {
    name: exportSettings.name,
    address: `${url.href} ${pipelineId}`,
    transport: otlpTransport(otlp, exportSettings),
    isOff: env.isTrue('OTEL_SDK_DISABLED') || missing.length > 0 || isBaseWrong,
    problems: [...env.problems, ...problem],
  };
}
