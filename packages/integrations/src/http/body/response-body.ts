/**
 * Decodes the body of a response for a `ResponseReader`: passes on each event or line of a stream when it is received, any other
 * body when it has ended.
 */

import { isRecord, tryParseJson } from '../../common/json.js';
import { CollectedText } from '../../shapes/reading/collected-text.js';
import type { ResponseReader } from '../../shapes/shape.js';
import type { BodyReader } from './body-reader.js';
import { BoundedJson } from './bounded-json.js';
import { EVENT_FRAMES, EventFrames } from './event-frames.js';
import { EventStream } from './event-stream.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** Longer bodies and lines are parsed while they are received, so that the memory for them is bounded. */
const MAX_WHOLE_CHARS = 1_048_576;

/** The decoder for a body of this media type. */
export function bodyReader(contentType: string, reader: ResponseReader): BodyReader {
  if (contentType.startsWith('text/event-stream')) return new EventStream(reader);
  if (/ndjson|jsonl|json-seq|stream\+json/.test(contentType)) return new JsonLines(reader);
  if (contentType.startsWith(EVENT_FRAMES)) return new EventFrames(reader);
  if (/json/.test(contentType)) return new JsonBody(reader);
  if (contentType.startsWith('text/')) return new TextBody(reader);
  return new BinaryBody(reader, contentType);
}

/** The decoder for JSON lines, for a body whose media type does not say that it has them. */
export function linesReader(reader: ResponseReader): BodyReader {
  return new JsonLines(reader);
}

/** Whether a body of this media type is a stream of events or lines. */
export function isStreamType(contentType: string): boolean {
  return /^text\/event-stream|amazon\.eventstream|ndjson|jsonl|json-seq|stream\+json/.test(
    contentType,
  );
}

/** Reads one JSON value per line. Lines that are no JSON object are left out. */
class JsonLines implements BodyReader {
  readonly #reader: ResponseReader;
  readonly #decoder = new Utf8Pieces();
  #rest = '';
  /** Parses the current line, if it is too long to be kept as text. */
  #long: BoundedJson | undefined;

  constructor(reader: ResponseReader) {
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
      const event = this.#endLine(all.slice(start, end));
      if (isRecord(event) && this.#reader.readEvent(event)) isContent = true;
      start = end + 1;
    }
    this.#rest = all.slice(start);
    if (this.#long !== undefined || this.#rest.length > MAX_WHOLE_CHARS) {
      this.#long ??= new BoundedJson();
      this.#long.add(this.#rest);
      this.#rest = '';
    }
    return isContent;
  }

  /** @returns the value of the line that ends with this string */
  #endLine(line: string): unknown {
    const long = this.#long;
    if (long === undefined) return tryParseJson(line);
    this.#long = undefined;
    long.add(line);
    return long.end();
  }
}

/** Reads a body that is one JSON value. */
class JsonBody implements BodyReader {
  isCut = false;
  value: unknown;
  readonly #reader: ResponseReader;
  readonly #decoder = new Utf8Pieces();
  #parts: string[] = [];
  #chars = 0;
  #long: BoundedJson | undefined;

  constructor(reader: ResponseReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    this.#take(this.#decoder.decode(bytes));
    return false;
  }

  end(): void {
    this.#take(this.#decoder.end());
    this.value = this.#long === undefined ? this.#parse(this.#parts.join('')) : this.#long.end();
    if (this.#long?.isCut === true) this.isCut = true;
    this.#reader.readWhole(this.value);
  }

  /** The value of complete JSON, the received part of JSON that was cut off, or the text if it is no JSON. */
  #parse(source: string): unknown {
    const value = tryParseJson(source);
    if (value !== undefined) return value;
    if (!/^\s*[{[]/.test(source)) return source;
    this.isCut = true;
    const received = new BoundedJson();
    received.add(source);
    return received.end();
  }

  #take(text: string): void {
    if (this.#long !== undefined) {
      this.#long.add(text);
      return;
    }
    this.#parts.push(text);
    this.#chars += text.length;
    if (this.#chars <= MAX_WHOLE_CHARS) return;
    this.#long = new BoundedJson();
    for (const part of this.#parts) this.#long.add(part);
    this.#parts = [];
  }
}

/** Reads a body of text that is not JSON. */
class TextBody implements BodyReader {
  value: unknown;
  readonly #reader: ResponseReader;
  readonly #decoder = new Utf8Pieces();
  readonly #text = new CollectedText();

  constructor(reader: ResponseReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    this.#text.add(this.#decoder.decode(bytes));
    return false;
  }

  end(): void {
    this.#text.add(this.#decoder.end());
    this.value = this.#text.toString();
    this.#reader.readWhole(this.value);
  }
}

/** Counts the bytes of a binary body, such as audio. They are not kept. */
class BinaryBody implements BodyReader {
  readonly #reader: ResponseReader;
  readonly #contentType: string;
  #bytes = 0;

  constructor(reader: ResponseReader, contentType: string) {
    this.#reader = reader;
    this.#contentType = contentType.split(';')[0] || 'binary';
  }

  chunk(bytes: Uint8Array): boolean {
    this.#bytes += bytes.byteLength;
    return true;
  }

  end(): void {
    const bytes = this.#bytes;
    this.#reader.readWhole(bytes > 0 ? `[${this.#contentType}, ${bytes} bytes]` : undefined);
  }
}
