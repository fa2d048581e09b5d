/** Divides a body into server-sent events (WHATWG HTML, section 9.2.6). */

import { BoundedJson } from './bounded-json.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** Longer events are parsed while they are received, so that the memory for them is bounded. */
const MAX_EVENT_CHARS = 1_048_576;
/** The number of last characters of a long event that are kept, because a chunk may end within the empty line after it. */
const TAIL_CHARS = 4;
const DATA = 'data:';

/** Passes each event of a body to its methods, which a subclass implements. */
export abstract class ServerSentEvents {
  readonly #decoder = new Utf8Pieces();
  /** The received part of the current event; the last characters of a long event. */
  #rest = '';
  #long: LongEvent | undefined;

  protected addChunk(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes);
    // A chunk may end between the two newlines after an event.
    let at = this.#rest === '' && text.charCodeAt(0) === 10 ? 1 : 0;
    if (this.#rest !== '') {
      at = endOfCut(this.#rest, text);
      if (at < 0) {
        this.#keep(this.#rest + text);
        return;
      }
      // Join only the event that was cut, not the whole chunk, which may be long.
      const event = this.#rest + text.slice(0, at);
      if (this.#long !== undefined) this.#endLong(event);
      else if (this.readRecurring(event, 0) === 0) this.readEvent(event);
    }
    for (;;) {
      at = this.readRecurring(text, at);
      const end = endOfEvent(text, at);
      if (end < 0) break;
      this.readEvent(text.slice(at, end));
      at = end;
    }
    this.#keep(text.slice(at));
  }

  end(): void {
    const rest = this.#rest + this.#decoder.end();
    if (this.#long !== undefined) this.#endLong(rest);
    else this.readEvent(rest);
    this.#rest = '';
  }

  /** Reads an event as it was received, with the empty line after it. */
  protected abstract readEvent(source: string): void;

  /** Reads the data of an event that was too long to be kept as text. */
  protected abstract readLongData(data: unknown): void;

  /** Reads events from `start` on without parsing them. @returns the index of the first other event */
  protected readRecurring(_source: string, start: number): number {
    return start;
  }

  /**
   * Reads what was received without the empty line after it, if it can be read already.
   * @returns whether it was read
   */
  protected readEarly(_rest: string): boolean {
    return false;
  }

  #keep(rest: string): void {
    if (this.#long === undefined && this.readEarly(rest)) {
      this.#rest = '';
      return;
    }
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
    this.readLongData(long.end());
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
      this.#readOfLine(source.slice(start, end));
      if (newline >= 0) this.#line = '';
      start = end + 1;
    }
  }

  end(): unknown {
    return this.#json.end();
  }

  #readOfLine(text: string): void {
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

/** The index after the event that starts at `start` and after its empty line; -1 if the event is not complete. */
export function endOfEvent(source: string, start: number): number {
  for (let at = source.indexOf('\n', start); at >= 0; at = source.indexOf('\n', at + 1)) {
    const next = source.charCodeAt(at + 1);
    if (next === 10) return at + 2;
    if (next === 13) return source.charCodeAt(at + 2) === 10 ? at + 3 : at + 2;
  }
  return -1;
}

/** The index after the last complete event and its empty line; 0 if no event is complete. */
export function endOfLastEvent(source: string): number {
  for (let at = source.lastIndexOf('\n'); at > 0; at = source.lastIndexOf('\n', at - 1)) {
    const before = source.charCodeAt(at - 1) === 13 ? at - 2 : at - 1;
    if (source.charCodeAt(before) === 10) return at + 1;
  }
  return 0;
}

/** The index in `text` after the event that started in `before`; -1 if the event is not complete. */
function endOfCut(before: string, text: string): number {
  const tail = before.slice(-2);
  const end = endOfEvent(tail + text.slice(0, 2), 0);
  return end < 0 ? endOfEvent(text, 0) : end - tail.length;
}

/** The data of an event; undefined if it has none. */
export function eventDataOf(source: string): string | undefined {
  let data: string | undefined;
  for (const line of source.split('\n')) {
    if (line.slice(0, 5) !== DATA) continue;
    const end = line.charCodeAt(line.length - 1) === 13 ? line.length - 1 : line.length;
    const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5, end);
    data = data === undefined ? value : `${data}\n${value}`;
  }
  return data;
}

/** The name of an event: `message` if it has none. */
export function eventNameOf(source: string): string {
  return /^event: ?([^\r\n]+)/m.exec(source)?.[1] ?? 'message';
}
