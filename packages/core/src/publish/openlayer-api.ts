/** One call of the Openlayer REST API: its address, its key, and what its answer means. */

import { parseJson } from '../trace/json-text.js';
import type { Exchange, ExchangeResponse } from './exchange.js';
import { retryAfterMs } from './retry-after.js';
import { SendError, type SendErrorCode, type SendOptions } from './transport.js';
import { USER_AGENT } from './user-agent.js';

export interface ApiOptions {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly inferencePipelineId: string;
  /** Milliseconds for one whole exchange. */
  readonly timeoutMs: number;
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the pipeline, with its query. */
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  readonly onBodySent?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** More than any answer of the API; what is longer is not one. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** A row as the platform keeps it is about as long as the one that we sent. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;

/** Failures behind which the platform may have taken the rows before it, or what stands before it, gave up. */
const MAY_HAVE_ARRIVED: ReadonlySet<number> = new Set([408, 500, 502, 504]);

export class OpenlayerApi {
  #options: ApiOptions;
  readonly #exchange: Exchange;

  constructor(options: ApiOptions, exchange: Exchange) {
    this.#options = options;
    this.#exchange = exchange;
  }

  /**
   * Makes the call. Success is a 2xx whose body is JSON with `success: true`.
   * @throws SendError
   */
  async call(call: ApiCall): Promise<void> {
    const { apiKey } = this.#options;
    const { response, url } = await this.#ask(call, MAX_RESPONSE_BYTES);
    assertSuccess(response, url, apiKey);
  }

  /**
   * Whether the platform has the row.
   * @throws SendError where it does not say
   */
  async hasRow(inferenceId: string, options: SendOptions): Promise<boolean> {
    const path = `rows/${encodeURIComponent(inferenceId)}`;
    const { apiKey } = this.#options;
    const { response, url } = await this.#ask({ method: 'GET', path, ...options }, MAX_ROW_BYTES);
    if (response.status === 404) return false;
    // A platform that does not have the call cannot be asked.
    if (response.status === 405 || response.status === 501) return false;
    if (response.status < 200 || response.status >= 300) assertSuccess(response, url, apiKey);
    const row = rowIn(response.body);
    if (row !== undefined) return row;
    throw new SendError('bad_answer', `${url.origin}${url.pathname} answered no JSON`);
  }

  /** From the next call on. */
  useKey(apiKey: string): void {
    this.#options = { ...this.#options, apiKey };
  }

  async #ask(
    call: ApiCall,
    maxResponseBytes: number,
  ): Promise<{ response: ExchangeResponse; url: URL }> {
    const { baseUrl, apiKey, inferencePipelineId, timeoutMs } = this.#options;
    const url = new URL(
      `${baseUrl}/inference-pipelines/${encodeURIComponent(inferencePipelineId)}/${call.path}`,
    );
    let response: ExchangeResponse;
    try {
      response = await this.#exchange.send({
        method: call.method,
        url,
        headers: {
          Authorization: `Bearer ${apiKey}`,
          'Content-Type': 'application/json',
          Accept: 'application/json',
          'User-Agent': USER_AGENT,
        },
        body: call.body,
        onBodySent: call.onBodySent,
        timeoutMs,
        maxResponseBytes,
        signal: call.signal,
      });
    } catch (cause) {
      if (call.signal?.aborted)
        throw new SendError('given_up', 'the send was given up', { cause, isAmbiguous: true });
      throw new SendError(
        'unreachable',
        `cannot reach ${url.origin}: ${(cause as Error).message}`,
        { cause, isAmbiguous: (cause as { isUnsent?: unknown }).isUnsent !== true },
      );
    }
    return { response, url };
  }

  close(): void {
    this.#exchange.close();
  }
}

function assertSuccess(response: ExchangeResponse, url: URL, apiKey: string): void {
  const { status } = response;
  const call = `${url.origin}${url.pathname}`;
  if (status >= 200 && status < 300) {
    if (saysSuccess(response.body)) return;
    throw new SendError('bad_answer', `${call} answered ${status} without {"success":true}`, {
      status,
      isAmbiguous: true,
    });
  }
  if (status >= 300 && status < 400) {
    throw new SendError(
      'bad_answer',
      `${call} answered ${status}; redirects are refused: set the base URL to where it leads`,
      { status },
    );
  }
  const code = codeOf(status);
  throw new SendError(code, `${call} answered ${status}${serverMessage(response.body, apiKey)}`, {
    status,
    isAmbiguous: MAY_HAVE_ARRIVED.has(status),
    retryAfterMs: code === 'busy' ? retryAfterMs(response.header('retry-after')) : undefined,
  });
}

function codeOf(status: number): SendErrorCode {
  switch (status) {
    case 401:
    case 403:
      return 'unauthorized';
    case 404:
      return 'not_found';
    case 413:
      return 'too_large';
    case 408:
    case 409:
    case 425:
    case 429:
      return 'busy';
    case 400:
    case 422:
      return 'rejected';
    default:
      return status >= 500 ? 'busy' : 'refused';
  }
}

/** Whether the answer to a question for a row holds one; undefined where it is no such answer. */
function rowIn(body: string): boolean | undefined {
  try {
    const answer = parseJson(body) as { row?: unknown } | null;
    return typeof answer?.row === 'object' && answer.row !== null;
  } catch {
    return undefined;
  }
}

function saysSuccess(body: string): boolean {
  try {
    return (parseJson(body) as { success?: unknown } | null)?.success === true;
  } catch {
    return false;
  }
}

/** What the server says, on one line and without the key, which some repeat. */
function serverMessage(body: string, apiKey: string): string {
  const masked = apiKey === '' ? body : body.replaceAll(apiKey, '***');
  const text = masked
    .trim()
    .slice(0, 300)
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return text.startsWith('{') ? `: ${text}` : '';
}
