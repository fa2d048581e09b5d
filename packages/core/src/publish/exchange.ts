/** The one question that core asks of a platform's HTTP client. */

export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Hears that the memory of the body may be used again. It may be that nobody ever says so. */
  readonly onBodySent?: (() => void) | undefined;
  /** Covers the whole exchange: connecting, sending, and reading the answer to its end. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ExchangeResponse {
  readonly status: number;
  /** @param name in lower case */
  header(name: string): string | undefined;
  readonly body: string;
}

/** Sends one request and reads its answer whole. Redirects are not followed. */
export interface Exchange {
  /** Where it is certain that nothing of the request arrived, the error that it rejects with has `isUnsent: true`. */
  send(request: ExchangeRequest): Promise<ExchangeResponse>;
  /** Ends idle connections. */
  close(): void;
}
