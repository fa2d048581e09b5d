/** The HTTP client that core needs of a platform. */

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
   * Sends one request and reads its whole response. If certainly nothing of the request arrived, the error that it rejects
   * with has `isUnsent: true`; if a response of a success was longer than `maxResponseBytes`, a `ResponseTooLong`.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes the connections as soon as no request is under way. Further requests open connections of their own. */
  close(): void;
}

/** The message of a request that was aborted by its signal. */
export const ABORTED = 'given up: shutting down';

/** A response of a success was longer than its request allowed. */
export class ResponseTooLong extends Error {
  override readonly name = 'ResponseTooLong';

  constructor(maxBytes: number) {
    super(`the response is longer than ${maxBytes} bytes`);
  }
}
