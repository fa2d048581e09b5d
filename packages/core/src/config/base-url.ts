/** The address that rows and the API key are sent to. */

import { ConfigError, flag, text } from './checks.js';
import type { TracerOptions } from './tracer-options.js';

export function baseUrl(options: TracerOptions, env: string | undefined): string {
  const allowHttp = flag(options.dangerouslyAllowHttp, 'dangerouslyAllowHttp') ?? false;
  const given = text(options.baseUrl, 'baseUrl');
  const name = given === undefined ? 'OPENLAYER_BASE_URL' : 'baseUrl';
  const value = given ?? text(env, name) ?? 'https://api.openlayer.com/v1';
  if (!URL.canParse(value))
    throw new ConfigError(`${name} is no URL; give one such as https://api.openlayer.com/v1`);
  const url = new URL(value);
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
