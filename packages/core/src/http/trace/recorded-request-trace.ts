/** The trace of a request: request facts, response facts and the outcome. */

import { REQUEST_TRACE } from '../../trace/model/is-request-trace.js';
import { errorThatWasFound } from '../../trace/model/recorded-error.js';
import type { Outcome, RequestTrace } from '../../trace/model/trace-api.js';
import {
  MAX_GROUPED_CHARS,
  RecordedTrace,
  type Recorder,
  type TraceSoFar,
  type TraceStart,
} from '../../trace/recorded-trace.js';
import type { JsonMembers } from '../../values/json/json-members.js';
import { roundedText } from '../../values/json/number-text.js';
import type { BodyCapture } from '../body/body-capture.js';
import { mediaType, NOTHING_SENT, type ResponseFacts } from '../body/body-facts.js';
import { bodyText } from '../body/body-value.js';
import { EventCondenser } from '../body/event-condenser.js';
import { errorEventData } from './error-event.js';
import { httpStartText, httpText, type Place, type RequestFacts } from './request-facts.js';
import { pathAtStart, requestName, routeName } from './request-name.js';
import type { RequestReader } from './request-reader.js';

/** The state of the trace when its row was written ahead. */
interface WrittenAhead {
  readonly facts: ResponseFacts;
  readonly output: string | undefined;
  readonly endMs: number;
  readonly revision: number;
}

/** If a response takes this much longer than the row written ahead says, in milliseconds, the row is written again. */
const LATENCY_TOLERANCE_MS = 10;

/** The most bytes in UTF-8 of one UTF-16 unit of a string. */
const MAX_UTF8_BYTES = 3;

const ENDED_BY_ERROR = 'the stream ended with an event of the type error';

/** The inference ID that the app itself may create for a request after its trace began. */
export interface AppId {
  /** The id, registered; undefined while there is none. */
  read(): string | undefined;
}

/** A response that is followed to its end. */
export interface FollowedResponse {
  /** The facts known now. */
  facts(): ResponseFacts;
  /** The trace was abandoned, and the response goes on: settles it again as aborted if the client leaves. */
  followClient(): void;
  /** Whether the error says only that the connection has closed, which the outcome says. Never throws. */
  isOfClosedConnection(error: unknown): boolean;
}

export interface RequestTraceStart extends TraceStart {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Whether the client or the app has set the inference ID, so that an app to which the request is passed on does not change it. */
  readonly keepsId: boolean;
  /** Undefined if the trace has its final id, unless an update sets another one. */
  readonly appId: AppId | undefined;
  /** Counts the bytes of the response's body, and captures them. */
  readonly body: BodyCapture;
  /** Whether the body becomes the output. */
  readonly recordsBody: boolean;
  readonly convertOutput: ((body: unknown) => unknown) | undefined;
  readonly reader: RequestReader;
}

/** The trace of one HTTP request. */
export class RecordedRequestTrace extends RecordedTrace implements RequestTrace {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly keepsId: boolean;
  readonly #convertOutput: ((body: unknown) => unknown) | undefined;
  /** Undefined once the id is final. */
  #appId: AppId | undefined;
  #reader: RequestReader | undefined;
  #response: FollowedResponse | undefined = undefined;
  readonly #body: BodyCapture;
  readonly #recordsBody: boolean;
  /** Whether the body gets a condenser before a chunk that may not fit. */
  #isCondensable: boolean;
  /** Whether the body is still to be recorded as the output. */
  #isBodyPending: boolean;
  /** The data of the last chunk of the response, if that is an event `error`. */
  #errorEvent: string | undefined = undefined;
  /** Milliseconds after the start; -1 before. */
  #firstByteMs = -1;
  #statusCode: number | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #hasClientLeft = false;
  #requestFacts: RequestFacts | undefined = undefined;
  /** Facts of the ended response that are not yet recorded. */
  #responseFacts: ResponseFacts | undefined = undefined;
  #isReadAtEnd = false;
  #ahead: WrittenAhead | undefined = undefined;

  constructor(recorder: Recorder, start: RequestTraceStart) {
    super(recorder, '', start);
    this.method = start.method;
    this.path = start.path;
    this.keepsId = start.keepsId;
    this.#appId = start.appId;
    this.#convertOutput = start.convertOutput;
    this.#reader = start.reader;
    this.#body = start.body;
    this.#recordsBody = start.recordsBody;
    this.#isCondensable = start.recordsBody;
    this.#isBodyPending = start.recordsBody;
  }

  get [REQUEST_TRACE](): true {
    return true;
  }

  override soFar(): TraceSoFar {
    const { root, method } = this;
    const place = this.#reader?.placeSoFar(this, this.path);
    const { route, mount, path = pathAtStart(this.path) } = place ?? {};
    const pathName = mount === undefined ? path : `${mount}/*`;
    const name = route === undefined ? `${method} ${pathName}` : routeName(method, route);
    const pathText = this.recorder.snapshotter.text(path, 'path');
    return {
      name: root.name === '' ? name : root.name,
      http: `{${httpStartText(method, route, pathText)}}`,
    };
  }

  override inputsSoFar(): JsonMembers | undefined {
    return super.inputsSoFar() ?? this.#reader?.inputsSoFar(this);
  }

  override outputSoFar(): string | undefined {
    const body = this.#body;
    // The option `output` may be meant to leave something out, and is called once.
    const isKnown = this.#isBodyPending && this.#convertOutput === undefined && body.bytes > 0;
    if (!isKnown || this.root.output !== undefined || this.method === 'HEAD') return undefined;
    const facts = this.#response?.facts() ?? NOTHING_SENT;
    body.setEnded(false);
    try {
      return bodyText(this, body, facts, { key: 'output', values: this.values.uncounted() });
    } finally {
      body.setEnded(true);
    }
  }

  override get soFarRevision(): number {
    return this.revision + this.#body.bytes;
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
    return this.#body.bytes;
  }

  /** Whether the app has written the first byte of the response. */
  get hasResponded(): boolean {
    return this.#firstByteMs >= 0;
  }

  /** Aborts when the connection closes before the client has the whole response. */
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
    return this.#readAppId() ?? super.inferenceId;
  }

  #readAppId(): string | undefined {
    try {
      return this.#appId?.read();
    } catch (error) {
      this.reportFailure('id', error);
      return undefined;
    }
  }

  /** Renames the trace to the id that the app created after the trace began, if it did. Never throws. */
  renameToAppId(): void {
    try {
      const id = this.#readAppId();
      if (id !== undefined) this.rename(id);
    } catch (error) {
      this.reportFailure('id', error);
    }
  }

  override rename(inferenceId: string): void {
    this.#appId = undefined;
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

  /** Call it when the route's parameters are known, and may not be readable later. Never throws. */
  readParams(): void {
    try {
      if (!this.isSettled) this.#reader?.readParams(this);
    } catch (error) {
      this.reportFailure('params', error);
    }
  }

  /** Counts a chunk of the response, and captures it if bodies are captured. Ignored after the end. */
  addChunk(chunk: unknown, encoding: unknown): void {
    if (this.isSettled) return;
    if (this.#firstByteMs < 0) this.#firstByteMs = this.elapsedMs();
    const hasContent =
      (typeof chunk === 'string' || chunk instanceof Uint8Array) && chunk.length > 0;
    // Most bodies fit, and need no condenser.
    if (hasContent && this.#isCondensable && chunk.length * MAX_UTF8_BYTES > this.#body.room)
      this.#makeCondensable();
    this.#body.addChunk(chunk, encoding);
    if (hasContent) this.#errorEvent = errorEventData(chunk);
  }

  #makeCondensable(): void {
    const { redactor } = this.recorder;
    this.#isCondensable = false;
    this.#body.condenseBy(
      new EventCondenser({
        contentType: () => this.#response?.facts().contentType,
        isSecret: (key, piece) => redactor.isSecretInStream(key, piece),
        onFailure: (error) => this.reportFailure('events', error),
      }),
    );
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
    this.#errorEvent = undefined;
    if (!hadResponded) this.#firstByteMs = -1;
    this.#body.removeLast(this.#body.bytes - bytesBefore);
  }

  /** How many more bytes of the response's body are captured; 0 if it is not captured. */
  get captureRoom(): number {
    return this.#body.room;
  }

  /** Counts bytes of the response whose content is not visible. @param bytes undefined for an unknown number */
  addUnseenBytes(bytes: number | undefined): void {
    if (this.isSettled) return;
    this.#body.addUnseen(bytes);
  }

  /** Call it before the last bytes are written. With a spool, writes the row to disk; it is written again at the end if it changed. */
  writeAhead(facts: ResponseFacts): void {
    const { root, recorder } = this;
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
      if (this.outcome === 'abandoned' && outcome === 'aborted') this.abortSignal();
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
    // First, because calls that are waiting to be retried end at once, and a settled trace without open calls may end at once.
    if (outcome === 'aborted') this.abortSignal();
    this.settle(this.outcome);
  }

  /**
   * Records an error that the app threw or passed on, unless an error was recorded before. Errors that may be consequences of the
   * client's leaving, or of a response that has failed, are ignored.
   */
  recordAppError(error: unknown): void {
    const { isOpen, outcome } = this;
    const isRecorded = isOpen
      ? outcome !== 'aborted' && this.#response?.isOfClosedConnection(error) !== true
      : outcome === 'completed' || outcome === 'abandoned';
    if (isRecorded) this.recordFirstError(error);
  }

  /** Aborts the signal: the client cannot get the rest of the response. */
  abortSignal(): void {
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
    if (isSameType) this.markChanged();
    else this.#withdrawOutput(ahead);
    return false;
  }

  /** Makes the output be read again, unless the app has set one. */
  #withdrawOutput(ahead: WrittenAhead): void {
    this.markChanged();
    if (this.root.output !== ahead.output) return;
    this.root.setOutput(undefined);
    this.#isBodyPending = this.#recordsBody;
  }

  #conclude(outcome: Outcome, facts: ResponseFacts): void {
    this.#statusCode = facts.status;
    if (outcome === 'completed') this.#recordErrorEvent(facts);
    this.#body.setEnded(outcome === 'completed');
    const isFailure = outcome === 'completed' && facts.status !== undefined && facts.status >= 500;
    this.setOutcome(isFailure ? 'error' : outcome);
    this.#responseFacts = facts;
    this.#isReadAtEnd = false;
  }

  /** Records the error of a stream of events that ended by an event `error`, unless the app recorded one. */
  #recordErrorEvent({ contentType }: ResponseFacts): void {
    const data = this.#errorEvent;
    if (data === undefined || mediaType(contentType) !== 'text/event-stream') return;
    const message = this.#recordsBody && data !== '' ? data : ENDED_BY_ERROR;
    this.recordFirstError(errorThatWasFound(message));
  }

  override abandon(): void {
    const response = this.#response;
    super.abandon();
    try {
      response?.followClient();
    } catch (error) {
      this.reportFailure('signal', error);
    }
  }

  /** Settles the trace before its response ended, with the facts of the row written ahead or those known so far. */
  protected override settleEarly(outcome: Outcome): void {
    const ahead = this.#ahead;
    if (outcome === 'interrupted' && ahead !== undefined) {
      this.settleResponse('completed', ahead.facts);
      return;
    }
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
    const body = this.#isBodyPending ? this.#body.bytes : 0;
    const bodies = body + (reader?.capturedBytes ?? 0);
    return bodies > MAX_GROUPED_CHARS || super.isFinalizedAlone;
  }

  override readAtEnd(): void {
    if (this.#isReadAtEnd) return;
    this.#isReadAtEnd = true;
    this.renameToAppId();
    const facts = this.#responseFacts;
    if (facts === undefined) return;
    if (this.#convertOutput !== undefined) this.#recordOutput(facts);
    try {
      this.#requestFacts ??= this.#reader?.readAtEnd(this, this.path);
    } catch (error) {
      this.reportFailure('facts', error);
      // Without the parameters, nobody knows which parts of the path are secret.
      const path = '[unreadable]';
      this.#requestFacts = { route: undefined, mount: undefined, path, name: this.method };
    }
  }

  override finalize(): void {
    super.finalize();
    this.readAtEnd();
    const facts = this.#responseFacts;
    if (facts === undefined) return;
    this.#responseFacts = undefined;
    this.#reader?.recordInputs(this);
    this.#recordOutput(facts);
    this.#recordNameAndHttp();
  }

  #recordOutput(facts: ResponseFacts): void {
    const isRecorded = this.#isBodyPending && this.root.output === undefined && !this.#hasNoBody;
    this.#isBodyPending = false;
    if (!isRecorded) return;
    try {
      const role = { key: 'output', convert: this.#convertOutput } as const;
      this.root.setOutput(bodyText(this, this.#body, facts, role));
    } catch (failure) {
      this.reportFailure('output', failure);
    }
  }

  /** Whether HTTP allows no body, so that none is sent, whatever the app writes. */
  get #hasNoBody(): boolean {
    return this.method === 'HEAD' || this.#statusCode === 204 || this.#statusCode === 304;
  }

  #recordNameAndHttp(): void {
    const { root, method, statusCode, outcome } = this;
    const facts = this.#requestFacts ?? {
      route: undefined,
      mount: undefined,
      path: this.path,
      name: undefined,
    };
    if (root.name === '') root.setName(requestName(method, facts));
    const bytes = this.#hasNoBody ? 0 : this.#body.isLengthKnown ? this.#body.bytes : null;
    const firstByte = this.#firstByteMs < 0 ? 'null' : roundedText(this.#firstByteMs);
    const path = this.values.snapshot(facts.path, 'path');
    root.setMetadata(
      'http',
      `{${httpText(method, facts, path, statusCode)},"outcome":"${outcome}","timeToFirstByteMs":${firstByte},"bytes":${bytes}}`,
    );
  }

  override releaseValues(): void {
    super.releaseValues();
    this.#body.release();
    // The request references its trace. A reference back would keep both in memory until a full garbage collection.
    this.#reader = this.#response = this.#appId = undefined;
  }
}
