/** Calls of the Openlayer REST API: address, key, and the meaning of responses. */

import { utf8Text } from '#platform';
import { wallClockMs } from '../../platform/clock.js';
import type { HttpClient, HttpResponse } from '../../platform/http-client.js';
import { tryParseJson } from '../../values/json/json-text.js';
import { SendError, type SendErrorCode } from '../transport/send-error.js';
import type { SendOptions } from '../transport/user-transport.js';
import { type SendingFacts, STATS_HEADER } from './stats-header.js';

export interface ApiOptions {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly inferencePipelineId: string;
  /** Limit for one whole call, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes the header with the tracer's counts; undefined unless the platform is on this machine. */
  readonly statsHeader?: ((sending: SendingFacts) => string | undefined) | undefined;
}

export interface ApiCall extends SendingFacts {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** The path below the pipeline's, with the query. */
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  readonly onBodySent?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** More than any response to a write; a longer one is not the API's. */
const MAX_RESPONSE_BYTES = 64 * 1024;
/** A row that is read back is about as long as the one that was sent. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;

/** Statuses after which the platform may have stored the rows: it, or a proxy before it, failed while handling them. */
const AMBIGUOUS_STATUSES: ReadonlySet<number> = new Set([408, 500, 502, 504]);

/** Calls the API for one pipeline. */
export class OpenlayerApi {
  #options: ApiOptions;
  readonly #client: HttpClient;

  constructor(options: ApiOptions, client: HttpClient) {
    this.#options = options;
    this.#client = client;
  }

  /**
   * Makes one call, without retries. Success is a 2xx whose body is JSON with `success: true`.
   * @throws SendError otherwise
   */
  async call(call: ApiCall): Promise<void> {
    const { apiKey } = this.#options;
    const { response, url } = await this.#send(call, MAX_RESPONSE_BYTES);
    assertSuccess(response, { ...call, url, apiKey });
  }

  /**
   * Whether the platform has the row.
   * @throws SendError if the response leaves that open
   */
  async hasRow(inferenceId: string, options: SendOptions): Promise<boolean> {
    const path = `rows/${encodeURIComponent(inferenceId)}`;
    const { apiKey } = this.#options;
    const { response, url } = await this.#send({ method: 'GET', path, ...options }, MAX_ROW_BYTES);
    // 404: the row is missing.
    // 501 and other final statuses: the platform does not offer this call, or not to this key. The row counts as missing, so that it
    // is sent, and the response to the send decides.
    if (response.status === 501 || isFinal(response.status)) return false;
    if (response.status < 200 || response.status >= 300) {
      assertSuccess(response, { method: 'GET', url, apiKey });
    }
    const isThere = hasRowIn(utf8Text(response.body));
    if (isThere !== undefined) return isThere;
    throw new SendError('bad_response', `${url.origin}${url.pathname} returned no JSON`);
  }

  /** Sets the API key for the next calls. */
  useKey(apiKey: string): void {
    this.#options = { ...this.#options, apiKey };
  }

  async #send(
    call: ApiCall,
    maxResponseBytes: number,
  ): Promise<{ response: HttpResponse; url: URL }> {
    const { baseUrl, apiKey, inferencePipelineId, timeoutMs, statsHeader } = this.#options;
    const url = new URL(
      `${baseUrl}/inference-pipelines/${encodeURIComponent(inferencePipelineId)}/${call.path}`,
    );
    const stats = call.method === 'POST' ? statsHeader?.(call) : undefined;
    let response: HttpResponse;
    try {
      response = await this.#client.send({
        method: call.method,
        url,
        headers: {
          Authorization: `Bearer ${apiKey}`,
          'Content-Type': 'application/json',
          Accept: 'application/json',
          'User-Agent': USER_AGENT,
          ...(stats !== undefined && { [STATS_HEADER]: stats }),
        },
        body: call.body,
        onBodySent: call.onBodySent,
        timeoutMs,
        maxResponseBytes,
        signal: call.signal,
      });
    } catch (cause) {
      const isAmbiguous = (cause as { isUnsent?: unknown }).isUnsent !== true;
      if (call.signal?.aborted)
        throw new SendError('given_up', 'the send was aborted', { cause, isAmbiguous });
      throw new SendError(
        'unreachable',
        `cannot reach ${url.origin}: ${(cause as Error).message}`,
        { cause, isAmbiguous },
      );
    }
    return { response, url };
  }

  close(): void {
    this.#client.close();
  }
}

interface SentCall extends Pick<ApiCall, 'method'> {
  readonly url: URL;
  readonly apiKey: string;
}

function assertSuccess(response: HttpResponse, { method, url, apiKey }: SentCall): void {
  const { status } = response;
  const call = `${url.origin}${url.pathname}`;
  if (status >= 200 && status < 300) {
    if (isSuccess(utf8Text(response.body))) return;
    throw new SendError(
      'bad_response',
      `${call} returned status ${status} without {"success":true}`,
      {
        status,
        isAmbiguous: true,
      },
    );
  }
  if (status >= 300 && status < 400) {
    throw new SendError(
      'bad_response',
      `${call} returned status ${status}; redirects are not followed: set the base URL to the address that the server redirects to`,
      { status },
    );
  }
  const code = codeOf(status);
  const message = serverMessage(utf8Text(response.body), apiKey);
  throw new SendError(
    code,
    `${call} returned status ${status}${message}${whatToCheck(code, method)}`,
    {
      status,
      isAmbiguous: AMBIGUOUS_STATUSES.has(status),
      retryAfterMs: code === 'busy' ? retryAfterMs(response.header('retry-after')) : undefined,
    },
  );
}

const CHECK_PIPELINE =
  'the pipeline: OPENLAYER_INFERENCE_PIPELINE_ID, or the option inferencePipelineId';

function whatToCheck(code: SendErrorCode, method: ApiCall['method']): string {
  if (code === 'unauthorized')
    return '; check the API key: OPENLAYER_API_KEY, or the option apiKey';
  if (code !== 'not_found') return '';
  const address = `${CHECK_PIPELINE}, and that the base URL ends in /v1`;
  return method === 'PUT' ? `; check the inference ID, ${address}` : `; check ${address}`;
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

/** Whether another call would get the same response. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && codeOf(status) !== 'busy';
}

/** Whether the response to a GET of a row contains a row; undefined if it is not JSON. */
function hasRowIn(body: string): boolean | undefined {
  const response = tryParseJson(body) as { row?: unknown } | null | undefined;
  return response === undefined
    ? undefined
    : typeof response?.row === 'object' && response.row !== null;
}

function isSuccess(body: string): boolean {
  return (tryParseJson(body) as { success?: unknown } | null | undefined)?.success === true;
}

/** The body of an error response for a message: one line of at most 300 characters, without the key, which some servers repeat. */
function serverMessage(body: string, apiKey: string): string {
  const masked = apiKey === '' ? body : body.replaceAll(apiKey, '***');
  const text = masked
    .trim()
    .slice(0, 300)
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return text.startsWith('{') ? `: ${text}` : '';
}

/** Longest `Retry-After` that is respected. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/**
 * The wait that `Retry-After` asks for (RFC 9110, section 10.2.3), from 0 to 300000 milliseconds; undefined if the header is
 * missing or neither seconds nor an HTTP date.
 */
export function retryAfterMs(
  header: string | undefined,
  now: number = wallClockMs(),
): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, MAX_RETRY_AFTER_MS);
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.min(Math.max(time - now, 0), MAX_RETRY_AFTER_MS);
}

/** The User-Agent of our calls, with the version of the package. Middleware recognises and skips our calls by it. */
export const USER_AGENT = 'openlayer-tracing-js/0.1.0';
