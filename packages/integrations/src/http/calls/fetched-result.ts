/** Records a result that the app fetches later than it requested it, as one step. */

import { type BodyObserver, currentStep, startCall } from '@openlayer-tracing/core/integration';
import { statedError } from '../../common/failures/call-error.js';
import { isAbort } from '../../common/failures/thrown.js';
import type { JsonObject } from '../../common/json.js';
import type { ModelRequest, ResultReader, Retrieval } from '../../shapes/reading/shape.js';
import { bodyReader, linesReader } from '../body/response-body.js';
import { Utf8Pieces } from '../body/utf8-pieces.js';
import type { ClientProfile } from '../exchange/client-profile.js';
import { contentTypeIn } from '../exchange/headers.js';
import type { ResponseHead } from './http-call.js';
import {
  isRecordedResult,
  markLinesRecorded,
  markResultRecorded,
  recordedLines,
} from './recorded-results.js';
import { billedParts, billingOf, responseUpdate } from './response-update.js';
import { optionsOfDescription } from './step-options.js';

/** A request that may fetch such a result. Each result is recorded once, however often it is fetched. */
export class FetchedResult {
  readonly #profile: ClientProfile;
  readonly #retrieval: Retrieval;
  readonly #id: string;
  readonly #url: URL;
  /** The step in which the result is fetched. The body may be read in another scope. */
  readonly #parent = currentStep();

  /** For a GET; undefined if it fetches no result, or one that is recorded already. */
  static forUrl(profile: ClientProfile, method: string, url: URL): FetchedResult | undefined {
    return method === 'GET'
      ? FetchedResult.#find(profile, url, (each) => each.idInUrl(url))
      : undefined;
  }

  /** For a POST; undefined if it fetches no result, or one that is recorded already. */
  static forRequest(profile: ClientProfile, request: ModelRequest): FetchedResult | undefined {
    return FetchedResult.#find(profile, request.url, (each) => each.idInBody?.(request));
  }

  static #find(
    profile: ClientProfile,
    url: URL,
    idOf: (retrieval: Retrieval) => string | undefined,
  ): FetchedResult | undefined {
    for (const retrieval of profile.retrievals ?? []) {
      const id = idOf(retrieval);
      if (id === undefined) continue;
      return isRecordedResult(id) ? undefined : new FetchedResult(profile, retrieval, id, url);
    }
    return undefined;
  }

  private constructor(profile: ClientProfile, retrieval: Retrieval, id: string, url: URL) {
    this.#profile = profile;
    this.#retrieval = retrieval;
    this.#id = id;
    this.#url = url;
  }

  /**
   * Reads the response, and records the result once the body has ended.
   * @returns the observer of the response's body; undefined for a status of 400 or above
   */
  observeBody({ status, headers }: ResponseHead): BodyObserver | undefined {
    if (status >= 400) return undefined;
    const reader = this.#retrieval.reader(this.#url);
    const contentType = contentTypeIn(headers);
    const { isLines = false } = this.#retrieval;
    const lines = new NewLines(reader, recordedLines(this.#id));
    const body = isLines ? linesReader(lines) : bodyReader(contentType, reader);
    const firstLine = new FirstLine((line) => this.#retrieval.mayBeResult?.(line) ?? true);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      if (recordedLines(this.#id) === lines.skipped) this.#record(reader);
    };
    const leave = () => {
      if (reader.isComplete) end();
      if (isOver || !isLines || lines.added === 0) return;
      isOver = true;
      if (recordedLines(this.#id) !== lines.skipped) return;
      this.#record(reader, { partial: true, ended: 'left' });
      markLinesRecorded(this.#id, lines.skipped + lines.added);
    };
    return {
      chunk: (bytes) => {
        if (isOver) return;
        if (this.#retrieval.mayBeResult !== undefined && !firstLine.addChunk(bytes)) {
          isOver = true;
          return;
        }
        body.chunk(bytes);
        // The rest of a body that is no result is not read.
        if (reader.isOver === true) end();
      },
      ended: () => {
        if (isOver) return;
        body.end();
        // The app may fetch a body that was cut off again.
        if (body.isCut !== true) end();
      },
      failed: (error) => {
        if (isAbort(error, undefined)) leave();
      },
      cancelled: leave,
    };
  }

  /** @param incomplete facts of a result that was not received to its end */
  #record(reader: ResultReader, incomplete?: JsonObject): void {
    const { description, resultId } = reader;
    if (description === undefined || isRecordedResult(this.#id)) return;
    if (incomplete === undefined) {
      markResultRecorded(this.#id);
      markResultRecorded(resultId);
    }
    const { options } = this.#profile;
    const step = optionsOfDescription(this.#profile, this.#retrieval, this.#url, description);
    const call = startCall(step, {}, this.#parent);
    if (call === undefined) return;
    const response = reader.response();
    call.addBilling(billingOf(response, this.#url), billedParts(response, this.#url));
    const update = responseUpdate(options, response, { retrieved: true, ...incomplete });
    if (reader.failure === undefined) call.end(update);
    else call.fail(statedError(options, reader.failure), update);
  }
}

/** Passes on the lines of a result that have not been recorded before. */
class NewLines {
  readonly skipped: number;
  readonly #reader: ResultReader;
  #count = 0;

  constructor(reader: ResultReader, skipped: number) {
    this.#reader = reader;
    this.skipped = skipped;
  }

  /** The number of lines that have been passed on. */
  get added(): number {
    return Math.max(0, this.#count - this.skipped);
  }

  readEvent(line: JsonObject): boolean {
    this.#count++;
    return this.#count > this.skipped && this.#reader.readEvent(line);
  }
}

/** Only this much of a longer first line is tested. */
const MAX_FIRST_LINE_CHARS = 1_048_576;

/** Tests the first line of a body while the body is received. */
class FirstLine {
  readonly #decoder = new Utf8Pieces();
  readonly #mayBeResult: (line: string) => boolean;
  /** Undefined once the line is tested. */
  #line: string | undefined = '';

  constructor(mayBeResult: (line: string) => boolean) {
    this.#mayBeResult = mayBeResult;
  }

  /** Adds a chunk of the body. @returns whether the body may be a result, by what has been received of it */
  addChunk(bytes: Uint8Array): boolean {
    if (this.#line === undefined) return true;
    const line = (this.#line + this.#decoder.decode(bytes)).trimStart();
    const end = line.indexOf('\n');
    const isJson = line === '' || line.startsWith('{');
    const isWhole = end >= 0 || line.length >= MAX_FIRST_LINE_CHARS;
    this.#line = isWhole ? undefined : line;
    if (!isJson) return false;
    return !isWhole || this.#mayBeResult(end < 0 ? line : line.slice(0, end));
  }
}
