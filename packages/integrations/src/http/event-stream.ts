/** Server-sent events whose data are JSON (WHATWG HTML, section 9.2.6). */

import { isRecord, parseJson } from '../common/json.js';
import type { AnswerReader } from '../shapes/shape.js';
import type { AnswerBody } from './answer-body.js';
import { RecurringEvent } from './recurring-event.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** An event that is longer is left out. */
const MAX_EVENT_CHARS = 1_048_576;
/** Where events do not recur, it is not worth while to look for them. */
const MAX_GUESSES = 8;

export class EventStream implements AnswerBody {
  readonly #reader: AnswerReader;
  readonly #decoder = new Utf8Pieces();
  /** The beginning of an event. */
  #rest = '';
  #recurring: RecurringEvent | undefined;
  /** How many events in a row were taken to recur and did not. */
  #guesses = 0;
  /** Whether the chunk that is read brought some of the answer. */
  #hasContent = false;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    const text = this.#decoder.decode(bytes);
    this.#hasContent = false;
    // An empty line may be cut between the two characters that end it.
    let at = this.#rest === '' && text.charCodeAt(0) === 10 ? 1 : 0;
    if (this.#rest !== '') {
      at = endOfCut(this.#rest, text);
      if (at < 0) {
        this.#keep(this.#rest + text);
        return false;
      }
      // Only the event that was cut is put together: chunks are long.
      const event = this.#rest + text.slice(0, at);
      if (this.#takeRecurring(event, 0) === 0) this.#event(event);
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
    this.#event(this.#rest + this.#decoder.end());
    this.#rest = '';
  }

  #keep(rest: string): void {
    this.#rest = rest.length > MAX_EVENT_CHARS ? '' : rest;
  }

  #takeRecurring(source: string, start: number): number {
    const recurring = this.#recurring;
    if (recurring === undefined) return start;
    const { chars } = recurring;
    const end = recurring.take(source, start);
    if (end > start) this.#guesses = 0;
    if (recurring.chars > chars) this.#hasContent = true;
    return end;
  }

  #event(source: string): void {
    const data = dataOf(source);
    if (data === '') return;
    if (data === '[DONE]') {
      this.#reader.done();
      return;
    }
    const event = parseJson(data);
    if (!isRecord(event)) return;
    if (this.#reader.event(event)) this.#hasContent = true;
    const added = this.#guesses < MAX_GUESSES ? this.#reader.added?.(event) : undefined;
    if (added === undefined) return;
    this.#recurring = RecurringEvent.of(source, added);
    this.#guesses++;
  }
}

/** Where the event that begins there has ended, behind the empty line; -1 where it has not. */
function endOfEvent(source: string, start: number): number {
  for (let at = source.indexOf('\n', start); at >= 0; at = source.indexOf('\n', at + 1)) {
    const next = source.charCodeAt(at + 1);
    if (next === 10) return at + 2;
    if (next === 13) return source.charCodeAt(at + 2) === 10 ? at + 3 : at + 2;
  }
  return -1;
}

/** Where in the text the event ends that began before it; the empty line may be cut, too. */
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
