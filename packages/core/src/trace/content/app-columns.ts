/** Converts the trace-level values that users give to what the row contains: inputs, context, user, session. */

import { isProxy } from '#platform';
import { JsonMembers } from '../../values/json-members.js';
import { MASK } from '../../values/mask-text.js';
import { membersOf } from './object-members.js';
import type { TraceValues } from './trace-values.js';

/** Further properties of an input are left out. */
const MAX_COLUMNS = 64;
/** Further strings of a context are left out. */
const MAX_PASSAGES = 1000;
const MAX_IDENTITY_CHARS = 256;

/**
 * One column for each member of the input, at most 64. What has no members in the inputs of a step becomes one column, `input`: a
 * string, an array, a Map, a stream, a request.
 */
export function columnsOf(input: unknown, values: TraceValues): JsonMembers {
  const columns = new JsonMembers();
  const members = membersOf(input, values);
  if (members === undefined) {
    columns.set('input', values.snapshotProperty({ input }, 'input') ?? 'null');
    return columns;
  }
  for (const key of firstColumns(Object.keys(members), values)) {
    columns.set(values.label(key), values.snapshotProperty(members, key) ?? 'null');
  }
  return columns;
}

function firstColumns(keys: readonly string[], values: TraceValues): readonly string[] {
  if (keys.length <= MAX_COLUMNS) return keys;
  values.reportBadInput(
    `an input becomes at most ${MAX_COLUMNS} columns; further keys are left out`,
  );
  return keys.slice(0, MAX_COLUMNS);
}

/** The JSON text of an array of strings; other items are converted to strings. Undefined if the value is no array. */
export function contextOf(context: unknown, values: TraceValues): string | undefined {
  if (isProxy(context) || !Array.isArray(context)) {
    values.reportBadInput('context takes an array of strings');
    return undefined;
  }
  if (context.length > MAX_PASSAGES) {
    values.reportBadInput(
      `context takes at most ${MAX_PASSAGES} strings; further ones are left out`,
    );
  }
  const texts: string[] = [];
  for (let i = 0; i < context.length && i < MAX_PASSAGES; i++) {
    const value: unknown = Object.getOwnPropertyDescriptor(context, i)?.value;
    texts.push(typeof value === 'string' ? value : values.redacted(value, 'context'));
  }
  const text = values.snapshot(texts, 'context');
  // The mark of a masked value is a string.
  return text.startsWith('[') ? text : `[${text}]`;
}

/** The user id, masked and cut to 256 characters; undefined if it is empty or neither string nor number. */
export function userIdOf(id: unknown, values: TraceValues): string | undefined {
  return identityOf(id, 'user_id', 'userId', values);
}

/** The session id, with the same limits. */
export function sessionIdOf(id: unknown, values: TraceValues): string | undefined {
  return identityOf(id, 'session_id', 'sessionId', values);
}

/** @param column and `option`: either name in `redact.keys` masks the id */
function identityOf(
  id: unknown,
  column: string,
  option: string,
  values: TraceValues,
): string | undefined {
  if (typeof id !== 'string' && typeof id !== 'number') {
    if (id !== null) values.reportBadInput('userId and sessionId take a string or a number');
    return undefined;
  }
  const { redactor } = values;
  if (redactor.isSecret(column) || redactor.isSecret(option)) return MASK;
  const text = redactor.maskedHead(String(id), MAX_IDENTITY_CHARS);
  return redactor.replaced(text, column, MAX_IDENTITY_CHARS) || undefined;
}
