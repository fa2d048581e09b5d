/** The body of an answer as it passes by: events of a stream at once, anything else when it is whole. */

import { isRecord, parseJson } from '../common/json.js';
import type { AnswerReader } from '../shapes/shape.js';
import { EVENT_FRAMES, EventFrames } from './event-frames.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** What is kept of an answer that comes in one piece. */
const MAX_WHOLE_BYTES = 1_048_576;
/** Of a longer one, the end: usage stands there. */
const TAIL_CHARS = 16_384;
/** An event or line that is longer is left out. */
const MAX_EVENT_CHARS = 1_048_576;

export interface AnswerBody {
  /** @returns whether some of the answer itself came */
  chunk(bytes: Uint8Array): boolean;
  /** No more will come. */
  end(): void;
}

/** How a body of this media type is read. */
export function answerBody(contentType: string, reader: AnswerReader): AnswerBody {
  if (contentType.startsWith('text/event-stream')) return new Events(reader);
  if (/ndjson|jsonl|json-seq|stream\+json/.test(contentType)) return new Lines(reader);
  if (contentType.startsWith(EVENT_FRAMES)) return new EventFrames(reader);
  if (/json/.test(contentType)) return new Whole(reader, true);
  if (contentType.startsWith('text/')) return new Whole(reader, false);
  return new Binary(reader, contentType);
}

/** Whether an answer of this media type comes bit by bit. */
export function isStream(contentType: string): boolean {
  return /^text\/event-stream|amazon\.eventstream|ndjson|jsonl|json-seq|stream\+json/.test(
    contentType,
  );
}

/** Lines of text, each without its break. */
abstract class LineReader implements AnswerBody {
  readonly #decoder = new Utf8Pieces();
  #rest = '';

  chunk(bytes: Uint8Array): boolean {
    return this.#take(this.#decoder.decode(bytes));
  }

  end(): void {
    this.#take(`${this.#decoder.end()}\n`);
    this.lastLine();
  }

  /** @returns whether it brought some of the answer */
  protected abstract line(line: string): boolean;
  protected lastLine(): void {}

  #take(text: string): boolean {
    const all = this.#rest === '' ? text : this.#rest + text;
    let isContent = false;
    let start = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', start)) {
      const stop = end > start && all.charCodeAt(end - 1) === 13 ? end - 1 : end;
      if (this.line(stop === start ? '' : all.slice(start, stop))) isContent = true;
      start = end + 1;
    }
    this.#rest = all.length - start > MAX_EVENT_CHARS ? '' : all.slice(start);
    return isContent;
  }
}

/** JSON, one value a line. */
class Lines extends LineReader {
  readonly #reader: AnswerReader;

  constructor(reader: AnswerReader) {
    super();
    this.#reader = reader;
  }

  protected line(line: string): boolean {
    const event = parseJson(line);
    return isRecord(event) && this.#reader.event(event);
  }
}

/** Server-sent events whose data are JSON (WHATWG HTML, section 9.2.6). */
class Events extends LineReader {
  readonly #reader: AnswerReader;
  #data: string | undefined;

  constructor(reader: AnswerReader) {
    super();
    this.#reader = reader;
  }

  protected line(line: string): boolean {
    if (line === '') return this.#event();
    if (line.slice(0, 5) === 'data:') {
      const data = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
      this.#data = this.#data === undefined ? data : `${this.#data}\n${data}`;
    }
    return false;
  }

  protected override lastLine(): void {
    this.#event();
  }

  #event(): boolean {
    const data = this.#data;
    if (data === undefined) return false;
    this.#data = undefined;
    if (data === '[DONE]') {
      this.#reader.done();
      return false;
    }
    if (this.#reader.quick?.(data) === true) return true;
    const event = parseJson(data);
    return isRecord(event) && this.#reader.event(event);
  }
}

/** An answer in one piece. Of one that is too long, what can be found in its end is kept. */
class Whole implements AnswerBody {
  readonly #reader: AnswerReader;
  readonly #isJson: boolean;
  readonly #decoder = new Utf8Pieces();
  #parts: string[] = [];
  #bytes = 0;
  #isCut = false;

  constructor(reader: AnswerReader, isJson: boolean) {
    this.#reader = reader;
    this.#isJson = isJson;
  }

  chunk(bytes: Uint8Array): boolean {
    this.#bytes += bytes.byteLength;
    this.#parts.push(this.#decoder.decode(bytes));
    if (this.#bytes > MAX_WHOLE_BYTES) {
      this.#isCut = true;
      this.#parts = [this.#parts.join('').slice(-TAIL_CHARS)];
    }
    return false;
  }

  end(): void {
    const text = this.#parts.join('') + this.#decoder.end();
    if (!this.#isJson) this.#reader.whole(this.#isCut ? `[${this.#bytes} bytes of text]` : text);
    else this.#reader.whole(this.#isCut ? { usage: usageIn(text) } : parseJson(text));
  }
}

/** The last object under the key `usage` that the end of a JSON text holds completely. */
function usageIn(tail: string): unknown {
  const start = tail.lastIndexOf('"usage"');
  const open = start < 0 ? -1 : tail.indexOf('{', start);
  if (open < 0) return undefined;
  let depth = 0;
  for (let i = open; i < tail.length; i++) {
    if (tail[i] === '{') depth++;
    else if (tail[i] === '}' && --depth === 0) return parseJson(tail.slice(open, i + 1));
  }
  return undefined;
}

/** Sound and the like: counted, not kept. */
class Binary implements AnswerBody {
  readonly #reader: AnswerReader;
  readonly #contentType: string;
  #bytes = 0;

  constructor(reader: AnswerReader, contentType: string) {
    this.#reader = reader;
    this.#contentType = contentType.split(';')[0] || 'binary';
  }

  chunk(bytes: Uint8Array): boolean {
    this.#bytes += bytes.byteLength;
    return true;
  }

  end(): void {
    this.#reader.whole(`[${this.#contentType}, ${this.#bytes} bytes]`);
  }
}
