/** Reads server-sent events whose data are JSON (WHATWG HTML, section 9.2.6). */

import { isRecord, parseJson } from '../../common/json.js';
import type { ResponseReader } from '../../shapes/shape.js';
import type { BodyReader } from './body-reader.js';
import { BoundedJson } from './bounded-json.js';
import { RecurringEvent } from './recurring-event.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** Longer events are parsed while they are received, so that the memory for them is bounded. */
const MAX_EVENT_CHARS = 1_048_576;
/** The number of last characters of a long event that are kept, because a chunk may end within the empty line after it. */
const TAIL_CHARS = 4;
const DATA = 'data:';
/** Matches an event named `error`. Clients throw when they receive one, whatever its data. */
const NAMED_ERROR = /^(?:(?:id|retry)?:[^\n]*\n)*event: ?error\r?\n/;
/** After this many wrong guesses in a row, events are no longer compared with the event before. */
const MAX_GUESSES = 8;

/** Passes the JSON object of each event to the reader. Data that are no JSON object are left out. */
export class EventStream implements BodyReader {
  failure: unknown = undefined;
  readonly #reader: ResponseReader;
  readonly #decoder = new Utf8Pieces();
  /** The received part of the current event; the last characters of a long event. */
  #rest = '';
  #long: LongEvent | undefined;
  #recurring: RecurringEvent | undefined;
  /** The number of wrong guesses in a row. */
  #guesses = 0;
  /** Whether the current chunk contained a part of the model's answer. */
  #hasContent = false;

  constructor(reader: ResponseReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    const text = this.#decoder.decode(bytes);
    this.#hasContent = false;
    // A chunk may end between the two newlines after an event.
    let at = this.#rest === '' && text.charCodeAt(0) === 10 ? 1 : 0;
    if (this.#rest !== '') {
      at = endOfCut(this.#rest, text);
      if (at < 0) {
        this.#keep(this.#rest + text);
        return false;
      }
      // Join only the event that was cut, not the whole chunk, which may be long.
      const event = this.#rest + text.slice(0, at);
      if (this.#long !== undefined) this.#endLong(event);
      else if (this.#takeRecurring(event, 0) === 0) this.#event(event);
    }
    for (;;) {
      at = this.#takeRecurring(text, at);
      const end = endOfEvent(text, at);
      if (end < 0) break;
      this.#event(text.slice(at, end));
      at = end;
    }
    this.#keep(text.slice(at));
    return this.#hasContent;
  }

  end(): void {
    const rest = this.#rest + this.#decoder.end();
    if (this.#long !== undefined) this.#endLong(rest);
    else this.#event(rest);
    this.#rest = '';
  }

  #keep(rest: string): void {
    this.#rest = rest;
    if (this.#long === undefined && rest.length <= MAX_EVENT_CHARS) return;
    this.#long ??= new LongEvent();
    // A chunk may end within the empty line after the event.
    this.#long.add(rest.slice(0, -TAIL_CHARS));
    this.#rest = rest.slice(-TAIL_CHARS);
  }

  #endLong(rest: string): void {
    const long = this.#long as LongEvent;
    this.#long = undefined;
    long.add(rest);
    const event = long.end();
    if (isRecord(event) && this.#reader.readEvent(event)) this.#hasContent = true;
  }

  #takeRecurring(source: string, start: number): number {
    const recurring = this.#recurring;
    if (recurring === undefined) return start;
    const { chars } = recurring;
    const end = recurring.addFrom(source, start);
    if (end > start) this.#guesses = 0;
    if (recurring.chars > chars) this.#hasContent = true;
    return end;
  }

  #event(source: string): void {
    const data = dataOf(source);
    if (data === '') return;
    if (data === '[DONE]') {
      this.#reader.endOfEvents();
      return;
    }
    const event = parseJson(data);
    const isContent = isRecord(event) && this.#reader.readEvent(event);
    if (isContent) this.#hasContent = true;
    else if (NAMED_ERROR.test(source)) {
      this.failure ??= isRecord(event) ? (event.error ?? event) : { message: data };
    }
    if (!isRecord(event)) return;
    const added = this.#guesses < MAX_GUESSES ? this.#reader.extendedText?.(event) : undefined;
    if (added === undefined) return;
    this.#recurring = RecurringEvent.of(source, added);
    this.#guesses++;
  }
}

/** Parses the data of an event that is too long to be kept as text. */
class LongEvent {
  readonly #json = new BoundedJson();
  /** The beginning of the current line; undefined once its field name has been read. */
  #line: string | undefined = '';
  #isData = false;

  add(source: string): void {
    for (let start = 0; start < source.length; ) {
      const newline = source.indexOf('\n', start);
      const end = newline < 0 ? source.length : newline;
      this.#takeOfLine(source.slice(start, end));
      if (newline >= 0) this.#line = '';
      start = end + 1;
    }
  }

  end(): unknown {
    return this.#json.end();
  }

  #takeOfLine(text: string): void {
    if (this.#line === undefined) {
      if (this.#isData) this.#json.add(text);
      return;
    }
    this.#line += text;
    if (this.#line.length < DATA.length) return;
    this.#isData = this.#line.startsWith(DATA);
    if (this.#isData) this.#json.add(this.#line.slice(DATA.length));
    this.#line = undefined;
  }
}

/** The index after the event that begins at `start` and after its empty line; -1 if the event is not complete. */
function endOfEvent(source: string, start: number): number {
  for (let at = source.indexOf('\n', start); at >= 0; at = source.indexOf('\n', at + 1)) {
    const next = source.charCodeAt(at + 1);
    if (next === 10) return at + 2;
    if (next === 13) return source.charCodeAt(at + 2) === 10 ? at + 3 : at + 2;
  }
  return -1;
}

/** The index in `text` after the event that began in `before`; -1 if the event is not complete. */
function endOfCut(before: string, text: string): number {
  const tail = before.slice(-2);
  const end = endOfEvent(tail + text.slice(0, 2), 0);
  return end < 0 ? endOfEvent(text, 0) : end - tail.length;
}

function dataOf(source: string): string {
  let data: string | undefined;
  for (const line of source.split('\n')) {
    if (line.slice(0, 5) !== 'data:') continue;
    const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data?.trimEnd() ?? '';
}
