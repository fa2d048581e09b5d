/** The options of `otelExport()` and `openlayerOtlp()`, and their check. */

import {
  assertKnown,
  assertObject,
  ConfigError,
  checkBoolean,
  checkNumber,
  checkString,
  formatValue,
  LONGEST_TIMER_MS,
  oneOf,
  withMethods,
} from '@openlayer-tracing/core/integration';
import type { Attributes, AttributeValue } from '../rows/export-span.js';
import type { ExportProfile, RowSettings } from '../rows/spans-of-row.js';
import type { SpanExporter } from '../sdk/readable-span.js';
import { keyValuesOf } from './key-values.js';
import type { OtelEnvironment } from './otel-environment.js';
import { resourceOf } from './resource.js';

export type OtlpProtocol = 'http/protobuf' | 'http/json';
export type OtlpCompression = 'gzip' | 'none';

/** What both exports take. An option wins over the environment. */
export interface SpanOptions {
  /** Names the export in `stats().exports` and in metrics. */
  readonly name?: string | undefined;
  /**
   * Attributes of the service that runs: `{ 'service.name': 'shop' }`.
   * @default OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
   */
  readonly resource?:
    | Readonly<Record<string, string | number | boolean | readonly string[]>>
    | undefined;
  /**
   * Whether inputs, outputs, messages, and arguments and results of tools are sent. Names, models, tokens, errors and the app's
   * metadata always are.
   * @default true
   */
  readonly content?: boolean | undefined;
  /**
   * What becomes of steps that were spans of the app's own OpenTelemetry SDK: `skip` leaves them out, for a backend that gets
   * them from that SDK; `send` sends them too, and leaves out a parent of the trace in this process, which that SDK does not send.
   * @default 'skip' with the profile 'apm', 'send' with 'llm'
   */
  readonly foreign?: 'skip' | 'send' | undefined;
  /** Longest value of an attribute in bytes; longer ones are cut. Tempo, by default, takes 2048. @default 65536 */
  readonly maxAttributeBytes?: number | undefined;
  /** Limit of one request, in milliseconds. @default OTEL_EXPORTER_OTLP_TIMEOUT, else 10000; 30000 with `exporter` */
  readonly timeoutMs?: number | undefined;
  /** @default OTEL_EXPORTER_OTLP_COMPRESSION, else 'none'; also 'none' on a runtime without CompressionStream */
  readonly compression?: OtlpCompression | undefined;
}

export interface OtelExportOptions extends SpanOptions {
  /**
   * Sends the spans, instead of this library: an exporter of OpenTelemetry's SDK 2 or 3. What it reports as failed is sent again,
   * unless its error has a status that is final by OTLP.
   * `url`, `headers`, `protocol` and `compression` are its own matter then.
   */
  readonly exporter?: SpanExporter | undefined;
  /**
   * Where traces are sent to, with its path.
   * @default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, else OTEL_EXPORTER_OTLP_ENDPOINT with `/v1/traces`, else
   *   `http://localhost:4318/v1/traces`
   */
  readonly url?: string | undefined;
  /** Headers of each request, such as a key. @default OTEL_EXPORTER_OTLP_HEADERS */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @default OTEL_EXPORTER_OTLP_PROTOCOL, else 'http/protobuf' */
  readonly protocol?: OtlpProtocol | undefined;
  /**
   * The kind of backend. `apm`: the trace continues the caller's. `llm`, for backends that read a trace from its root: the root
   * has no parent, but a link to the caller, and carries the conversation.
   * @default 'apm'
   */
  readonly profile?: ExportProfile | undefined;
}

/** Where to and how spans are sent by this library. */
export interface OtlpSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: OtlpProtocol;
  readonly compression: OtlpCompression;
  readonly timeoutMs: number;
}

/** How rows become spans. */
export interface SpanSettings extends RowSettings {
  readonly name: string;
  readonly resource: Attributes;
}

/** The compiler checks that the lists are complete. */
export const SPAN_OPTIONS: Readonly<Record<keyof SpanOptions, true>> = {
  name: true,
  resource: true,
  content: true,
  foreign: true,
  maxAttributeBytes: true,
  timeoutMs: true,
  compression: true,
};
const EXPORT_OPTIONS: Readonly<Record<keyof OtelExportOptions, true>> = {
  ...SPAN_OPTIONS,
  exporter: true,
  url: true,
  headers: true,
  protocol: true,
  profile: true,
};

const PROFILES: readonly ExportProfile[] = ['apm', 'llm'];
const PROTOCOLS: readonly OtlpProtocol[] = ['http/protobuf', 'http/json'];
const COMPRESSIONS: readonly OtlpCompression[] = ['gzip', 'none'];
const FOREIGN = ['skip', 'send'] as const;
const FOREIGN_BY = { apm: 'skip', llm: 'send' } as const;
const DEFAULT_ENDPOINT = 'http://localhost:4318';
const PATH = '/v1/traces';
const TIMEOUT_MS = 10_000;
const MAX_ATTRIBUTE_BYTES = 65_536;

/** What `otelExport()` needs: with an exporter, or with settings for this library's own requests. */
export type CheckedExport = {
  readonly spans: SpanSettings;
  /** Undefined if neither option nor environment state it. */
  readonly timeoutMs: number | undefined;
} & (
  | { readonly exporter: SpanExporter; readonly otlp: undefined }
  | { readonly exporter: undefined; readonly otlp: OtlpSettings }
);

/**
 * Checks the options of `otelExport()`, completed by the environment.
 * @throws ConfigError if an option is wrong
 */
export function checkedExport(options: OtelExportOptions, env: OtelEnvironment): CheckedExport {
  assertObject(options, 'the options of otelExport()');
  assertKnown(options, EXPORT_OPTIONS, 'otelExport');
  const { exporter, url, headers, protocol } = options;
  const spans = checkedSpans(options, env, {
    name: 'otel',
    profile: oneOf(PROFILES, options.profile, 'otelExport.profile') ?? 'apm',
  });
  const timeoutMs = checkedTimeout(options.timeoutMs, env);
  withMethods(exporter, 'otelExport.exporter', ['export', 'shutdown']);
  if (exporter !== undefined) {
    for (const key of ['url', 'headers', 'protocol', 'compression'] as const) {
      if (options[key] === undefined) continue;
      throw new ConfigError(
        `otelExport.${key} has no effect with exporter: give it to the exporter`,
      );
    }
    return { spans, exporter, timeoutMs, otlp: undefined };
  }
  const otlp = {
    url: checkedUrl(url, 'otelExport.url') ?? endpointOf(env),
    headers: { ...headersOf(env), ...checkedHeaders(headers, 'otelExport.headers') },
    protocol:
      oneOf(PROTOCOLS, protocol, 'otelExport.protocol') ??
      readEither(env, 'PROTOCOL', protocolOf) ??
      'http/protobuf',
    compression: checkedCompression(options.compression, env),
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
  };
  return { spans, exporter: undefined, timeoutMs, otlp };
}

/** @throws ConfigError if an option is wrong */
export function checkedSpans(
  options: SpanOptions,
  env: OtelEnvironment,
  { name, profile }: { readonly name: string; readonly profile: ExportProfile },
): SpanSettings {
  const { maxAttributeBytes = MAX_ATTRIBUTE_BYTES } = options;
  return {
    name: checkString(options.name, 'name') ?? name,
    profile,
    content: checkBoolean(options.content, 'content') ?? true,
    skipsForeign: (oneOf(FOREIGN, options.foreign, 'foreign') ?? FOREIGN_BY[profile]) === 'skip',
    maxAttributeBytes: checkNumber(maxAttributeBytes, 'maxAttributeBytes', 64, Infinity),
    resource: resourceOf(checkedResource(options.resource), env),
  };
}

/** Milliseconds; undefined if neither option nor environment state it. @throws ConfigError if the option is wrong */
export function checkedTimeout(
  option: number | undefined,
  env: OtelEnvironment,
): number | undefined {
  if (option !== undefined) return checkNumber(option, 'timeoutMs', 1, LONGEST_TIMER_MS);
  return readEither(env, 'TIMEOUT', (value, name) =>
    checkNumber(/^\d+$/.test(value) ? Number(value) : value, name, 1, LONGEST_TIMER_MS),
  );
}

/** @throws ConfigError if the option is wrong */
export function checkedCompression(
  option: OtlpCompression | undefined,
  env: OtelEnvironment,
): OtlpCompression {
  return (
    oneOf(COMPRESSIONS, option, 'compression') ??
    readEither(env, 'COMPRESSION', (value, name) =>
      oneOf(COMPRESSIONS, value as OtlpCompression, name),
    ) ??
    'none'
  );
}

/** A variable for traces, else the one for all signals. */
function readEither<T>(
  env: OtelEnvironment,
  name: string,
  check: (value: string, name: string) => T,
): T | undefined {
  return (
    env.read(`OTEL_EXPORTER_OTLP_TRACES_${name}`, check) ??
    env.read(`OTEL_EXPORTER_OTLP_${name}`, check)
  );
}

function protocolOf(value: string, name: string): OtlpProtocol | undefined {
  if (value === 'grpc') {
    throw new ConfigError(
      `${name} is grpc, which is not supported: set http/protobuf, and the endpoint for HTTP, which most backends have on port 4318`,
    );
  }
  return oneOf(PROTOCOLS, value as OtlpProtocol, name);
}

/* Addresses. */

function endpointOf(env: OtelEnvironment): URL {
  const own = env.read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', checkedUrl);
  if (own !== undefined) return own;
  const base = env.read('OTEL_EXPORTER_OTLP_ENDPOINT', checkedUrl) ?? new URL(DEFAULT_ENDPOINT);
  base.pathname = `${base.pathname.replace(/\/+$/, '')}${PATH}`;
  return base;
}

function checkedUrl(value: unknown, name: string): URL | undefined {
  const text = checkString(value, name);
  if (text === undefined) return undefined;
  const url = /\s/.test(text) ? undefined : parsedUrl(text);
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`${name} must be a URL such as ${DEFAULT_ENDPOINT}${PATH}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(`${name} must hold no user and password; give them as headers`);
  }
  url.hash = '';
  return url;
}

/** Instead of `URL.canParse`, which jsdom may lack. */
function parsedUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/* Headers. */

function headersOf(env: OtelEnvironment): Readonly<Record<string, string>> {
  const read = (name: string) =>
    env.read(name, (value) => checkedHeaders(keyValuesOf(value, name), name));
  return {
    ...read('OTEL_EXPORTER_OTLP_HEADERS'),
    ...read('OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
  };
}

/** Set by us for each request. */
const OURS: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'connection'],
  'user-agent',
]);

/** The headers with names in lower case. */
function checkedHeaders(value: unknown, name: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  assertObject(value, name);
  const headers = Object.entries(value).map(([key, each]): [string, string] => {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(key)) {
      throw new ConfigError(`${name} holds ${formatValue(key)}, which is not the name of a header`);
    }
    // The value may be a secret, so that no message repeats it.
    if (typeof each !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(each)) {
      throw new ConfigError(
        `${name}: the value of ${key} must be a string that a header may contain`,
      );
    }
    if (OURS.has(key.toLowerCase())) {
      throw new ConfigError(`${name} must not hold ${key}, which is set for each request`);
    }
    return [key.toLowerCase(), each];
  });
  return Object.fromEntries(headers);
}

/* Resource. */

function checkedResource(
  value: SpanOptions['resource'],
): Readonly<Record<string, AttributeValue>> | undefined {
  if (value === undefined) return undefined;
  assertObject(value, 'resource');
  for (const [key, each] of Object.entries(value) as [string, unknown][]) {
    const isStrings = Array.isArray(each) && each.every((item) => typeof item === 'string');
    if (isStrings || typeof each === 'string' || typeof each === 'boolean') continue;
    if (typeof each === 'number' && Number.isFinite(each)) continue;
    throw new ConfigError(`resource.${key} must be a string, number, boolean or array of strings`);
  }
  return value;
}
