/** How the type of an error is written: `error.type` in a span, the name of the error in a step. */

/** The message of an error of which the span states nothing. */
export const STATUS_ERROR_MESSAGE = 'the span has the status ERROR';

const STATUS = /^[45]\d\d$/;
const HTTP_ERROR = /^HTTP ([45]\d\d)$/;

/** `HTTP 500`, the name of an error whose type is a status of HTTP; undefined for any other type. */
export function httpErrorName(status: unknown): string | undefined {
  return STATUS.test(String(status)) ? `HTTP ${status}` : undefined;
}

/** Whether the error is a status of HTTP, and no exception. */
export function isHttpError({ name }: { readonly name: string }): boolean {
  return HTTP_ERROR.test(name);
}

/** `error.type` by the name of an error: `500` for `HTTP 500`. */
export function errorTypeOf(name: string): string {
  return HTTP_ERROR.exec(name)?.[1] ?? name;
}
