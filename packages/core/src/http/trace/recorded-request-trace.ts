/** The trace of a request: request facts, response facts and the outcome. */

import { encoded, utf8Length } from '#platform';
import { stepName } from '../../trace/content/step-name.js';
import { TraceIds } from '../../trace/ids/trace-context.js';
import { REQUEST_TRACE } from '../../trace/inert.js';
import type { Outcome, RequestTrace, SettledTrace } from '../../trace/model/types.js';
import { MAX_BATCHED_CHARS, RecordedTrace, type Recorder } from '../../trace/recorded-trace.js';
import { quote } from '../../values/json-text.js';
import { roundedText } from '../../values/number-text.js';
import { type BodyCapture, isOtherEncoding } from '../body/body-capture.js';
import { NOTHING_SENT, type ResponseFacts } from '../body/body-facts.js';
import { bodyText } from '../body/body-value.js';
import type {
  FollowedResponse,
  LaterId,
  Place,
  RequestDetails,
  RequestReader,
} from './request-facts.js';
import { pathAtStart, pathForName, routeName } from './request-path.js';

/** The state of the trace when its row was written ahead. */
interface WrittenAhead {
  readonly facts: ResponseFacts;
  readonly body: BodyCapture | undefined;
  readonly output: string | undefined;
  readonly endMs: number;
  readonly revision: number;
}

/** If a response takes this much longer than the row written ahead says, in milliseconds, the row is written again. */
const LATENCY_TOLERANCE_MS = 10;

export interface RecordedRequestTraceOptions {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly inferenceId: string;
  /** Whether the client or the app has set the inference ID, so that a request within the process does not change it. */
  readonly keepsId: boolean;
  /** The inference ID, if it was generated. */
  readonly generatedId: string | undefined;
  /** Undefined if the trace has its final id, unless an update sets another one. */
  readonly laterId: LaterId | undefined;
  /** From the request's headers; undefined if they name no caller. */
  readonly traceIds: TraceIds | undefined;
  /** Milliseconds. */
  readonly maxAgeMs: number;
  readonly sample: ((trace: SettledTrace) => boolean) | undefined;
  /** Captures the response's body; undefined if it is not captured. */
  readonly body: BodyCapture | undefined;
  readonly convertOutput: ((body: unknown) => unknown) | undefined;
  readonly reader: RequestReader;
}

/** The trace of one HTTP request. */
export class RecordedRequestTrace extends RecordedTrace implements RequestTrace {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly keepsId: boolean;
  readonly #generatedId: string | undefined;
  readonly #convertOutput: ((body: unknown) => unknown) | undefined;
  /** Undefined once the id is final. */
  #laterId: LaterId | undefined;
  #reader: RequestReader | undefined;
  #response: FollowedResponse | undefined = undefined;
  #body: BodyCapture | undefined;
  #responseBytes = 0;
  #isLengthKnown = true;
  /** Milliseconds after the start; -1 before. */
  #firstByteMs = -1;
  #statusCode: number | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #hasClientLeft = false;
  #details: RequestDetails | undefined = undefined;
  /** Facts of the ended response that are not yet recorded. */
  #pendingFacts: ResponseFacts | undefined = undefined;
  #isReadAtEnd = false;
  #ahead: WrittenAhead | undefined = undefined;

  constructor(recorder: Recorder, options: RecordedRequestTraceOptions) {
    super(recorder, '', options.inferenceId);
    this.method = options.method;
    this.path = options.path;
    this.keepsId = options.keepsId;
    this.#generatedId = options.generatedId;
    this.#laterId = options.laterId;
    if (options.traceIds !== undefined) this.setIds(options.traceIds);
    this.#convertOutput = options.convertOutput;
    this.#reader = options.reader;
    this.#body = options.body;
    this.setMaxAge(options.maxAgeMs);
    this.setSample(options.sample);
  }

  get [REQUEST_TRACE](): true {
    return true;
  }

  protected override newIds(): TraceIds {
    return TraceIds.new(this.#generatedId);
  }

  override get nameAtStart(): string {
    return `${this.method} ${pathAtStart(this.path)}`;
  }

  override get statusCode(): number | undefined {
    return this.#statusCode;
  }

  /** Reads the framework's request; undefined after the trace has ended. */
  get reader(): RequestReader | undefined {
    return this.#reader;
  }

  /** The followed response; undefined before it is followed, and after the trace has ended. */
  get response(): FollowedResponse | undefined {
    return this.#response;
  }

  setResponse(response: FollowedResponse): void {
    this.#response = response;
  }

  /** Bytes of the response's body so far. */
  get responseBytes(): number {
    return this.#responseBytes;
  }

  /** Whether the app has written the first byte of the response. */
  get hasResponded(): boolean {
    return this.#firstByteMs >= 0;
  }

  /** Aborts when the client leaves before it has the whole response. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#hasClientLeft) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  override abort(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  override get inferenceId(): string {
    return this.#readLaterId() ?? super.inferenceId;
  }

  #readLaterId(): string | undefined {
    try {
      return this.#laterId?.read();
    } catch (error) {
      this.reportFailure('id', error);
      return undefined;
    }
  }

  /** Renames the trace to the id that the app created after the trace began, if it did. Never throws. */
  renameToLaterId(): void {
    try {
      const id = this.#readLaterId();
      if (id !== undefined) this.rename(id);
    } catch (error) {
      this.reportFailure('id', error);
    }
  }

  override rename(inferenceId: string): void {
    this.#laterId = undefined;
    const before = super.inferenceId;
    super.rename(inferenceId);
    this.#reader?.replaceEchoedId(before, inferenceId);
  }

  /** Call it before the framework runs code for the request at this place. */
  enter(place: Place): void {
    try {
      // Handlers that run after the first byte did not produce the response.
      if (!this.hasResponded && !this.isSettled) this.#reader?.readAtPlace(this, place);
    } catch (error) {
      this.reportFailure('enter', error);
    }
  }

  /** Counts a chunk of the response, and captures it if bodies are captured. Ignored after the end. */
  addChunk(chunk: unknown, encoding: unknown): void {
    if (this.isSettled) return;
    if (this.#firstByteMs < 0) this.#firstByteMs = this.elapsedMs();
    if (chunk === null || chunk === undefined || typeof chunk === 'function') return;
    if (typeof chunk === 'string') {
      if (!isOtherEncoding(encoding)) {
        this.#addBytes(chunk, utf8Length(chunk));
        return;
      }
      // Node throws for an encoding that does not exist.
      const bytes = encoded(chunk, encoding);
      if (bytes !== undefined) this.#addBytes(bytes, bytes.byteLength);
    } else if (chunk instanceof Uint8Array) {
      this.#addBytes(chunk, chunk.byteLength);
    }
  }

  #addBytes(chunk: string | Uint8Array, byteLength: number): void {
    this.#responseBytes += byteLength;
    this.#body?.add(chunk, byteLength);
  }

  /**
   * Removes the chunk that was added last, since the response has refused it.
   * @param bytesBefore `responseBytes` before it
   * @param hadResponded `hasResponded` before it
   */
  removeChunk(bytesBefore: number, hadResponded: boolean): void {
    if (this.isSettled) return;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) this.#withdrawOutput(ahead);
    if (!hadResponded) this.#firstByteMs = -1;
    this.#responseBytes = bytesBefore;
    // A chunk that came after the row was written ahead is not captured.
    const body = this.#body;
    if (body !== undefined && body.bytes > bytesBefore) body.removeLast(body.bytes - bytesBefore);
  }

  /** How many bytes of the response's body are still captured; 0 if it is not captured. */
  get captureRoom(): number {
    return this.#body?.room ?? 0;
  }

  /** Counts bytes of the response whose content is not visible. @param bytes undefined for an unknown number */
  addUnseenBytes(bytes: number | undefined): void {
    if (this.isSettled) return;
    if (bytes === undefined) this.#isLengthKnown = false;
    else this.#responseBytes += bytes;
    this.#body?.addUnseen(bytes);
  }

  /** Call it before the last bytes are written. With a spool, writes the row to disk; it is written again at the end if it changed. */
  writeAhead(facts: ResponseFacts): void {
    const { root, recorder } = this;
    const body = this.#body;
    const before = this.#ahead;
    if (this.isSettled || (before !== undefined && before.revision === this.revision)) return;
    const { endMs } = root;
    try {
      const elapsedMs = this.elapsedMs();
      this.#conclude('completed', facts);
      this.finalize();
      root.setEnd(elapsedMs);
      recorder.writeAhead?.(this);
      this.#ahead = {
        facts,
        body: body ?? before?.body,
        output: root.output,
        endMs: elapsedMs,
        revision: this.revision,
      };
    } finally {
      root.setEnd(endMs);
    }
  }

  /** Settles the trace at the end of its response. */
  settleResponse(outcome: Outcome, facts: ResponseFacts, error?: unknown): void {
    if (this.isSettled) {
      if (this.outcome === 'abandoned' && outcome === 'aborted') this.#abortSignal();
      return;
    }
    try {
      if (error !== undefined) this.recordFirstError(error);
      if (!this.#isAheadRowCurrent(outcome, facts)) {
        // Ended first, so that the work below does not count as latency.
        this.root.end();
        this.#conclude(outcome, facts);
      }
    } catch (failure) {
      this.reportFailure('settle', failure);
    }
    this.settle(this.outcome);
    if (outcome === 'aborted') this.#abortSignal();
  }

  #abortSignal(): void {
    this.#hasClientLeft = true;
    this.#controller?.abort();
  }

  /** Whether the row that was written ahead is still correct. */
  #isAheadRowCurrent(outcome: Outcome, facts: ResponseFacts): boolean {
    const ahead = this.#ahead;
    if (ahead === undefined) return false;
    this.#ahead = undefined;
    const isSameType =
      ahead.facts.contentType === facts.contentType &&
      ahead.facts.contentEncoding === facts.contentEncoding;
    const isSame =
      isSameType &&
      outcome === 'completed' &&
      ahead.facts.status === facts.status &&
      ahead.revision === this.revision &&
      this.root.isRunning &&
      this.elapsedMs() - ahead.endMs <= Math.max(LATENCY_TOLERANCE_MS, ahead.endMs / 100);
    if (isSame) {
      this.root.setEnd(ahead.endMs);
      return true;
    }
    if (isSameType) this.values.markChanged();
    else this.#withdrawOutput(ahead);
    return false;
  }

  /** Makes the output be read again, unless the app has set one. */
  #withdrawOutput(ahead: WrittenAhead): void {
    this.values.markChanged();
    if (this.root.output !== ahead.output) return;
    this.root.setOutput(undefined);
    this.#body = ahead.body;
  }

  #conclude(outcome: Outcome, facts: ResponseFacts): void {
    this.#statusCode = facts.status;
    const isFailure = outcome === 'completed' && facts.status !== undefined && facts.status >= 500;
    this.setOutcome(isFailure ? 'error' : outcome);
    this.#pendingFacts = facts;
    this.#isReadAtEnd = false;
  }

  override interrupt(): void {
    const ahead = this.#ahead;
    if (ahead === undefined) this.#settleEarly('interrupted');
    else this.settleResponse('completed', ahead.facts);
    super.interrupt();
  }

  override abandon(): void {
    const response = this.#response;
    this.#settleEarly('abandoned');
    super.abandon();
    try {
      response?.followClient();
    } catch (error) {
      this.reportFailure('signal', error);
    }
  }

  /** Settles the trace before its response ended, with the facts known so far. */
  #settleEarly(outcome: Outcome): void {
    let facts = NOTHING_SENT;
    try {
      facts = this.#response?.facts() ?? NOTHING_SENT;
    } catch (error) {
      this.reportFailure('facts', error);
    }
    this.settleResponse(outcome, facts);
  }

  override get isFinalizedAlone(): boolean {
    const reader = this.#reader;
    if (reader?.isReadLater === true) return true;
    const bodies = (this.#body?.bytes ?? 0) + (reader?.capturedBytes ?? 0);
    return bodies > MAX_BATCHED_CHARS || super.isFinalizedAlone;
  }

  override readAtEnd(): void {
    if (this.#isReadAtEnd) return;
    this.#isReadAtEnd = true;
    this.renameToLaterId();
    const facts = this.#pendingFacts;
    if (facts === undefined) return;
    if (this.#convertOutput !== undefined) this.#recordOutput(facts);
    try {
      this.#details ??= this.#reader?.readAtEnd(this, this.path);
    } catch (error) {
      this.reportFailure('facts', error);
      // Without the parameters, nobody knows which parts of the path are secret.
      const path = '[unreadable]';
      this.#details = { route: undefined, mount: undefined, path, name: this.method };
    }
  }

  override finalize(): void {
    super.finalize();
    this.readAtEnd();
    const facts = this.#pendingFacts;
    if (facts === undefined) return;
    this.#pendingFacts = undefined;
    this.#reader?.recordInputs(this);
    this.#recordOutput(facts);
    this.#recordNameAndHttp();
  }

  #recordOutput(facts: ResponseFacts): void {
    const body = this.#body;
    this.#body = undefined;
    if (body === undefined || this.root.output !== undefined || this.#hasNoBody) return;
    try {
      const role = { key: 'output', convert: this.#convertOutput } as const;
      this.root.setOutput(bodyText(this, body, facts, role));
    } catch (failure) {
      this.reportFailure('output', failure);
    }
  }

  /** Whether HTTP allows no body, so that none is sent, whatever the app writes. */
  get #hasNoBody(): boolean {
    return this.method === 'HEAD' || this.#statusCode === 204 || this.#statusCode === 304;
  }

  #recordNameAndHttp(): void {
    const { route, mount, name, path = this.path } = this.#details ?? {};
    const { root, method, statusCode, outcome } = this;
    if (root.name === '') {
      const nameByPath =
        route === undefined
          ? `${method} ${mount === undefined ? pathForName(path) : `${mount}/*`}`
          : routeName(method, route);
      root.setName(stepName(name, stepName(nameByPath, method)));
    }
    const bytes = this.#hasNoBody ? 0 : this.#isLengthKnown ? this.#responseBytes : null;
    const firstByte = this.#firstByteMs < 0 ? 'null' : roundedText(this.#firstByteMs);
    root.setMetadata(
      'http',
      `{"method":${quote(method)},"route":${route === undefined ? 'null' : quote(route)},"path":${this.values.snapshot(path, 'path')},"status":${
        statusCode ?? 'null'
      },"outcome":"${outcome}","timeToFirstByteMs":${firstByte},"bytes":${bytes}}`,
    );
  }

  override releaseValues(): void {
    super.releaseValues();
    // The request references its trace. A reference back would keep both in memory until a full garbage collection.
    this.#reader = this.#response = this.#laterId = undefined;
  }
}
