/** Follows requests and responses on runtimes that send the response that the app returns: Bun, Deno, workerd, tests. */

import {
  assignMethod,
  type BodySource,
  methodNamed,
  type RecordedRequestTrace,
  WebExchange,
} from '@openlayer-tracing/core/adapter';
import type { Context } from 'hono';
import { type Upgrade, upgradeOf } from './upgrade.js';
import { replaceResponse, setWebResponseHeader } from './web-response.js';

/** One request and the response that the app returns. While the trace is open, it is the `response` of the trace. */
export class HonoExchange extends WebExchange {
  readonly #trace: RecordedRequestTrace;
  readonly #context: Context;
  readonly #upgrade: Upgrade | undefined;
  /** For responses that Hono created from a stream or a Blob, that source. */
  #sources: Map<Response, BodySource> | undefined = undefined;

  private constructor(trace: RecordedRequestTrace, c: Context, upgrade: Upgrade | undefined) {
    const signal = upgrade?.hasSignal === false ? undefined : attempt(trace, 'signal', signalOf, c);
    super(trace, signal, () => (c.finalized ? c.res.status : undefined));
    this.#trace = trace;
    this.#context = c;
    this.#upgrade = upgrade;
  }

  /** Begins to follow the request and what the app responds. */
  static follow(trace: RecordedRequestTrace, c: Context): void {
    const upgrade = attempt(trace, 'upgrade', upgradeOf, c);
    const exchange = new HonoExchange(trace, c, upgrade);
    exchange.start();
    attempt(trace, 'responses', (own) => own.#observeResponses(), exchange);
    upgrade?.follow?.(trace, exchange);
  }

  /**
   * Follows the app's response, and replaces it if its body is a stream.
   * @param idHeader response header to set to the inference ID, unless it is set; undefined for none
   */
  async takeReturnedResponse(idHeader: string | undefined): Promise<void> {
    const c = this.#context;
    // A value was thrown through Hono, and the runtime sends its own error response.
    if (!c.finalized) {
      this.settle('error');
      return;
    }
    if (idHeader !== undefined && c.res.headers.get(idHeader) === null) {
      setWebResponseHeader(c, idHeader, this.#trace.inferenceId);
    }
    if (this.#upgrade?.handleResponse(c, this) === true) return;
    const { res } = c;
    const followedResponse = await this.followResponse(res, this.#sources?.get(res));
    if (followedResponse !== res) replaceResponse(c, followedResponse);
  }

  /** Observes the responses that the context creates. */
  #observeResponses(): void {
    const c = this.#context;
    for (const name of ['body', 'newResponse'] as const) {
      const create = methodNamed<(...args: unknown[]) => Response>(c, name);
      if (create === undefined) continue;
      assignMethod(c, name, (...args: unknown[]): Response => {
        const response = create(...args);
        try {
          this.#rememberSource(response, args[0]);
        } catch {
          // The response is followed without a known source.
        }
        return response;
      });
    }
  }

  #rememberSource(response: Response, data: unknown): void {
    // Hono creates error responses from the body of another response, which is in memory.
    const isStream = data instanceof ReadableStream && this.#context.error === undefined;
    const source = isStream ? 'stream' : sourceOf(data);
    if (source === undefined) return;
    this.#sources ??= new Map();
    this.#sources.set(response, source);
  }
}

function sourceOf(data: unknown): BodySource {
  if (data instanceof Blob) return data;
  const isBytes = ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
  return isBytes || typeof data === 'string' ? 'memory' : undefined;
}

/** The result of `fn`; undefined if it throws, which is reported. */
function attempt<A, R>(
  trace: RecordedRequestTrace,
  what: string,
  fn: (argument: A) => R,
  argument: A,
): R | undefined {
  try {
    return fn(argument);
  } catch (error) {
    trace.reportFailure(what, error);
    return undefined;
  }
}

function signalOf(c: Context): AbortSignal | undefined {
  return c.req.raw.signal;
}
