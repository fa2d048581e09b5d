import type { EventEmitter } from 'node:events';
import type { Json } from '@openlayer-tracing/core/wire';
import { Refusal } from '../http/refusal.js';
import type { LocalServerEvents } from '../reports/events.js';
import { IN_MEMORY } from '../storage/database.js';
import { type KeptBody, OtlpBodies } from '../storage/otlp-bodies.js';
import type { Store } from '../storage/store.js';
import { errorMessage } from '../values/error-message.js';
import { toJson } from '../values/json.js';
import { type GatheredTrace, OpenTraces } from './open-traces.js';
import { spansOf } from './otlp-body.js';
import type { OtlpSpan, OtlpSpans } from './otlp-span.js';
import { nodesOfSpans, type TraceNode, type TraceNodes } from './trace-node.js';
import { traceRowOf } from './trace-row.js';

export interface OtlpOptions {
  /** Limit for a request's body in bytes, before and after decompression. */
  readonly maxBodyBytes: number;
  /** How long no span of a trace must come before its row is written, in milliseconds. */
  readonly quietMs: number;
  /** Whether JSON is accepted, which the platform refuses. */
  readonly acceptsJson: boolean;
  /** Called with the reasons for which some spans of a request were rejected. */
  readonly onRejected: (path: string, reason: string) => void;
  /** Called with what went wrong in the server. */
  readonly onFailure: (message: string) => void;
}

/** Limit of a kept request, which was accepted by the limits of an earlier start. */
const MAX_KEPT_BYTES = 2 ** 31 - 1;

/** A request as its sender encoded it. */
export type OtlpRequest = Omit<KeptBody, 'id'>;

/** Turns requests of OTLP/HTTP into rows of traces. */
export class OtlpReceiver {
  readonly maxBodyBytes: number;
  readonly #options: OtlpOptions;
  readonly #store: Store;
  readonly #events: EventEmitter<LocalServerEvents>;
  readonly #open: OpenTraces;
  /** Undefined for a store in memory, which loses its rows as well. */
  readonly #bodies: OtlpBodies | undefined;
  #isClosed = false;

  /** Opens a receiver, and receives again the requests whose spans the last process did not write to rows. */
  static async open(
    store: Store,
    events: EventEmitter<LocalServerEvents>,
    options: OtlpOptions,
  ): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(store, events, options);
    receiver.#removeOldBodies();
    for (const body of receiver.#bodies ?? []) await receiver.#receiveAgain(body);
    return receiver;
  }

  private constructor(store: Store, events: EventEmitter<LocalServerEvents>, options: OtlpOptions) {
    this.maxBodyBytes = options.maxBodyBytes;
    this.#options = options;
    this.#store = store;
    this.#events = events;
    this.#open = new OpenTraces({
      write: (trace) => this.#write(trace),
      isWritten: (pipelineId, traceId) => store.hasTrace(pipelineId, traceId),
      onFailure: (error) => options.onFailure(`traces cannot be written: ${errorMessage(error)}`),
      onGivenUp: (traces) => options.onFailure(givenUpText(traces, this.#bodies !== undefined)),
      quietMs: options.quietMs,
    });
    this.#bodies = store.file === IN_MEMORY ? undefined : new OtlpBodies(store.database);
  }

  /**
   * Reads a request and keeps its spans for their rows.
   * @param path of the request
   * @returns how many spans were rejected, and why
   * @throws Refusal 400, 413 or 415, or 503 if it cannot be kept
   */
  async receive(
    path: string,
    request: OtlpRequest,
  ): Promise<Pick<OtlpSpans, 'rejected' | 'reason'>> {
    const { maxBodyBytes, acceptsJson } = this.#options;
    const read = spansOf(request, { maxBytes: maxBodyBytes, acceptsJson });
    const { nodes, failed, failure } = await nodesOf(read.spans);
    const rejected = read.rejected + failed;
    const reason = read.rejected > 0 || failed === 0 ? read.reason : unconverted(failure);
    if (this.#isClosed)
      throw new Refusal(503, 'the server is being closed', { isViolation: false });
    this.#open.makeRoom();
    if (nodes.length > 0) this.#gather(request.pipelineId, nodes, this.#keep(request));
    if (rejected > 0) this.#options.onRejected(path, reason);
    return { rejected, reason };
  }

  /** Drops the spans that are in no row yet, and the requests that brought them. */
  forgetOpen(): void {
    this.#open.forgetAll();
  }

  /** Writes the rows of all traces, complete or not. */
  close(): void {
    this.#isClosed = true;
    this.#open.close();
  }

  /** @returns the id of the kept request; undefined if none is kept */
  #keep(request: OtlpRequest): number | undefined {
    try {
      return this.#bodies?.add(request);
    } catch (error) {
      // Senders repeat a request after 503, but not after 500.
      throw new Refusal(503, `the traces file cannot be written: ${errorMessage(error)}`, {
        isViolation: false,
      });
    }
  }

  #gather(pipelineId: string, nodes: readonly TraceNode[], bodyId: number | undefined): void {
    this.#open.add(pipelineId, nodes, (result) => {
      if (bodyId === undefined) return;
      if (result === 'written') this.#forget(bodyId);
      else this.#postpone(bodyId);
    });
  }

  #forget(bodyId: number): void {
    try {
      this.#bodies?.remove(bodyId);
    } catch (error) {
      // It is received again at the next start, which changes nothing.
      this.#options.onFailure(`a request cannot be removed: ${errorMessage(error)}`);
    }
  }

  #postpone(bodyId: number): void {
    try {
      const removed = this.#bodies?.postpone(bodyId) ?? 0;
      if (removed === 0) return;
      this.#options.onFailure(`${removed} unwritten requests are lost: too many are kept`);
    } catch (error) {
      // Nothing has changed: it is received again at the next start.
      this.#options.onFailure(`a request cannot be kept: ${errorMessage(error)}`);
    }
  }

  #removeOldBodies(): void {
    try {
      const removed = this.#bodies?.countStart() ?? 0;
      if (removed === 0) return;
      this.#options.onFailure(`${removed} requests are lost: no start could write their spans`);
    } catch (error) {
      // The start is not counted, and all requests are received again.
      this.#options.onFailure(`old requests cannot be removed: ${errorMessage(error)}`);
    }
  }

  async #receiveAgain(kept: KeptBody): Promise<void> {
    try {
      const { spans } = spansOf(kept, { maxBytes: MAX_KEPT_BYTES, acceptsJson: true });
      const { nodes, failed, failure } = await nodesOf(spans);
      if (failed > 0) this.#options.onFailure(unconverted(failure));
      this.#open.makeRoom();
      this.#gather(kept.pipelineId, nodes, kept.id);
    } catch (error) {
      this.#options.onFailure(`spans of the last start are left: ${errorMessage(error)}`);
    }
  }

  #write({ pipelineId, traceId, nodes }: GatheredTrace): void {
    const earlier = this.#store.findTrace(pipelineId, traceId);
    const { row, config, inferenceId } = traceRowOf(traceId, nodes, earlier);
    if (!earlier) {
      const facts = { otlpTrace: traceId };
      this.#store.append(pipelineId, { config, rows: [row] }, [inferenceId], facts);
      this.#events.emit('row', row, pipelineId, { inferenceId, config });
      return;
    }
    this.#store.replaceTrace(earlier.number, { row, config, inferenceId });
    this.#events.emit('update', { row: changes(earlier.row, row) }, pipelineId, inferenceId);
  }
}

/** The spans as steps. What converts them is loaded for the first of them, since most servers receive none. */
async function nodesOf(spans: readonly OtlpSpan[]): Promise<TraceNodes> {
  if (spans.length === 0) return { nodes: [], failed: 0, failure: undefined };
  const { stepOfSpan } = await import('@openlayer-tracing/otel/dialects');
  return nodesOfSpans(spans, stepOfSpan);
}

function unconverted(failure: unknown): string {
  return `a span cannot be converted to a step: ${errorMessage(failure)}`;
}

function givenUpText(traces: readonly GatheredTrace[], isKept: boolean): string {
  const spans = traces.reduce((sum, { nodes }) => sum + nodes.size, 0);
  const [first] = traces;
  const which = traces.length === 1 ? `trace ${first?.traceId}` : `${traces.length} traces`;
  const pipelines = [...new Set(traces.map(({ pipelineId }) => pipelineId))];
  const consequence = isKept ? 'the next start tries again' : 'they are lost';
  return `${spans} spans of ${which} (${pipelines.join(', ')}) cannot be written: ${consequence}`;
}

/** The columns that differ, `steps` among them: it is not compared, since it may be large. */
function changes(before: object, after: object): Record<string, Json> {
  const earlier = before as Readonly<Record<string, unknown>>;
  const changed = Object.entries(after).filter(
    ([name, value]) => name === 'steps' || toJson(value) !== toJson(earlier[name]),
  );
  return Object.fromEntries(changed) as Record<string, Json>;
}
