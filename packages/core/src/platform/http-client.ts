/** The HTTP client that core needs of a runtime. */

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Called once the body's memory may be reused. Not every client calls it. */
  readonly onBodySent?: (() => void) | undefined;
  /** Limit for connecting, sending, and reading the whole response, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** @param name in lower case */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

/** Sends requests, each with a limit in time and size. Follows no redirect. */
export interface HttpClient {
  /**
   * Sends one request and reads its whole response. Rejects with an error that has `isUnsent: true` if no part of the request can
   * have arrived, and with a `ResponseTooLong` if a successful response is longer than `maxResponseBytes`.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes the connections as soon as no request is under way. Further requests open connections of their own. */
  close(): void;
}

/** The message of a request that was aborted by its signal. */
export const ABORTED = 'the request was aborted';

/** A successful response was longer than its request allowed. */
export class ResponseTooLong extends Error {
  override readonly name = 'ResponseTooLong';

  constructor(maxBytes: number) {
    super(`the response is longer than ${maxBytes} bytes`);
  }
}
