/** The address that rows and the API key are sent to. */

import { ConfigError, checkString } from './checks.js';

export const DEFAULT_BASE_URL = 'https://api.openlayer.com/v1';

/**
 * The address without trailing slashes; undefined if it is unset or empty.
 * @param name of the option or environment variable, for the message
 * @throws ConfigError if it is not a URL, or the API key must not be sent there
 */
export function checkedUrl(
  value: unknown,
  name: string,
  { allowHttp }: { readonly allowHttp: boolean },
): string | undefined {
  const address = checkString(value, name);
  if (address === undefined) return undefined;
  const url = /[\s\p{Cf}]/u.test(address) ? undefined : parsed(address);
  if (url === undefined)
    throw new ConfigError(`${name} is not a URL; give one such as ${DEFAULT_BASE_URL}`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(
      `${name} must hold no user, password, query or fragment; give the key as apiKey`,
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ConfigError(`${name} must start with https://, such as ${DEFAULT_BASE_URL}`);
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
    throw new ConfigError(
      `${name} must start with https://, since the API key goes there; for plain http to ${url.hostname} set dangerouslyAllowHttp: true`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Instead of `URL.canParse`, which jsdom may lack. */
function parsed(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

/** Whether an address leads to this machine alone. */
export function isOnThisMachine(baseUrl: string): boolean {
  const url = parsed(baseUrl);
  return url !== undefined && isLoopback(url.hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
