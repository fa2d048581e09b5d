/** The address that spans are sent to. */

import { ConfigError, checkString } from '@openlayer-tracing/core/integration';
import type { OtelEnvironment } from './otel-environment.js';

const DEFAULT_ENDPOINT = 'http://localhost:4318';
const PATH = '/v1/traces';

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
  env: OtelEnvironment,
): Endpoint {
  const url = checkedAddress(option, name);
  return url === undefined ? endpointIn(env) : { url, isWrong: false };
}

function endpointIn(env: OtelEnvironment): Endpoint {
  const known = env.problems.length;
  const read = (name: string) => env.read(name, checkedAddress, 'otelExport() sends nothing');
  const own = read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  if (own !== undefined) return { url: own, isWrong: false };
  const url = read('OTEL_EXPORTER_OTLP_ENDPOINT') ?? new URL(DEFAULT_ENDPOINT);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${PATH}`;
  return { url, isWrong: env.problems.length > known };
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
