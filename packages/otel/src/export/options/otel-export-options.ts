/** The options of `otelExport()`, and their check. */

import {
  assertKnown,
  assertObject,
  ConfigError,
  checkMethods,
  checkOneOf,
} from '@openlayer-tracing/core/integration';
import type { OtlpProtocol, OtlpSettings } from '../otlp/otlp-settings.js';
import type { ExportProfile, ExportSettings } from '../rows/export-settings.js';
import type { SpanExporter } from '../sdk/span-exporter.js';
import { checkedEndpoint } from './endpoint.js';
import { checkedWord, type ExportEnvironment } from './export-environment.js';
import {
  checkedCompression,
  checkedExportSettings,
  checkedTimeout,
  DEFAULT_TIMEOUT_MS,
  EXPORT_OPTIONS,
  type ExportOptions,
} from './export-options.js';
import { checkedHeaders, headersOf } from './headers.js';

/** The options of `otelExport()`. */
export interface OtelExportOptions extends ExportOptions {
  /**
   * Sends the spans, instead of this library: an exporter of OpenTelemetry's SDK 2 or 3. What it reports as failed is sent again,
   * unless its error has a status that is final by OTLP. Give `url`, `headers`, `protocol` and `compression` to the exporter then.
   * @default none: this library sends the spans by OTLP
   */
  readonly exporter?: SpanExporter | undefined;
  /**
   * Where traces are sent to, with its path.
   * @default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, else OTEL_EXPORTER_OTLP_ENDPOINT with `/v1/traces`, else
   *   `http://localhost:4318/v1/traces`
   */
  readonly url?: string | undefined;
  /**
   * Headers of each request, such as a key. Without `url`, they are added to those of OTEL_EXPORTER_OTLP_HEADERS and
   * OTEL_EXPORTER_OTLP_TRACES_HEADERS, which an address of the options does not get.
   * @default none
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Encoding of the spans. @default OTEL_EXPORTER_OTLP_PROTOCOL, else 'http/protobuf' */
  readonly protocol?: OtlpProtocol | undefined;
  /**
   * The kind of backend. `apm`: the trace continues the caller's. `llm`, for backends that read a trace from its root: the root
   * has no parent, but a link to the caller, and carries the conversation.
   * @default 'apm'
   */
  readonly profile?: ExportProfile | undefined;
}

/** The compiler checks that the list is complete. */
const OTEL_EXPORT_OPTIONS: Readonly<Record<keyof OtelExportOptions, true>> = {
  ...EXPORT_OPTIONS,
  exporter: true,
  url: true,
  headers: true,
  protocol: true,
  profile: true,
};

const PROFILES: readonly ExportProfile[] = ['apm', 'llm'];
const PROTOCOLS: readonly OtlpProtocol[] = ['http/protobuf', 'http/json'];

/** What `otelExport()` needs: with an exporter, or with settings for this library's own requests. */
export type CheckedExport = {
  readonly exportSettings: ExportSettings;
  /** Undefined if neither option nor environment state it. */
  readonly timeoutMs: number | undefined;
  /** Whether nothing is sent, because the address is wrong. */
  readonly isOff: boolean;
} & (
  | { readonly exporter: SpanExporter; readonly otlp: undefined }
  | { readonly exporter: undefined; readonly otlp: OtlpSettings }
);

/**
 * Checks the options of `otelExport()`, completed by the environment.
 * @throws ConfigError if an option is wrong
 */
export function checkedExport(options: OtelExportOptions, env: ExportEnvironment): CheckedExport {
  assertObject(options, 'the options of otelExport()');
  assertKnown(options, OTEL_EXPORT_OPTIONS, 'otelExport');
  const { exporter, url, headers, protocol } = options;
  const exportSettings = checkedExportSettings(options, env, {
    owner: 'otelExport',
    name: 'otel',
    profile: checkOneOf(options.profile, 'otelExport.profile', PROFILES) ?? 'apm',
  });
  const timeoutMs = checkedTimeout(options, env, 'otelExport');
  checkMethods(exporter, 'otelExport.exporter', ['export', 'shutdown']);
  if (exporter !== undefined) {
    for (const key of ['url', 'headers', 'protocol', 'compression'] as const) {
      if (options[key] === undefined) continue;
      throw new ConfigError(
        `otelExport.${key} has no effect with exporter: give it to the exporter`,
      );
    }
    return { exportSettings, exporter, timeoutMs, otlp: undefined, isOff: false };
  }
  const endpoint = checkedEndpoint(url, 'otelExport.url', env);
  const otlp = {
    url: endpoint.url,
    headers: {
      // They may be keys for the address of the environment, which no other one must get.
      ...(url === undefined && headersOf(env)),
      ...checkedHeaders(headers, 'otelExport.headers'),
    },
    protocol:
      checkOneOf(protocol, 'otelExport.protocol', PROTOCOLS) ??
      env.readForTraces('PROTOCOL', protocolOf) ??
      'http/protobuf',
    compression: checkedCompression(options, env, 'otelExport'),
    timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
  };
  return { exportSettings, exporter: undefined, timeoutMs, otlp, isOff: endpoint.isWrong };
}

function protocolOf(value: string, name: string): OtlpProtocol {
  if (value.toLowerCase() === 'grpc') {
    throw new ConfigError(
      `${name} is grpc, which is not supported: set http/protobuf, and the endpoint for HTTP, which most backends have on port 4318`,
    );
  }
  return checkedWord(PROTOCOLS, value, name);
}
