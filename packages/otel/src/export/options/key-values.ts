/** Reads lists such as `api-key=abc,team=a%20b`: headers and attributes in environment variables of OpenTelemetry. */

import { ConfigError, percentDecoded } from '@openlayer-tracing/core/integration';

/**
 * The pairs, percent-decoded. A later one of the same name wins.
 * @param name of the environment variable, for the message
 * @throws ConfigError if it is not such a list
 */
export function keyValuesOf(text: string, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(membersOf(text).map((member) => keyValueOf(member, name)));
}

/** The members of a list that are not empty. */
export function membersOf(text: string): readonly string[] {
  return text.split(',').filter((member) => member.trim() !== '');
}

/** A member, percent-decoded. @throws ConfigError if it is not such a pair */
export function keyValueOf(member: string, name: string): readonly [key: string, value: string] {
  const at = member.indexOf('=');
  const key = percentDecoded(member.slice(0, Math.max(at, 0)).trim());
  // The value may be a secret, so that no message repeats it.
  if (key === '') throw new ConfigError(`${name} must be a list such as key=value,key=value`);
  return [key, percentDecoded(member.slice(at + 1).trim())];
}
