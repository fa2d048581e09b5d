import { isEmpty, isJsonObject, tryParseJson } from '../../common/json.js';
import type { ResponseReader } from '../../shapes/reading/shape.js';
import type { BodyReader } from './body-reader.js';
import { RecurringEvent } from './recurring-event.js';
import { eventDataOf, ServerSentEvents } from './server-sent-events.js';

/** Matches an event named `error`. Clients throw when they receive one, whatever its data. */
const NAMED_ERROR = /^(?:(?:id|retry)?:[^\n]*\n)*event: ?error\r?\n/;
/** After this many wrong guesses in a row, events are no longer compared with the event before. */
const MAX_GUESSES = 8;

/** Passes the JSON object of each event to the reader. Data that are no JSON object are left out. */
export class EventStream extends ServerSentEvents implements BodyReader {
  failure: unknown = undefined;
  readonly #reader: ResponseReader;
  #recurring: RecurringEvent | undefined;
  /** The number of wrong guesses in a row. */
  #guesses = 0;
  /** Whether the current chunk contained a part of the model's answer. */
  #hasContent = false;

  constructor(reader: ResponseReader) {
    super();
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    this.#hasContent = false;
    this.addChunk(bytes);
    return this.#hasContent;
  }

  protected override readRecurring(source: string, start: number): number {
    const recurring = this.#recurring;
    if (recurring === undefined) return start;
    const { chars } = recurring;
    const end = recurring.addFrom(source, start);
    if (end > start) this.#guesses = 0;
    if (recurring.chars > chars) this.#hasContent = true;
    return end;
  }

  protected override readEvent(source: string): void {
    const data = eventDataOf(source)?.trimEnd();
    if (data === undefined) this.readEarly(source);
    if (data === undefined || data === '') return;
    if (data === '[DONE]') {
      this.#reader.endOfEvents();
      return;
    }
    const event = tryParseJson(data);
    const isContent = isJsonObject(event) && this.#reader.readEvent(event);
    if (isContent) this.#hasContent = true;
    else if (NAMED_ERROR.test(source)) {
      this.failure ??= isJsonObject(event) ? (event.error ?? event) : { message: data };
    }
    if (!isJsonObject(event)) return;
    // Not every reader expects an error without a type.
    if (!isContent && event.type === undefined && isError(event.error))
      this.failure ??= event.error;
    const added = this.#guesses < MAX_GUESSES ? this.#reader.extendedText?.(event) : undefined;
    if (added === undefined) return;
    this.#recurring = RecurringEvent.of(source, added);
    this.#guesses++;
  }

  /** Reads an error that is JSON alone and no event. The client may read nothing after it, not even the end of the body. */
  protected override readEarly(source: string): boolean {
    const text = source.trim();
    if (!text.startsWith('{') || !text.endsWith('}')) return false;
    const object = tryParseJson(text);
    if (!isJsonObject(object) || !isError(object.error)) return false;
    this.#reader.readEvent(object);
    this.failure ??= object.error;
    return true;
  }

  protected override readLongData(event: unknown): void {
    if (isJsonObject(event) && this.#reader.readEvent(event)) this.#hasContent = true;
  }
}

/** Whether the field of an event states an error: many events have a field without a value. */
function isError(value: unknown): boolean {
  return Boolean(value) && !isEmpty(value);
}
