/** Makes the errors that steps of failed calls show. Messages of providers are recorded as content: they may repeat a prompt. */

import { billedLike, isError, withoutHalf } from '@openlayer-tracing/core/integration';
import { recordedContent } from '../content/recorded-content.js';
import {
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '../json.js';
import { type CallOptions, hidesContent } from '../options.js';
import { errorIn, fieldErrors, nonEmptyString } from './error-in-body.js';
import { DEFAULT_MESSAGE, readOrUndefined } from './thrown.js';

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

// A step shows the class of an error whose name is only `Error`, and this class is not the client's.
Object.defineProperty(CallError.prototype, 'constructor', { value: Error, writable: true });

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
  const error = new CallError(
    recordedType(options, type) ?? recordedType(options, kind?.split(':')[0]) ?? `HTTP ${status}`,
    what ? `${status} ${what}` : `HTTP ${status}`,
  );
  return billedLike(error, { status });
}

/** The error of a connection that failed or broke off, with the reason in the cause of fetch's error. Never throws. */
export function connectionError(options: CallOptions, error: unknown): CallError {
  const recorded = readOrUndefined(() => errorOfConnection(options, error)) ?? unreadableError();
  return billedLike(recorded, error);
}

/**
 * The error of a call whose time was over.
 * @param reason what the signal says
 * @param thrown the error that the client throws, if it is known
 */
export function timeoutError(
  options: CallOptions,
  reason: unknown,
  thrown?: { readonly name: string; readonly message: string },
): CallError {
  if (thrown !== undefined) return new CallError(thrown.name, thrown.message);
  if (readOrUndefined(() => isError(reason)) === true) return connectionError(options, reason);
  return new CallError('TimeoutError', 'the request timed out');
}

function errorOfConnection(options: CallOptions, error: unknown): CallError {
  if (!isError(error)) {
    const recorded = recordedMessage(options, String(error));
    return new CallError(typeof error, recorded ?? DEFAULT_MESSAGE);
  }
  const { code, message } = objectOrEmpty(error.cause as JsonObject | undefined);
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
  const recorded = readOrUndefined(() => hiddenError(options, error)) ?? unreadableError();
  return billedLike(recorded, error);
}

function hiddenError(options: CallOptions, error: unknown): CallError {
  if (error instanceof CallError) return error;
  if (!isError(error)) return connectionError(options, error);
  const { status, statusCode, error: stated, responseBody } = error as Error & JsonObject;
  const code = typeof status === 'number' ? status : statusCode;
  if (typeof code !== 'number') return connectionError(options, error);
  const body = objectOrEmpty(tryParseJson(stringOrUndefined(responseBody) ?? ''));
  const { message } = errorIn({ ...body, ...objectOrEmpty(stated), ...errorFieldOf(stated) });
  const recorded = recordedMessage(options, message);
  const name = recordedType(options, error.name) ?? 'Error';
  return new CallError(name, recorded ? `${code} ${recorded}` : `HTTP ${code}`);
}

/** The `error` field of a body. Clients keep either the body or that field. */
function errorFieldOf(stated: unknown): JsonObject {
  if (!isJsonObject(stated)) return {};
  return { error: stated.error ?? stated };
}

/** The error for the message of a framework, which may contain the body of a response. */
export function messageError(options: CallOptions, name: string, message: string): CallError {
  const body = message.search(/[{[<]/);
  const beforeBody = body < 0 ? message : message.slice(0, body).trimEnd();
  const status = /(?:^|: )([45]\d\d)\b/.exec(beforeBody)?.[1];
  const error = hidesContent(options)
    ? hiddenMessageError(options, name, beforeBody, status)
    : new CallError(name, message);
  return billedLike(error, { status: Number(status) });
}

/** @param status the one that the message states */
function hiddenMessageError(
  options: CallOptions,
  name: string,
  beforeBody: string,
  status: string | undefined,
): CallError {
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

/** The error of a call about which nothing is known but that it failed. */
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
    stringOrUndefined((error as Error & JsonObject).code) ??
    stringOrUndefined(objectOrEmpty(error.cause as JsonObject).code);
  const bare = code !== undefined && SYSTEM_CODE.test(code) ? code : DEFAULT_MESSAGE;
  return recordedMessage(options, message) || bare;
}

/** The error in place of one whose getters throw. */
function unreadableError(): CallError {
  return new CallError('Error', DEFAULT_MESSAGE);
}
