/** Converts the values of one trace to masked JSON text, within the characters that the trace has left. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { parseJson } from '../../values/json-text.js';
import type { Redactor } from '../../values/redactor.js';
import type { Snapshotter } from '../../values/snapshotter.js';
import { cutKey } from './step-name.js';

/** Characters of a key that count at most. */
const MAX_KEY_CHARS = 256;

/** Converts values within the limits of one trace. */
export class TraceValues {
  readonly redactor: Redactor;
  readonly #snapshotter: Snapshotter;
  readonly #diagnostics: Diagnostics;
  #room: number;
  #revision = 0;

  /** @param maxChars approximate limit of all values together */
  constructor(
    snapshotter: Snapshotter,
    redactor: Redactor,
    diagnostics: Diagnostics,
    maxChars: number,
  ) {
    this.#snapshotter = snapshotter;
    this.redactor = redactor;
    this.#diagnostics = diagnostics;
    this.#room = maxChars;
  }

  /** Increases with each change of the trace. */
  get revision(): number {
    return this.#revision;
  }

  /** Call it when something of the trace changes: a row that was written before is out of date. `snapshot` calls it. */
  markChanged(): void {
    this.#revision++;
  }

  /** Characters that the trace has left; negative if a last value took more. */
  get room(): number {
    return this.#room;
  }

  /** Whether the limit is used up, so that values become marks. */
  get isFull(): boolean {
    return this.#room <= 0;
  }

  /** The JSON text of a value. @param key the value's key, by which it may be a secret */
  snapshot(value: unknown, key: string): string {
    this.markChanged();
    const text = this.#snapshotter.text(value, key, Math.max(this.#room, 0));
    this.#room -= text.length + Math.min(key.length, MAX_KEY_CHARS);
    return text;
  }

  /** The JSON text of a value that is recorded later, as a part or in parts: its characters do not count yet. */
  snapshotOfPart(value: unknown): string {
    return this.#snapshotter.text(value, '', Math.max(this.#room, 0));
  }

  /** The JSON text of the value of a JSON text, which is reused if nothing has to be masked. Undefined if it is not JSON. */
  snapshotOfJson(json: string, key: string): string | undefined {
    const text = this.#snapshotter.textOfJson(json, key, Math.max(this.#room, 0));
    if (text === undefined) return undefined;
    this.markChanged();
    this.#room -= text.length + Math.min(key.length, MAX_KEY_CHARS);
    return text;
  }

  /** The JSON text of the joined text of stream events. */
  snapshotOfStream(text: string, key: string): string {
    this.markChanged();
    const json = this.#snapshotter.textOfStream(text, key, Math.max(this.#room, 0));
    this.#room -= json.length;
    return json;
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

  /** Reports a value of the wrong type as `bad_input`. */
  reportBadInput(message: string): void {
    this.#diagnostics.report('warn', 'bad_input', message);
  }
}
