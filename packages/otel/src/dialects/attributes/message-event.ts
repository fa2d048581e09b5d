import { isJsonObject } from '@openlayer-tracing/core/integration';
import type { SpanEvent } from '../data/span-data.js';
import { readFact } from '../facts/facts.js';
import { plainValue } from '../facts/plain-value.js';

/** The message in an event of the conventions up to 1.36: `gen_ai.user.message`. */
export function messageOf({ name, attributes }: SpanEvent): unknown {
  const fields = plainValue(attributes);
  const [, role] = /^gen_ai\.(\w+)\.message$/.exec(name) ?? [];
  return {
    ...(role !== undefined && { role }),
    ...(isJsonObject(fields) ? Object.fromEntries(shortened(fields)) : {}),
  };
}

/** The fields of a message without the prefix of their attributes, parsed. */
function shortened(fields: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  return Object.entries(fields)
    .filter(([key]) => key !== 'gen_ai.system')
    .map(([key, value]) => [
      key.replace(/^gen_ai\.(event\.)?/, ''),
      readFact('messages', value) ?? value,
    ]);
}
