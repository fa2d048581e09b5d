/** The address that spans are sent to. */

import { ConfigError, checkString } from '@openlayer-tracing/core/integration';
import type { ExportEnvironment } from './export-environment.js';

const DEFAULT_ENDPOINT = 'http://localhost:4318';
const PATH = '/v1/traces';
const FOR_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const FOR_ALL_SIGNALS = 'OTEL_EXPORTER_OTLP_ENDPOINT';

export interface Endpoint {
  readonly url: URL;
  /** Whether the environment states an address that is none: another one must not get the traces and the headers. */
  readonly isWrong: boolean;
}

/**
 * The address of the option, else that of the environment.
 * @param name of the option, for the message
 * @throws ConfigError if the option is wrong
 */
export function checkedEndpoint(
  option: string | undefined,
  name: string,
  env: ExportEnvironment,
): Endpoint {
  const url = checkedAddress(option, name);
  return url === undefined ? endpointIn(env) : { url, isWrong: false };
}

function endpointIn(env: ExportEnvironment): Endpoint {
  const read = (name: string) => env.read(name, checkedAddress, 'otelExport() sends nothing');
  const own = read(FOR_TRACES);
  if (own !== undefined) return { url: own, isWrong: false };
  const url = read(FOR_ALL_SIGNALS) ?? new URL(DEFAULT_ENDPOINT);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${PATH}`;
  return { url, isWrong: env.isWrong(FOR_TRACES) || env.isWrong(FOR_ALL_SIGNALS) };
}

function checkedAddress(value: unknown, name: string): URL | undefined {
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
