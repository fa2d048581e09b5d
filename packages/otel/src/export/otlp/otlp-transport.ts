/** Sends rows as spans by OTLP over HTTP. Its caller retries. */

import {
  type Batch,
  cutTo,
  type Delivery,
  type HttpResponse,
  publishingClient,
  ResponseTooLong,
  retryAfterMs,
  SendError,
  type SendErrorCode,
  type SendOptions,
  type Transport,
  USER_AGENT,
} from '@openlayer-tracing/core/integration';
import type { ExportSettings } from '../rows/export-settings.js';
import { type ReadBatch, readRows, unreadableRows } from '../rows/read-rows.js';
import { codeOfStatus, isFinalStatus } from './code-of-status.js';
import { encodeJson } from './encode-json.js';
import { encodeProtobuf } from './encode-protobuf.js';
import { failureMessage, partialSuccessOf } from './otlp-response.js';
import type { OtlpSettings } from './otlp-settings.js';

/** Of a request before and after compression, by OTLP 1.11. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/** Of a response, by OTLP 1.11. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** Statuses after which the backend may have the spans: it, or a proxy before it, failed while handling them. */
const AMBIGUOUS: ReadonlySet<number> = new Set([408, 500, 502, 504]);

export function otlpTransport(settings: OtlpSettings, exportSettings: ExportSettings): Transport {
  const client = publishingClient();
  const { url, timeoutMs } = settings;
  const isJson = settings.protocol === 'http/json';
  const place = `${url.origin}${url.pathname}`;

  async function send(batch: Batch, { signal }: SendOptions): Promise<Delivery> {
    const read = readRows(batch, exportSettings);
    const lost = unreadableRows(read);
    // An empty request is not allowed.
    if (read.spans.length === 0) return { delivered: read.rows, lost };
    const plain = isJson ? encodeJson(read) : encodeProtobuf(read);
    const body = await compressed(checkedSize(plain), settings);
    const delivery = deliveryOf(await exchange(body, body !== plain, signal), read);
    return { ...delivery, lost: { ...lost, ...delivery.lost } };
  }

  async function exchange(
    body: Uint8Array,
    isCompressed: boolean,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    try {
      return await client.send({
        method: 'POST',
        url,
        headers: {
          ...settings.headers,
          'content-type': isJson ? 'application/json' : 'application/x-protobuf',
          'user-agent': USER_AGENT,
          ...(isCompressed && { 'content-encoding': 'gzip' }),
        },
        body: checkedSize(body),
        timeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        signal,
      });
    } catch (cause) {
      throw exchangeError(cause, signal);
    }
  }

  function exchangeError(cause: unknown, signal: AbortSignal | undefined): SendError {
    if (cause instanceof SendError) return cause;
    if (signal?.aborted) {
      return new SendError('given_up', 'the send was aborted', { cause, isAmbiguous: true });
    }
    const { message, isUnsent } = cause as Error & { readonly isUnsent?: unknown };
    if (cause instanceof ResponseTooLong) {
      const details = { cause, isAmbiguous: true, isFinal: true };
      return new SendError('refused', `${place}: ${message}`, details);
    }
    return new SendError('unreachable', `cannot reach ${url.origin}: ${message}`, {
      cause,
      isAmbiguous: isUnsent !== true,
    });
  }

  /** @throws SendError unless the backend accepted the request */
  function deliveryOf(response: HttpResponse, { rows, spans }: ReadBatch): Delivery {
    const { status, body } = response;
    const type = response.header('content-type') ?? '';
    if (status < 200 || status >= 300) throw statusError(response, type);
    if (/^text\/html/i.test(type)) {
      const message = `${place} returned a page of HTML; check that it is the address for OTLP`;
      throw new SendError('bad_response', message, { status });
    }
    const { rejectedSpans, message } = partialSuccessOf(body, /json/i.test(type));
    const text = shortened(message);
    if (rejectedSpans === 0) {
      const warning =
        text === '' ? undefined : `${place} accepted the traces with a warning: ${text}`;
      return { delivered: rows, lost: {}, warning };
    }
    // Which spans were rejected is not stated. Each may be of another row, and a row without one of its spans is damaged.
    const damaged = Math.min(rejectedSpans, rows);
    const error = new SendError(
      'rejected',
      `${place} rejected ${rejectedSpans} of ${spans.length} spans, of up to ${damaged} traces${text === '' ? '' : `: ${text}`}`,
      { status },
    );
    return { delivered: rows - damaged, lost: { rejected: damaged }, error };
  }

  function statusError(response: HttpResponse, type: string): SendError {
    const { status } = response;
    const code = codeOfStatus(status);
    const text = shortened(failureMessage(response.body, type));
    const advice =
      status >= 300 && status < 400
        ? '; redirects are not followed: set the address that the server redirects to'
        : ADVICE[code];
    return new SendError(
      code,
      `${place} returned status ${status}${text === '' ? '' : `: ${text}`}${advice ?? ''}`,
      {
        status,
        isAmbiguous: AMBIGUOUS.has(status),
        isFinal: isFinalStatus(status),
        retryAfterMs: code === 'busy' ? retryAfterMs(response.header('retry-after')) : undefined,
      },
    );
  }

  /** One line, without the values of headers, which some backends repeat. */
  function shortened(text: string): string {
    let masked = text;
    for (const value of Object.values(settings.headers)) {
      if (value.length >= 6) masked = masked.replaceAll(value, '***');
    }
    return cutTo(masked.trim(), 300).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  }

  return { send, close: () => client.close() };
}

const ADVICE: Readonly<Partial<Record<SendErrorCode, string>>> = {
  unauthorized: '; check the key among the headers',
  not_found: '; check the address, which usually ends in /v1/traces',
};

/** @throws SendError if no backend accepts so much */
function checkedSize(body: Uint8Array): Uint8Array {
  if (body.byteLength <= MAX_REQUEST_BYTES) return body;
  const message = `a request of ${body.byteLength} bytes is over OTLP's limit of ${MAX_REQUEST_BYTES}`;
  throw new SendError('too_large', message);
}

/** The body itself if it is not to be compressed, or the runtime cannot compress. */
async function compressed(
  body: Uint8Array,
  { compression }: Pick<OtlpSettings, 'compression'>,
): Promise<Uint8Array> {
  if (compression === 'none' || typeof CompressionStream !== 'function') return body;
  // The memory is never a SharedArrayBuffer.
  const stream = new Blob([body as Uint8Array<ArrayBuffer>]).stream();
  const gzipped = stream.pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(gzipped).arrayBuffer());
}
