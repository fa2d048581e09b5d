/**
 * The HTTP side of a trace: what came in, what went out, and how it ended. Longer than other files, since what was known
 * before the answer left and what was known after it decide together whether a second row is due.
 */

import { encoded, utf8Length } from '#platform';
import { REQUEST_TRACE } from '../trace/inert.js';
import { quote, rounded } from '../trace/json-text.js';
import { RecordedTrace } from '../trace/recorded-trace.js';
import type { Recorder } from '../trace/recorder.js';
import { stepName } from '../trace/step-name.js';
import type { Outcome, RequestTrace } from '../trace/types.js';
import { type AnswerFacts, NOTHING_SENT } from './answer-facts.js';
import type { BodyCapture } from './body-capture.js';
import { bodyText } from './body-value.js';
import type { DescribedRequest, Place, RequestDetails } from './described-request.js';
import { learnWords, pathAtStart, pathForName } from './request-path.js';

interface Answered {
  readonly facts: AnswerFacts;
  readonly answer: BodyCapture | undefined;
  readonly output: string | undefined;
  readonly endMs: number;
  readonly revision: number;
}

const nothingSent = () => NOTHING_SENT;

/** An answer that takes longer to leave than this is waited for with a second row. */
const LATENCY_TOLERANCE_MS = 10;

export class RecordedRequest extends RecordedTrace implements RequestTrace {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Whether the client or the app gave the inference ID, and not we. */
  isIdGiven = false;
  /** The answer's body as it passes by; undefined where it is not captured. */
  answer: BodyCapture | undefined = undefined;
  answerBytes = 0;
  /** Milliseconds after the start; -1 before. */
  firstByteMs = -1;
  convertOutput: ((body: unknown) => unknown) | undefined = undefined;
  received: DescribedRequest | undefined = undefined;
  /** What is known of the response by now, for a request that ends before its response does. */
  readFacts: () => AnswerFacts = nothingSent;
  #controller: AbortController | undefined = undefined;
  #details: RequestDetails | undefined = undefined;
  /** The end, as far as nothing was made of it yet. */
  #undescribed: AnswerFacts | undefined = undefined;
  /** What was known when the last bytes of the answer were about to leave. */
  #answered: Answered | undefined = undefined;

  constructor(recorder: Recorder, method: string, path: string, inferenceId: string) {
    super(recorder, '', inferenceId);
    this.method = method;
    this.path = path;
  }

  get [REQUEST_TRACE](): true {
    return true;
  }

  override get nameAtStart(): string {
    return `${this.method} ${pathAtStart(this.path)}`;
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

  /** Counts a chunk of the answer, and keeps it where bodies are captured. What comes after the end is no part of it. */
  answered(chunk: unknown, encoding: unknown): void {
    if (this.isSettled) return;
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

  /** Counts bytes of the answer that pass by unseen. */
  answeredUnseen(bytes: number): void {
    if (this.isSettled) return;
    this.answerBytes += bytes;
    if (this.answer !== undefined) this.answer.bytes += bytes;
  }

  /**
   * The last bytes of the answer are about to leave. Whoever has them may rely on the trace, so that its row is written
   * down as far as it is known, and once more at the end where that was not all.
   */
  answering(facts: AnswerFacts): void {
    const { answer, root } = this;
    const before = this.#answered;
    if (this.isSettled || (before !== undefined && before.revision === this.revision)) return;
    const { endMs } = root;
    try {
      const elapsedMs = this.elapsedMs();
      this.#conclude('completed', facts);
      this.describe();
      root.endMs = elapsedMs;
      this.recorder.answering?.(this);
      const { revision } = this;
      this.#answered = {
        facts,
        answer: answer ?? before?.answer,
        output: root.output,
        endMs: elapsedMs,
        revision,
      };
    } finally {
      root.endMs = endMs;
    }
  }

  override get inferenceId(): string {
    try {
      const made = this.received?.madeId(this);
      if (made !== undefined) this.rename(made);
    } catch (error) {
      this.failed('id', error);
    }
    return super.inferenceId;
  }

  override rename(inferenceId: string): void {
    const before = super.inferenceId;
    super.rename(inferenceId);
    this.received?.renamed(before, inferenceId);
  }

  /** The framework is about to run code for the request at this place. */
  enter(place: Place): void {
    try {
      this.received?.enter(this, place);
    } catch (error) {
      this.failed('enter', error);
    }
  }

  /** Ends the trace by the end of its answer. */
  settleAnswer(outcome: Outcome, facts: AnswerFacts, error?: unknown): void {
    if (this.isSettled) return;
    try {
      if (error !== undefined) this.recordFirstError(error);
      if (!this.#isAsAnswered(outcome, facts)) {
        // The end of the answer is the end of the request; what follows here is not part of its latency.
        this.root.end();
        this.#conclude(outcome, facts);
      }
    } catch (failure) {
      this.failed('settle', failure);
    }
    this.settle(this.outcome);
    if (outcome === 'aborted') this.#controller?.abort();
  }

  override interrupt(): void {
    const answered = this.#answered;
    if (answered === undefined) this.#settleEarly('interrupted');
    else this.settleAnswer('completed', answered.facts);
    super.interrupt();
  }

  /** Whether the row that was written before the answer's end is the trace's last word. */
  #isAsAnswered(outcome: Outcome, facts: AnswerFacts): boolean {
    const before = this.#answered;
    if (before === undefined) return false;
    this.#answered = undefined;
    const isSameAnswer =
      before.facts.contentType === facts.contentType &&
      before.facts.contentEncoding === facts.contentEncoding;
    const isSame =
      isSameAnswer &&
      outcome === 'completed' &&
      before.facts.status === facts.status &&
      before.revision === this.revision &&
      this.root.isRunning &&
      this.elapsedMs() - before.endMs <= Math.max(LATENCY_TOLERANCE_MS, before.endMs / 100);
    if (isSame) {
      this.root.endMs = before.endMs;
      return true;
    }
    this.revision++;
    if (!isSameAnswer && this.root.output === before.output) {
      this.root.output = undefined;
      this.answer = before.answer;
    }
    return false;
  }

  #conclude(outcome: Outcome, facts: AnswerFacts): void {
    this.statusCode = facts.status;
    const isFailure = outcome === 'completed' && facts.status !== undefined && facts.status >= 500;
    this.outcome = isFailure ? 'error' : outcome;
    this.#undescribed = facts;
  }

  override describe(): void {
    const facts = this.#undescribed;
    if (facts === undefined) return;
    this.#undescribed = undefined;
    this.#takeOutput(facts);
    this.#takeFacts();
  }

  override forget(): void {
    super.forget();
    // The request leads to its trace; were there a way back, a young one would be kept until a full collection.
    this.received = undefined;
    this.readFacts = nothingSent;
  }

  override abandon(): void {
    this.#settleEarly('abandoned');
    super.abandon();
  }

  /** Ends the trace before its response ended: what was sent so far is kept. */
  #settleEarly(outcome: Outcome): void {
    let facts = NOTHING_SENT;
    try {
      facts = this.readFacts();
    } catch (error) {
      this.failed('facts', error);
    }
    this.settleAnswer(outcome, facts);
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
    this.#details ??= this.received?.describe(this);
    const { route, mount, name, path = this.path } = this.#details ?? {};
    const { root, method, statusCode, outcome } = this;
    if (root.name === '') {
      if (route !== undefined) learnWords(route);
      const place = route ?? (mount === undefined ? pathForName(path) : `${mount}/*`);
      root.name = stepName(name, stepName(`${method} ${place}`, method));
    }
    const firstByte = this.firstByteMs < 0 ? 'null' : rounded(this.firstByteMs);
    root.setMetadata(
      'http',
      `{"method":${quote(method)},"route":${route === undefined ? 'null' : quote(route)},"path":${this.snapshot(path, 'path')},"status":${
        statusCode ?? 'null'
      },"outcome":"${outcome}","timeToFirstByteMs":${firstByte},"bytes":${this.answerBytes}}`,
    );
  }
}
