/** Reads the errors that bodies of responses state. */

import { withoutHalf } from '@openlayer-tracing/core/integration';
import { arrayOrEmpty, type JsonObject, objectOrEmpty, stringOrUndefined } from '../json.js';

/** The fields of a failure other than its message and type; undefined if there are none. */
export function failureDetails(failure: unknown): JsonObject | undefined {
  const details = Object.entries(objectOrEmpty(failure)).filter(
    ([key, value]) => key !== 'message' && key !== 'type' && value !== null && value !== undefined,
  );
  return details.length > 0 ? Object.fromEntries(details) : undefined;
}

/** The error in a body: `error` as an object or a string, as of OpenAI, Anthropic and most others, else a message under another name. */
export function errorIn(body: JsonObject): {
  type: string | undefined;
  message: string | undefined;
} {
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
export function fieldErrors(errors: unknown): string | undefined {
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
export function nonEmptyString(type: unknown): string | undefined {
  return typeof type === 'string' && type !== '' ? type : undefined;
}
