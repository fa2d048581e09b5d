/** Reads lists such as `api-key=abc,team=a%20b`: headers and attributes in environment variables of OpenTelemetry. */

import { ConfigError, percentDecoded } from '@openlayer-tracing/core/integration';

/**
 * The pairs, percent-decoded. A later one of the same name wins.
 * @param name of the environment variable, for the message
 * @throws ConfigError if it is not such a list
 */
export function keyValuesOf(text: string, name: string): Readonly<Record<string, string>> {
  const pairs: (readonly [string, string])[] = [];
  for (const member of text.split(',')) {
    if (member.trim() === '') continue;
    const at = member.indexOf('=');
    const key = percentDecoded(member.slice(0, Math.max(at, 0)).trim());
    // The value may be a secret, so that no message repeats it.
    if (key === '') throw new ConfigError(`${name} must be a list such as key=value,key=value`);
    pairs.push([key, percentDecoded(member.slice(at + 1).trim())]);
  }
  return Object.fromEntries(pairs);
}
