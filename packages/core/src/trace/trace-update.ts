/** What users add to a whole trace. */

import { isProxy } from '#platform';
import { isInferenceId } from './inference-id.js';
import { MASK } from './mask-text.js';
import { Members } from './members.js';
import type { RecordedTrace } from './recorded-trace.js';
import { keptKey } from './step-name.js';
import type { TraceUpdate } from './types.js';

/** Texts of one trace's context. */
const MAX_PASSAGES = 1000;
const MAX_COLUMNS = 64;
const MAX_IDENTITY_CHARS = 256;

/** Under which an app may name what it wants to have masked. */
export const USER_KEYS = ['user_id', 'userId'] as const;
export const SESSION_KEYS = ['session_id', 'sessionId'] as const;

/** Merges the update; the caller guards it. */
export function applyUpdate(trace: RecordedTrace, update: TraceUpdate): void {
  const { inferenceId, userId, sessionId, tags, context, question, input, ...rest } = update;
  if (inferenceId !== undefined) {
    if (isInferenceId(inferenceId)) trace.rename(inferenceId);
    else
      trace.badInput(
        'inferenceId takes 1 to 128 characters of [A-Za-z0-9._:=@+/-], the first a letter or digit',
      );
  }
  if (userId !== undefined) trace.userId = identityOf(userId, USER_KEYS, trace) ?? trace.userId;
  if (sessionId !== undefined)
    trace.sessionId = identityOf(sessionId, SESSION_KEYS, trace) ?? trace.sessionId;
  if (tags !== undefined) trace.root.setMetadata('tags', trace.snapshot(tags, 'tags'));
  if (context !== undefined) {
    if (!isProxy(context) && Array.isArray(context)) trace.context = passages(context, trace);
    else trace.badInput('context takes a list of texts');
  }
  if (question !== undefined) {
    const text = typeof question === 'string' ? question : trace.redacted(question);
    trace.question = trace.snapshot(text, '');
  }
  if (input !== undefined) trace.setInput(input);
  trace.root.apply(rest);
}

/** Each property of an input is a column of the row. Anything but an object becomes one column, `input`. */
export function columnsOf(input: unknown, trace: RecordedTrace): Members {
  const isObject =
    typeof input === 'object' && input !== null && !isProxy(input) && !Array.isArray(input);
  const values: object = isObject ? input : { input };
  const columns = new Members();
  for (const key of Object.keys(values).slice(0, MAX_COLUMNS)) {
    columns.set(
      trace.recorder.redactor.label(keptKey(key)),
      trace.snapshotProperty(values, key) ?? 'null',
    );
  }
  return columns;
}

/** A list of texts; what is none in it becomes one. */
function passages(context: readonly unknown[], trace: RecordedTrace): string {
  const texts: string[] = [];
  for (let i = 0; i < context.length && i < MAX_PASSAGES; i++) {
    const value: unknown = Object.getOwnPropertyDescriptor(context, i)?.value;
    texts.push(typeof value === 'string' ? value : trace.redacted(value));
  }
  return trace.snapshot(texts, '');
}

/** An id as it may leave the process; undefined where it is none, or empty. */
export function identityOf(
  id: unknown,
  keys: readonly [string, string],
  trace: RecordedTrace,
): string | undefined {
  if (typeof id !== 'string' && typeof id !== 'number') {
    if (id !== null) trace.badInput('userId and sessionId take a string or a number');
    return undefined;
  }
  const { redactor } = trace.recorder;
  if (redactor.isSecret(keys[0]) || redactor.isSecret(keys[1])) return MASK;
  const text = redactor.maskedHead(String(id), MAX_IDENTITY_CHARS);
  return redactor.replaced(text, keys[0], MAX_IDENTITY_CHARS) || undefined;
}
