/**
 * Decodes the body of a response for a `ResponseReader`: passes on each event or line of a stream when it is received, any other
 * body when it has ended.
 */

import { isJsonObject, tryParseJson } from '../../common/json.js';
import { CollectedText } from '../../shapes/reading/collected-text.js';
import type { ResponseReader } from '../../shapes/reading/shape.js';
import type { BodyReader } from './body-reader.js';
import { BoundedJson } from './bounded-json.js';
import { EVENT_FRAMES, EventFrames } from './event-frames.js';
import { EventStream } from './event-stream.js';
import { Utf8Pieces } from './utf8-pieces.js';
import { MAX_WHOLE_CHARS, WholeBody } from './whole-body.js';

/** Matches media types of JSON lines. */
const JSON_LINES = /ndjson|jsonl|json-seq|stream\+json/;

/** The decoder for a body of this media type. */
export function bodyReader(contentType: string, reader: ResponseReader): BodyReader {
  if (isEventStream(contentType)) return new EventStream(reader);
  if (JSON_LINES.test(contentType)) return new JsonLines(reader);
  if (contentType.startsWith(EVENT_FRAMES)) return new EventFrames(reader);
  if (/json/.test(contentType)) return new JsonBody(reader);
  if (contentType.startsWith('text/')) return new TextBody(reader);
  return new BinaryBody(reader, contentType);
}

/** The decoder for JSON lines, for a body whose media type does not say that it has them. */
export function linesReader(reader: Pick<ResponseReader, 'readEvent'>): BodyReader {
  return new JsonLines(reader);
}

/** Whether a body of this media type is a stream of server-sent events. */
export function isEventStream(contentType: string): boolean {
  return contentType.startsWith('text/event-stream');
}

/** Whether a body of this media type is a stream of events or lines. */
export function isStreamType(contentType: string): boolean {
  return (
    isEventStream(contentType) ||
    JSON_LINES.test(contentType) ||
    contentType.startsWith(EVENT_FRAMES)
  );
}

/** Reads one JSON value per line. Lines that are no JSON object are left out. */
class JsonLines implements BodyReader {
  readonly #reader: Pick<ResponseReader, 'readEvent'>;
  readonly #decoder = new Utf8Pieces();
  #rest = '';
  /** Parses the current line, if it is too long to be kept as text. */
  #long: BoundedJson | undefined;

  constructor(reader: Pick<ResponseReader, 'readEvent'>) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    return this.#readText(this.#decoder.decode(bytes));
  }

  end(): void {
    this.#readText(`${this.#decoder.end()}\n`);
  }

  #readText(text: string): boolean {
    const all = this.#rest + text;
    let isContent = false;
    let start = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', start)) {
      const event = this.#endLine(all.slice(start, end));
      if (isJsonObject(event) && this.#reader.readEvent(event)) isContent = true;
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
  readonly #body = new WholeBody();

  constructor(reader: ResponseReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    this.#body.add(bytes);
    return false;
  }

  end(): void {
    this.#body.end();
    const { long } = this.#body;
    this.value = long === undefined ? this.#parse(this.#body.text) : long.end();
    if (long?.isCut === true) this.isCut = true;
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
