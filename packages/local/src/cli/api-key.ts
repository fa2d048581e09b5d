import { readFileSync } from 'node:fs';
import { API_KEY_VARIABLE, type ServeCommand, UsageError } from './arguments.js';
import type { Terminal } from './terminal.js';

/**
 * The API key of the server: the argument, else the text of the file, else the environment variable.
 * @throws UsageError if the file has none, Error if it cannot be read
 */
export function apiKeyOf(
  { apiKey, apiKeyFile }: ServeCommand,
  { env }: Pick<Terminal, 'env'>,
): string | undefined {
  if (apiKey !== undefined) return apiKey;
  if (apiKeyFile === undefined) return env[API_KEY_VARIABLE] || undefined;
  const key = readFileSync(apiKeyFile, 'utf8').trim();
  if (key === '') throw new UsageError(`--api-key-file: ${apiKeyFile} is empty`);
  return key;
}
