import { Refusal } from '../http/refusal.js';
import type { TraceNode } from './trace-node.js';

/** The spans of one trace that have come and are not in its row yet. */
export interface GatheredTrace {
  readonly pipelineId: string;
  readonly traceId: string;
  /** By span id: a span that is sent again replaces the first. */
  readonly nodes: ReadonlyMap<string, TraceNode>;
}

export interface OpenTracesOptions {
  /** Adds the spans to the row of their trace, or creates it. It may throw, and is then called again later, 20 times at most. */
  readonly write: (trace: GatheredTrace) => void;
  /** Whether the trace has a row. Its further spans are written without waiting for the root. */
  readonly isWritten: (pipelineId: string, traceId: string) => boolean;
  /** Called when `write` throws for the first time since it has succeeded. */
  readonly onFailure: (error: unknown) => void;
  /** Called with traces that are dropped from memory although `write` has failed for them. */
  readonly onGivenUp: (traces: readonly GatheredTrace[]) => void;
  /** Longest pause between two spans of a trace before it is written, in milliseconds. */
  readonly quietMs: number;
}

/** The same pause for a trace whose root has not come: its spans may be sent long before the root. */
const ROOTLESS_QUIET_MS = 10_000;
/** A trace is written after this time although its spans still come. */
const MAX_OPEN_MS = 60_000;
const RETRY_MS = 5000;
const MAX_RETRIES = 20;
/** Failed writes per call of `makeRoom()`. */
const MAX_FAILURES = 10;

/** Limits: traces beyond are written before they are complete. */
const MAX_TRACES = 10_000;
const MAX_BYTES = 128 * 1024 * 1024;
const MAX_TRACE_BYTES = 32 * 1024 * 1024;
const MAX_TRACE_SPANS = 10_000;

/** Whether all spans of a request are in rows. */
export type WriteResult = 'written' | 'given up';

/** A request with spans in memory. */
interface Receipt {
  /** Number of its traces in memory. */
  pending: number;
  result: WriteResult;
  readonly onEnd: (result: WriteResult) => void;
}

interface OpenTrace extends GatheredTrace {
  readonly nodes: Map<string, TraceNode>;
  /** The requests that brought its spans. */
  readonly receipts: Set<Receipt>;
  bytes: number;
  retries: number;
  /** Whether the root is here or in the row, as far as that is known. */
  hasRoot: boolean;
  quiet: NodeJS.Timeout | undefined;
  readonly oldest: NodeJS.Timeout;
}

/**
 * Gathers the spans of each trace, which come in several requests and from several services, until the trace is complete:
 * its root has ended, and no span came for some time. Spans that come later are gathered and written in the same way.
 */
export class OpenTraces {
  readonly #options: OpenTracesOptions;
  /** In the order in which they were opened. */
  readonly #open = new Map<string, OpenTrace>();
  #bytes = 0;
  #isFailing = false;

  constructor(options: OpenTracesOptions) {
    this.#options = options;
  }

  /** Number of traces with spans that are not written. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Writes traces, the oldest first, until there is room for more.
   * @throws Refusal 503 if they cannot be written
   */
  makeRoom(): void {
    let failures = 0;
    for (const trace of this.#open.values()) {
      if (this.#hasRoom || failures >= MAX_FAILURES) break;
      if (!this.#write(trace)) failures += 1;
    }
    if (this.#hasRoom) return;
    throw new Refusal(503, 'traces cannot be written at the moment', { isViolation: false });
  }

  get #hasRoom(): boolean {
    return this.#bytes <= MAX_BYTES && this.#open.size < MAX_TRACES;
  }

  /** Adds the spans of one request. @param onEnd called once none of them is in memory any more; never after `close()` */
  add(pipelineId: string, nodes: readonly TraceNode[], onEnd: (result: WriteResult) => void): void {
    const touched = new Set<OpenTrace>();
    for (const node of nodes) {
      const trace = this.#traceOf(pipelineId, node.traceId);
      const before = trace.nodes.get(node.spanId)?.bytes ?? 0;
      trace.nodes.set(node.spanId, node);
      trace.bytes += node.bytes - before;
      this.#bytes += node.bytes - before;
      trace.hasRoot ||= node.parentId === undefined || node.isRemote;
      touched.add(trace);
    }
    if (touched.size === 0) onEnd('written');
    const receipt: Receipt = { pending: touched.size, result: 'written', onEnd };
    for (const trace of touched) {
      trace.receipts.add(receipt);
      const isFull = trace.bytes > MAX_TRACE_BYTES || trace.nodes.size > MAX_TRACE_SPANS;
      if (!isFull || !this.#write(trace)) this.#wait(trace);
    }
  }

  /** Writes all traces, complete or not. */
  flush(): void {
    for (const trace of this.#open.values()) this.#write(trace);
  }

  /** Drops the spans of all traces. */
  forgetAll(): void {
    for (const trace of this.#open.values()) {
      clearTimeout(trace.quiet);
      this.#forget(trace, 'written');
    }
  }

  /** Writes all traces, and gives up those that cannot be written. */
  close(): void {
    this.flush();
    for (const { quiet, oldest } of this.#open.values()) {
      clearTimeout(quiet);
      clearTimeout(oldest);
    }
    if (this.#open.size > 0) this.#options.onGivenUp([...this.#open.values()]);
    this.#open.clear();
  }

  #traceOf(pipelineId: string, traceId: string): OpenTrace {
    const key = `${traceId} ${pipelineId}`;
    const existing = this.#open.get(key);
    if (existing) return existing;
    const trace: OpenTrace = {
      pipelineId,
      traceId,
      nodes: new Map(),
      receipts: new Set(),
      bytes: 0,
      retries: 0,
      hasRoot: this.#options.isWritten(pipelineId, traceId),
      quiet: undefined,
      oldest: setTimeout(() => this.#write(trace), MAX_OPEN_MS).unref(),
    };
    this.#open.set(key, trace);
    return trace;
  }

  /** Writes the trace once no span of it has come for some time. */
  #wait(trace: OpenTrace): void {
    const { quietMs } = this.#options;
    clearTimeout(trace.quiet);
    const delayMs = trace.hasRoot ? quietMs : Math.max(quietMs, ROOTLESS_QUIET_MS);
    trace.quiet = setTimeout(() => this.#write(trace), delayMs).unref();
  }

  /** @returns whether it succeeded */
  #write(trace: OpenTrace): boolean {
    clearTimeout(trace.quiet);
    try {
      this.#options.write(trace);
    } catch (error) {
      if (!this.#isFailing) this.#options.onFailure(error);
      this.#isFailing = true;
      trace.quiet = setTimeout(() => this.#writeAgain(trace), RETRY_MS).unref();
      return false;
    }
    this.#isFailing = false;
    this.#forget(trace, 'written');
    return true;
  }

  #writeAgain(trace: OpenTrace): void {
    trace.retries += 1;
    if (this.#write(trace) || trace.retries < MAX_RETRIES) return;
    clearTimeout(trace.quiet);
    this.#options.onGivenUp([trace]);
    this.#forget(trace, 'given up');
  }

  #forget(trace: OpenTrace, result: WriteResult): void {
    clearTimeout(trace.oldest);
    this.#open.delete(`${trace.traceId} ${trace.pipelineId}`);
    this.#bytes -= trace.bytes;
    for (const receipt of trace.receipts) {
      receipt.pending -= 1;
      if (result === 'given up') receipt.result = result;
      if (receipt.pending === 0) receipt.onEnd(receipt.result);
    }
  }
}
