/** One call of the Openlayer REST API: its address, its key, and what its answer means. */

import type { Exchange, ExchangeResponse } from './exchange.js';
import { retryAfterMs } from './retry-after.js';
import { SendError, type SendErrorCode } from './transport.js';
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
  readonly method: 'POST' | 'PUT';
  /** Below the pipeline, with its query. */
  readonly path: string;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** More than any answer of the API; what is longer is not one. */
const MAX_RESPONSE_BYTES = 64 * 1024;

export class OpenlayerApi {
  readonly #options: ApiOptions;
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
        timeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        signal: call.signal,
      });
    } catch (cause) {
      if (call.signal?.aborted) throw new SendError('given_up', 'the send was given up', { cause });
      throw new SendError(
        'unreachable',
        `cannot reach ${url.origin}: ${(cause as Error).message}`,
        { cause },
      );
    }
    assertSuccess(response, url, apiKey);
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

function saysSuccess(body: string): boolean {
  try {
    return (JSON.parse(body) as { success?: unknown } | null)?.success === true;
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
