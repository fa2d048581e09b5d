/** What the checks of OpenAI's client work with: one check's own clients, of the version under test. */

import type * as openai7 from 'openai7';
import type OpenAI from 'openai7';

export type OpenAIModule = typeof openai7;

export interface OpenAIKit {
  readonly module: OpenAIModule;
  readonly major: number;
  readonly url: string;
  /** A client whose requests are those of this check. */
  client(options?: Readonly<Record<string, unknown>>): OpenAI;
  azure(): OpenAI;
  /** Options of a call that has the server misbehave. */
  scenario(name: string): { headers: Record<string, string> };
}

/** Where a version has the helpers for streams, tools and structured answers. */
export function helpersOf(kit: OpenAIKit, openai: OpenAI): OpenAI['chat']['completions'] {
  if (kit.major > 4) return openai.chat.completions;
  const { beta } = openai as unknown as { beta: { chat: { completions: unknown } } };
  return beta.chat.completions as OpenAI['chat']['completions'];
}

/** An answer as JSON of this form, without a library of schemas. */
export const JSON_FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'answer',
    schema: { type: 'object', properties: { answer: { type: 'string' } } },
  },
} as const;

export const WEATHER = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
} as const;

export const ask = (content = 'hi there') => ({
  model: 'gpt-5-mini',
  messages: [{ role: 'user' as const, content }],
});
