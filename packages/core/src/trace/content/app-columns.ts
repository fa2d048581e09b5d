/** The columns of a row that the app sets on the trace itself: inputs, user, session, context and question. */

import { isProxy } from '#platform';
import { JsonMembers } from '../../values/json/json-members.js';
import { MASK } from '../../values/redaction/mask-text.js';
import type { EndedColumns } from '../model/ended-trace.js';
import { membersOf } from './object-members.js';
import type { TraceValues } from './trace-values.js';

/** Further properties of an input are left out. */
const MAX_COLUMNS = 64;
/** Further strings of a context are left out. */
const MAX_PASSAGES = 1000;
const MAX_IDENTITY_CHARS = 256;

/** What the columns use of their trace. */
interface Owner {
  readonly values: TraceValues;
  /** Call it when something of the trace changes. */
  markChanged(): void;
}

/** The columns while the trace is recorded. */
export class AppColumns implements EndedColumns {
  readonly #trace: Owner;
  #inputs: JsonMembers | undefined = undefined;
  #userId: string | undefined = undefined;
  #sessionId: string | undefined = undefined;
  #context: string | undefined = undefined;
  #question: string | undefined = undefined;

  constructor(trace: Owner) {
    this.#trace = trace;
  }

  get inputs(): JsonMembers | undefined {
    return this.#inputs;
  }

  get userId(): string | undefined {
    return this.#userId;
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  get context(): string | undefined {
    return this.#context;
  }

  get question(): string | undefined {
    return this.#question;
  }

  /** Sets the inputs that the app gave: the properties of an object become columns, any other value the column `input`. */
  setInput(input: unknown): void {
    this.setInputs(inputColumnsOf(input, this.#trace.values));
  }

  /** Sets the captured body, query and params. */
  setInputs(columns: JsonMembers): void {
    this.#trace.markChanged();
    this.#inputs = columns;
  }

  /** Sets the user id. An invalid one is ignored. */
  setUser(id: unknown): void {
    this.#trace.markChanged();
    this.#userId = identityOf(id, 'user_id', 'userId', this.#trace.values) ?? this.#userId;
  }

  /** Sets the session id. An invalid one is ignored. */
  setSession(id: unknown): void {
    this.#trace.markChanged();
    this.#sessionId =
      identityOf(id, 'session_id', 'sessionId', this.#trace.values) ?? this.#sessionId;
  }

  /** Sets the passages that were given to the model. What is no array is ignored. */
  setContext(context: unknown): void {
    this.#trace.markChanged();
    this.#context = contextOf(context, this.#trace.values) ?? this.#context;
  }

  setQuestion(question: unknown): void {
    const { values } = this.#trace;
    const text = typeof question === 'string' ? question : values.redacted(question, 'question');
    this.#trace.markChanged();
    this.#question = values.snapshot(text, 'question');
  }

  /** Releases the inputs. */
  release(): void {
    this.#inputs = undefined;
  }
}

/**
 * One column for each member of the input, at most 64. An input that a step would not show as an object with members, such as a
 * string, an array, a Map, a stream or a request, becomes one column, `input`.
 */
function inputColumnsOf(input: unknown, values: TraceValues): JsonMembers {
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
function contextOf(context: unknown, values: TraceValues): string | undefined {
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

/**
 * A user id or session id, masked and cut to 256 characters; undefined if it is empty or neither string nor number.
 * @param column and `option`: either name in `redact.keys` masks the id
 */
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
