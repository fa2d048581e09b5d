/** The body of an answer as it passes by: a stream's events and lines at once, anything else when it is whole. */

import { isRecord, parseJson } from '../common/json.js';
import type { AnswerReader } from '../shapes/shape.js';
import { EVENT_FRAMES, EventFrames } from './event-frames.js';
import { EventStream } from './event-stream.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** What is kept of an answer that comes in one piece. */
const MAX_WHOLE_BYTES = 1_048_576;
/** Of a longer one, the end: usage stands there. */
const TAIL_CHARS = 16_384;
/** A line that is longer is left out. */
const MAX_LINE_CHARS = 1_048_576;

export interface AnswerBody {
  /** @returns whether some of the answer itself came */
  chunk(bytes: Uint8Array): boolean;
  /** No more will come. */
  end(): void;
}

/** How a body of this media type is read. */
export function answerBody(contentType: string, reader: AnswerReader): AnswerBody {
  if (contentType.startsWith('text/event-stream')) return new EventStream(reader);
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

/** JSON, one value a line. */
class Lines implements AnswerBody {
  readonly #reader: AnswerReader;
  readonly #decoder = new Utf8Pieces();
  #rest = '';

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    return this.#take(this.#decoder.decode(bytes));
  }

  end(): void {
    this.#take(`${this.#decoder.end()}\n`);
  }

  #take(text: string): boolean {
    const all = this.#rest + text;
    let isContent = false;
    let start = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', start)) {
      const event = parseJson(all.slice(start, end));
      if (isRecord(event) && this.#reader.event(event)) isContent = true;
      start = end + 1;
    }
    this.#rest = all.length - start > MAX_LINE_CHARS ? '' : all.slice(start);
    return isContent;
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
