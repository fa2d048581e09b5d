/** Converts the values of one trace to masked JSON text, within the characters that the trace has left. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { parseJson } from '../../values/json/json-text.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import type { Snapshotter } from '../../values/snapshot/snapshotter.js';
import { cutKey } from './step-name.js';

/** A longer key counts as this number of characters. */
const MAX_KEY_CHARS = 256;

/** The trace whose values are converted. */
interface ChangingTrace {
  readonly recorder: {
    readonly snapshotter: Snapshotter;
    readonly redactor: Redactor;
    readonly diagnostics: Diagnostics;
  };
  /** Call it when something of the trace changes: a row that was written before is out of date. */
  markChanged(): void;
}

/** The characters that the values of one trace may have, together. */
export class TraceRoom {
  readonly max: number;
  #left: number;

  constructor(maxChars: number, left = maxChars) {
    this.max = maxChars;
    this.#left = left;
  }

  /** Negative if the last value took more than there were. */
  get left(): number {
    return this.#left;
  }

  subtract(chars: number): void {
    this.#left -= chars;
  }

  copy(): TraceRoom {
    return new TraceRoom(this.max, this.#left);
  }
}

/** From this part of the room on, little is left. */
const LITTLE = 1 / 4;
/** Part of the room that the steps below the root leave to its values, which are recorded last: inputs, output, error. */
const RESERVE = 1 / 8;
/** While there is room, a value is kept whole whose text is shorter. */
const SHORT_CHARS = 800;
/** While there is room, a longer value has at least this number of characters. */
const MIN_CHARS = 100;
/** Limit that cuts no short value. */
const SHORT_LIMIT = 1000;

/** Converts values within the limits of one trace. */
export class TraceValues {
  readonly redactor: Redactor;
  readonly #snapshotter: Snapshotter;
  readonly #trace: ChangingTrace;
  readonly #room: TraceRoom;
  readonly #of: 'root' | 'steps';

  /** @param of whether they are values of the trace and its root, or of the steps below the root */
  constructor(trace: ChangingTrace, room: TraceRoom, of: 'root' | 'steps' = 'root') {
    this.redactor = trace.recorder.redactor;
    this.#snapshotter = trace.recorder.snapshotter;
    this.#trace = trace;
    this.#room = room;
    this.#of = of;
  }

  /** The same for the values of steps below the root, which leave room for those of the root. */
  ofSteps(): TraceValues {
    return new TraceValues(this.#trace, this.#room, 'steps');
  }

  /** The same for a value that is not recorded in the trace: its characters do not count. */
  uncounted(): TraceValues {
    const trace = { recorder: this.#trace.recorder, markChanged() {} };
    return new TraceValues(trace, this.#room.copy(), this.#of);
  }

  /** Characters that these values have left; negative if a last value took more. */
  get room(): number {
    const { left, max } = this.#room;
    return this.#of === 'steps' ? left - max * RESERVE : left;
  }

  /** Whether the limit is used up, so that values become marks. */
  get isFull(): boolean {
    return this.room <= 0;
  }

  /**
   * Characters that the next value may have. When little is left, values of steps get less and less: the last calls of an agent matter
   * as much as the first, whose messages they repeat.
   */
  get #maxChars(): number {
    const room = Math.max(this.room, 0);
    const little = this.#room.max * LITTLE;
    if (room > little) return room;
    if (this.#of === 'root') return Math.floor(room / 2);
    const less = Math.floor(((room / 16) * room) / little);
    return Math.max(less, Math.min(room, MIN_CHARS));
  }

  /** The JSON text of a value. @param key the value's key, by which it may be a secret */
  snapshot(value: unknown, key: string): string {
    return this.#counted(this.snapshotOfPart(value, key), key);
  }

  /** The JSON text of a value that is recorded later, whole or in parts. Its characters do not count until then. */
  snapshotOfPart(value: unknown, key = ''): string {
    const maxChars = this.#maxChars;
    if (maxChars < SHORT_LIMIT && this.room > SHORT_LIMIT) {
      const text = this.#snapshotter.text(value, key, SHORT_LIMIT);
      if (text.length < SHORT_CHARS) return text;
    }
    return this.#snapshotter.text(value, key, maxChars);
  }

  /** The JSON text of an item of a stream. It is recorded at the stream's end, and its characters do not count until then. */
  snapshotOfItem(item: unknown): string {
    return this.#snapshotter.textOfItem(item, this.#maxChars);
  }

  /** The JSON text of the value of a JSON text, which is reused if nothing has to be masked. Undefined if it is not JSON. */
  snapshotOfJson(json: string, key: string): string | undefined {
    const text = this.#snapshotter.textOfJson(json, key, this.#maxChars);
    return text === undefined ? undefined : this.#counted(text, key);
  }

  /** The JSON text of the joined text of stream events. */
  snapshotOfStream(text: string, key: string): string {
    return this.#counted(this.#snapshotter.textOfStream(text, key, this.#maxChars), '');
  }

  /** Counts the characters of a value and its key. @returns the text itself */
  #counted(text: string, key: string): string {
    this.#trace.markChanged();
    this.#room.subtract(text.length + Math.min(key.length, MAX_KEY_CHARS));
    return text;
  }

  /** The JSON text of a property; a mark for a getter, which is not called. Undefined if the value is undefined. */
  snapshotProperty(holder: object, key: string): string | undefined {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor === undefined) return undefined;
    const isAccessor = descriptor.get !== undefined || descriptor.set !== undefined;
    const value: unknown = isAccessor ? '[Getter]' : descriptor.value;
    return value === undefined ? undefined : this.snapshot(value, key);
  }

  /** A value as one masked string: a string itself, anything else as JSON text. @param key the value's key, if it has one */
  redacted(value: unknown, key = ''): string {
    const text = this.snapshot(value, key);
    return text.startsWith('"') ? (parseJson(text) as string) : text;
  }

  /** A key of metadata or the name of a column as it is sent: masked and cut to 256 characters. */
  label(key: string): string {
    return this.redactor.label(cutKey(key));
  }

  /**
   * Reports a value of the wrong type as `bad_input`, once a minute for each `about`.
   * @param about needed if the message contains what clients may choose
   */
  reportBadInput(message: string, about = message): void {
    this.#trace.recorder.diagnostics.report('warn', 'bad_input', message, undefined, about);
  }
}
