/** The headers of requests, from the option and from the environment. */

import { assertObject, ConfigError, formatValue } from '@openlayer-tracing/core/integration';
import type { ExportEnvironment } from './export-environment.js';
import { keyValueOf, membersOf } from './key-values.js';

type Headers = Readonly<Record<string, string>>;

/** The headers that the environment states; those for traces win. Their names are in lower case. */
export function headersOf(env: ExportEnvironment): Headers {
  return {
    ...headersIn(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
    ...headersIn(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
  };
}

/** Each member is checked by itself: one that is no header must not cost the others, such as a key. */
function headersIn(env: ExportEnvironment, name: string): Headers {
  const headers: [string, string][] = [];
  for (const member of env.read(name, membersOf) ?? []) {
    try {
      headers.push(checkedHeader(...keyValueOf(member, name), name));
    } catch (error) {
      env.report(error, 'this header is ignored');
    }
  }
  return Object.fromEntries(headers);
}

/**
 * The headers of the option, with their names in lower case.
 * @param name of the option, for the message
 * @throws ConfigError if the option is wrong
 */
export function checkedHeaders(option: Headers | undefined, name: string): Headers {
  if (option === undefined) return {};
  assertObject(option, name);
  const headers = Object.entries(option).map(([key, each]) => checkedHeader(key, each, name));
  return Object.fromEntries(headers);
}

/** Set by us for each request. */
const OURS: ReadonlySet<string> = new Set([
  ...['content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'connection'],
  'user-agent',
]);

/** Checks a header, and returns it with its name in lower case. */
function checkedHeader(key: string, value: unknown, name: string): [key: string, value: string] {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(key)) {
    throw new ConfigError(`${name} holds ${formatValue(key)}, which is not the name of a header`);
  }
  // The value may be a secret, so that no message repeats it.
  if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new ConfigError(
      `${name}: the value of ${key} must be a string that a header may contain`,
    );
  }
  if (OURS.has(key.toLowerCase())) {
    throw new ConfigError(`${name} must not hold ${key}, which is set for each request`);
  }
  return [key.toLowerCase(), value];
}
