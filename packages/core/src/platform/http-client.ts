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
  readonly body: string;
}

/** Sends requests, each with a limit in time and size. Follows no redirect. */
export interface HttpClient {
  /**
   * Sends one request and reads its whole response. If certainly nothing of the request arrived, the error that it rejects
   * with has `isUnsent: true`.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes the connections as soon as no request is under way. Further requests open connections of their own. */
  close(): void;
}
