/** Makes the errors that steps of failed calls show. Messages of providers are recorded as content: they may repeat a prompt. */

import { isError, withoutHalf } from '@openlayer-tracing/core/integration';
import { recordedContent } from '../content/recorded-content.js';
import {
  arrayOrEmpty,
  isRecord,
  type Json,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../json.js';
import { nameSet } from '../names.js';
import { type CallOptions, hidesContent } from '../options.js';

/**
 * An error with a name and a message of our choice, and without a stack. Only the functions of this file create one: each of them
 * applies the options to both.
 */
class CallError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
    // A stack would only show code of this package.
    this.stack = `${name}: ${message}`;
  }
}

export type { CallError };

/**
 * The error of a response with a status of 400 or above.
 * @param kind the type of the error in a header, used if the body states none
 */
export function statusError(
  options: CallOptions,
  status: number,
  body: string,
  kind?: string,
): CallError {
  const fields = objectOrEmpty(tryParseJson(body));
  const { type, message } = errorIn(fields);
  const recorded = recordedMessage(options, message ?? fieldErrors(fields.detail));
  // A body without a known place for messages may hold anything.
  const what = recorded ?? (hidesContent(options) ? undefined : withoutHalf(body.slice(0, 500)));
  return new CallError(
    recordedType(options, type) ?? recordedType(options, kind?.split(':')[0]) ?? `HTTP ${status}`,
    what ? `${status} ${what}` : `HTTP ${status}`,
  );
}

/** The error of a connection that failed or broke off, with the reason in the cause of fetch's error. Never throws. */
export function connectionError(options: CallOptions, error: unknown): CallError {
  return readOrUndefined(() => errorOfConnection(options, error)) ?? unreadableError();
}

function errorOfConnection(options: CallOptions, error: unknown): CallError {
  if (!isError(error)) {
    const recorded = recordedMessage(options, String(error));
    return new CallError(typeof error, recorded ?? DEFAULT_MESSAGE);
  }
  const { code, message } = objectOrEmpty(error.cause as Json | undefined);
  const cause = stringOrUndefined(code) ?? stringOrUndefined(message);
  const all = cause === undefined ? error.message : `${error.message}: ${cause}`;
  return new CallError(
    recordedType(options, error.name) ?? 'Error',
    hidesContent(options) ? hiddenMessage(options, error, all) : all,
  );
}

/**
 * The recordable form of what a client or a tool threw: the error itself, unless content is hidden. The message of a client may
 * contain the body of the response, the message of a parser the text that it cannot parse. Never throws.
 */
export function thrownError(options: CallOptions, error: unknown): unknown {
  if (!hidesContent(options)) return error;
  return readOrUndefined(() => hiddenError(options, error)) ?? unreadableError();
}

function hiddenError(options: CallOptions, error: unknown): CallError {
  if (error instanceof CallError) return error;
  if (!isError(error)) return connectionError(options, error);
  const { status, statusCode, error: stated, responseBody } = error as Error & Json;
  const code = typeof status === 'number' ? status : statusCode;
  if (typeof code !== 'number') return connectionError(options, error);
  const body = objectOrEmpty(tryParseJson(stringOrUndefined(responseBody) ?? ''));
  const { message } = errorIn({ ...body, ...objectOrEmpty(stated), ...errorFieldOf(stated) });
  const recorded = recordedMessage(options, message);
  const name = recordedType(options, error.name) ?? 'Error';
  return new CallError(name, recorded ? `${code} ${recorded}` : `HTTP ${code}`);
}

/** The `error` field of a body. Clients keep either the body or that field. */
function errorFieldOf(stated: unknown): Json {
  if (!isRecord(stated)) return {};
  return { error: stated.error ?? stated };
}

/** The error for the message of a framework, which may contain the body of a response. */
export function messageError(options: CallOptions, name: string, message: string): CallError {
  if (!hidesContent(options)) return new CallError(name, message);
  const body = message.search(/[{[<]/);
  const beforeBody = body < 0 ? message : message.slice(0, body).trimEnd();
  const status = /(?:^|: )([45]\d\d)\b/.exec(beforeBody)?.[1];
  const bare = status === undefined ? DEFAULT_MESSAGE : `HTTP ${status}`;
  return new CallError(
    recordedType(options, name) ?? 'Error',
    recordedMessage(options, beforeBody) || bare,
  );
}

/** The error that a framework states by a name. Without a message that may be recorded, the name is the message. */
export function namedError(
  options: CallOptions,
  name: string,
  message: string | undefined,
): CallError {
  const recorded = recordedType(options, name) ?? 'Error';
  return new CallError(recorded, recordedMessage(options, message) ?? recorded);
}

/**
 * The error of a tool whose result states a failure.
 * @param message the text of the result
 */
export function toolError(options: CallOptions, message: string | undefined): CallError {
  return new CallError('ToolError', recordedMessage(options, message) || 'the tool failed');
}

/** The error of a call of which only is known that it failed. */
export function unknownError(name: string): CallError {
  return new CallError(name, 'the call failed');
}

/** The error that an event of a stream states. */
export function streamError(options: CallOptions, failure: unknown): CallError {
  return statedErrorOf(options, failure, 'StreamError', 'the stream failed');
}

/** The error that a response with a status of success states. */
export function statedError(options: CallOptions, failure: unknown): CallError {
  return statedErrorOf(options, failure, 'FailedResponse', 'the response states a failure');
}

/** The error of a JSON body that was cut off. */
export function cutError(): CallError {
  return new CallError('CutResponse', 'the response ended within its JSON, or is no valid JSON');
}

/**
 * The error of a response with a status of success that has no output.
 * @param body the value of a JSON body, or a body of plain text
 */
export function emptyResponseError(options: CallOptions, body: unknown): CallError {
  const fields = objectOrEmpty(body);
  const { type, message } = errorIn(fields);
  const code = nonEmptyString(fields.type) ?? nonEmptyString(fields.code);
  const statement = message ?? fieldErrors(fields.detail) ?? stringOrUndefined(body)?.trim();
  const recorded = statement && recordedMessage(options, withoutHalf(statement.slice(0, 500)));
  const what = 'the response has no output';
  return new CallError(
    recordedType(options, type ?? code) ?? 'FailedResponse',
    recorded ? `${what}: ${recorded}` : what,
  );
}

function statedErrorOf(
  options: CallOptions,
  failure: unknown,
  name: string,
  defaultMessage: string,
): CallError {
  const { type, message } = errorIn({ error: failure });
  return new CallError(
    recordedType(options, type) ?? name,
    recordedMessage(options, message) ?? defaultMessage,
  );
}

const DEFAULT_MESSAGE = 'failed';

/** The recordable form of a message; undefined if the options hide it. */
function recordedMessage(options: CallOptions, message: string | undefined): string | undefined {
  return hidesContent(options)
    ? stringOrUndefined(recordedContent(options, 'output', message))
    : message;
}

/** The name of a kind of error; undefined if content is hidden and the string may be more than a name. */
function recordedType(options: CallOptions, type: string | undefined): string | undefined {
  return hidesContent(options) && !/^[\w.:/-]{1,64}$/.test(type ?? '') ? undefined : type;
}

/** Matches messages of runtimes and clients about connections, which contain no content. */
const CONNECTION_MESSAGE =
  /^(fetch failed|terminated|failed to fetch|load failed|network ?error|connection error\.|request timed out\.|request was aborted\.|this operation was aborted|the operation was aborted.*)(: [A-Z\d_]+)?$/i;
const SYSTEM_CODE = /^(E[A-Z\d]+|UND_ERR_\w+)$/;

/** The recordable form of a message that may repeat content. */
function hiddenMessage(options: CallOptions, error: Error, message: string): string {
  if (CONNECTION_MESSAGE.test(message)) return message;
  const code =
    stringOrUndefined((error as Error & Json).code) ??
    stringOrUndefined(objectOrEmpty(error.cause as Json).code);
  const bare = code !== undefined && SYSTEM_CODE.test(code) ? code : DEFAULT_MESSAGE;
  return recordedMessage(options, message) || bare;
}

/** The fields of a failure other than its message and type; undefined if there are none. */
export function failureDetails(failure: unknown): Json | undefined {
  const details = Object.entries(objectOrEmpty(failure)).filter(
    ([key, value]) => key !== 'message' && key !== 'type' && value !== null && value !== undefined,
  );
  return details.length > 0 ? Object.fromEntries(details) : undefined;
}

/** The error in a body: `error` as an object or a string, as of OpenAI, Anthropic and most others, else a message under another name. */
function errorIn(body: Json): { type: string | undefined; message: string | undefined } {
  const error = objectOrEmpty(body.error);
  return {
    type:
      nonEmptyString(stringOrUndefined(error.type)) ??
      nonEmptyString(error.code) ??
      nonEmptyString(error.status),
    message:
      stringOrUndefined(error.message) ??
      stringOrUndefined(body.error) ??
      stringOrUndefined(body.message) ??
      stringOrUndefined(body.detail) ??
      stringOrUndefined(body.msg) ??
      fieldErrors(body.errors),
  };
}

/** Several errors in one text: FastAPI's about single fields, without the values of the fields, and Cloudflare's. */
function fieldErrors(errors: unknown): string | undefined {
  const messages = arrayOrEmpty(errors).map((each) => {
    const { loc, msg, message } = objectOrEmpty(each);
    const what = stringOrUndefined(msg) ?? stringOrUndefined(message);
    const where = arrayOrEmpty(loc).join('.');
    return what === undefined || where === '' ? what : `${where}: ${what}`;
  });
  return messages.some((each) => each !== undefined)
    ? withoutHalf(
        messages
          .filter((each) => each !== undefined)
          .join('; ')
          .slice(0, 500),
      )
    : undefined;
}

/** The string; undefined for an empty one and for a code that is a number. */
function nonEmptyString(type: unknown): string | undefined {
  return typeof type === 'string' && type !== '' ? type : undefined;
}

/** The errors of clients and frameworks for a call that the app aborted, by their names. */
const ABORTS = nameSet('AbortError ModelAbortError APIUserAbortError');

/**
 * Whether the app aborted the call, which is no failure of the provider: by an AbortError, or by a signal with a reason of its own.
 * A timeout is a failure. Never throws.
 * @param signal of the call, if it is known
 */
export function isAbort(error: unknown, signal?: unknown): boolean {
  const isAborted = readOrUndefined(() => {
    const { aborted, reason } = objectOrEmpty(signal);
    // Frameworks throw the reason itself, or an error of their own.
    if (aborted === true) return !isTimeout(reason);
    // Stainless's clients leave the name of their errors at `Error`.
    const { name, constructor: made } = objectOrEmpty(error);
    const className = typeof made === 'function' ? made.name : '';
    return ABORTS.has(String(name)) || ABORTS.has(className);
  });
  return isAborted === true;
}

/** Whether the reason of an abort is that the time of the call is over. Never throws. */
export function isTimeout(reason: unknown): boolean {
  return readOrUndefined(() => objectOrEmpty(reason).name === 'TimeoutError') === true;
}

/** The message of an error, or the text of any other value that was thrown. Never throws. */
export function thrownText(error: unknown): string {
  const read = readOrUndefined(() => (isError(error) ? error.message : String(error)));
  return stringOrUndefined(read) ?? DEFAULT_MESSAGE;
}

/** The error for one whose own code throws. */
function unreadableError(): CallError {
  return new CallError('Error', DEFAULT_MESSAGE);
}

/** What `read` returns; undefined where code of the error throws, such as a getter or a proxy. */
function readOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
