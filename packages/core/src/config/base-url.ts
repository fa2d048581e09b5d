/** The address that rows and the API key are sent to. */

import { ConfigError, text } from './checks.js';

export const DEFAULT_BASE_URL = 'https://api.openlayer.com/v1';

/**
 * @param name of the option or the variable that the value was given by
 * @throws ConfigError where the key must not be sent there
 */
export function checkedUrl(value: unknown, name: string, allowHttp: boolean): string | undefined {
  const given = text(value, name);
  if (given === undefined) return undefined;
  if (/[\s\p{Cf}]/u.test(given) || !URL.canParse(given))
    throw new ConfigError(`${name} is no URL; give one such as ${DEFAULT_BASE_URL}`);
  const url = new URL(given);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(
      `${name} must hold no user, password, query or fragment; give the key as apiKey`,
    );
  }
  if (
    url.protocol !== 'https:' &&
    !(url.protocol === 'http:' && (allowHttp || isLoopback(url.hostname)))
  ) {
    throw new ConfigError(
      `${name} must start with https://, since the API key goes there; for plain http to ${url.hostname} set dangerouslyAllowHttp: true`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
