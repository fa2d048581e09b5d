/** The HTTP side of a trace: what came in, what went out, and how it ended. */

import { encoded, utf8Length } from '#platform';
import { quote, rounded } from '../trace/json-text.js';
import { stepName } from '../trace/recorded-step.js';
import { RecordedTrace } from '../trace/recorded-trace.js';
import type { Recorder } from '../trace/recorder.js';
import type { Outcome, RequestTrace } from '../trace/types.js';
import type { BodyCapture } from './body-capture.js';
import { type BodyFacts, bodyText } from './body-value.js';

/** What is known of the answer at its end. */
export interface AnswerFacts extends BodyFacts {
  /** Undefined where no status was sent. */
  readonly status: number | undefined;
}

/** What only the framework and the user's options know, at the end. */
export interface RequestDetails {
  /** The route pattern, where the framework knows it. */
  readonly route: string | undefined;
  readonly name: string | undefined;
}

/** The request as the framework sees it. */
export interface DescribedRequest {
  /** Reads what is known of the route, where that may be gone at the end. */
  readRoute(trace: RecordedRequest): void;
  /** Completes the trace by what is known at its end. */
  describe(trace: RecordedRequest): RequestDetails;
  /** Has the answer carry the new id, where it carries the former one and that can still be changed. */
  renamed(before: string, inferenceId: string): void;
}

export class RecordedRequest extends RecordedTrace implements RequestTrace {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The answer's body as it passes by; undefined where it is not captured. */
  answer: BodyCapture | undefined = undefined;
  answerBytes = 0;
  /** Whether the answer's own methods are observed, and not those of its prototype. */
  isObservedAlone = false;
  /** Milliseconds after the start; -1 before. */
  firstByteMs = -1;
  convertOutput: ((body: unknown) => unknown) | undefined = undefined;
  received: DescribedRequest | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(recorder: Recorder, method: string, path: string, inferenceId: string) {
    super(recorder, '', inferenceId);
    this.method = method;
    this.path = path;
  }

  /** Aborts when the client leaves before it has the whole answer. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.outcome === 'aborted') this.#controller.abort();
    }
    return this.#controller.signal;
  }

  override stop(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** Counts a chunk of the answer, and keeps it where bodies are captured. */
  answered(chunk: unknown, encoding: unknown): void {
    if (this.firstByteMs < 0) this.firstByteMs = this.elapsedMs();
    if (chunk === null || chunk === undefined || typeof chunk === 'function') return;
    if (typeof chunk === 'string') {
      const isUtf8 = typeof encoding !== 'string' || /^utf-?8$/i.test(encoding);
      if (isUtf8) {
        this.#took(chunk, utf8Length(chunk));
        return;
      }
      // With an encoding that does not exist, the response refuses the chunk.
      const bytes = encoded(chunk, encoding);
      if (bytes !== undefined) this.#took(bytes, bytes.byteLength);
    } else if (chunk instanceof Uint8Array) {
      this.#took(chunk, chunk.byteLength);
    }
  }

  override rename(inferenceId: string): void {
    const before = this.inferenceId;
    super.rename(inferenceId);
    this.received?.renamed(before, inferenceId);
  }

  /** Ends the trace by the end of its answer. */
  settleAnswer(outcome: Outcome, facts: AnswerFacts, error?: unknown): void {
    if (this.isSettled) return;
    try {
      if (error !== undefined) this.recordError(error);
      this.statusCode = facts.status;
      const isFailure =
        outcome === 'completed' && facts.status !== undefined && facts.status >= 500;
      this.outcome = isFailure ? 'error' : outcome;
      // The end of the answer is the end of the request; what follows here is not part of its latency.
      this.root.end();
      this.#takeOutput(facts);
      this.#takeFacts();
    } catch (failure) {
      this.failed('settle', failure);
    }
    // The request leads to its trace; were there a way back, a young one would be kept until a full collection.
    this.received = undefined;
    this.settle(this.outcome);
    if (outcome === 'aborted') this.#controller?.abort();
  }

  /** Ends a request that was never answered. */
  override abandon(): void {
    this.settleAnswer('abandoned', {
      status: undefined,
      contentType: undefined,
      contentEncoding: undefined,
    });
    super.abandon();
  }

  #took(chunk: string | Uint8Array, byteLength: number): void {
    this.answerBytes += byteLength;
    this.answer?.add(chunk, byteLength);
  }

  #takeOutput(facts: AnswerFacts): void {
    const { answer } = this;
    this.answer = undefined;
    if (answer === undefined || this.root.output !== undefined) return;
    const hasNoBody = this.method === 'HEAD' || facts.status === 204 || facts.status === 304;
    if (hasNoBody) return;
    try {
      this.root.output = bodyText(this, answer, facts, this.convertOutput);
    } catch (failure) {
      this.failed('output', failure);
    }
  }

  #takeFacts(): void {
    const details = this.received?.describe(this);
    const { root, method, path, statusCode, outcome } = this;
    if (root.name === '') {
      root.name = stepName(details?.name, stepName(`${method} ${details?.route ?? path}`, method));
    }
    const { route } = details ?? {};
    const firstByte = this.firstByteMs < 0 ? 'null' : rounded(this.firstByteMs);
    root.setMetadata(
      'http',
      `{"method":${quote(method)},"route":${route === undefined ? 'null' : quote(route)},"path":${quote(path)},"status":${
        statusCode ?? 'null'
      },"outcome":"${outcome}","timeToFirstByteMs":${firstByte},"bytes":${this.answerBytes}}`,
    );
  }
}
