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
  const url = /[\s\p{Cf}]/u.test(given) ? undefined : parsed(given);
  if (url === undefined)
    throw new ConfigError(`${name} is no URL; give one such as ${DEFAULT_BASE_URL}`);
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

/** Not by `URL.canParse`, which the URL of jsdom may lack. */
function parsed(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
