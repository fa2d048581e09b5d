/**
 * Any value to bounded JSON text, at the moment it is logged.
 *
 * Of the value's code, it calls `toJSON` alone: getters and proxies appear as marks. It never throws. Its output is bounded, and its
 * time too, apart from the time of `toJSON` and of listing the keys of an object.
 */

import { tryParseJson } from '../json/json-text.js';
import type { Redactor } from '../redaction/redactor.js';
import { JsonScanner } from './json-scanner.js';
import { type SnapshotLimits, ValueWalk } from './value-walk.js';

/** Converts values to JSON text within the limits of one tracer. */
export class Snapshotter {
  readonly #redactor: Redactor;
  readonly #limits: SnapshotLimits;
  readonly #scanner: JsonScanner;
  readonly #onFailure: (reason: 'snapshot_failed', error: unknown) => void;
  #idle: ValueWalk | undefined;

  constructor(
    redactor: Redactor,
    limits: SnapshotLimits,
    onFailure: (reason: 'snapshot_failed', error: unknown) => void = () => {},
  ) {
    this.#redactor = redactor;
    this.#limits = limits;
    this.#scanner = new JsonScanner(redactor, limits);
    this.#onFailure = onFailure;
  }

  /**
   * The JSON text of any value; `null` for undefined.
   * @param key the value's key, by which it may be a secret
   * @param maxChars limit of this text, if it is lower than the limit of all texts
   */
  text(value: unknown, key = '', maxChars = this.#limits.maxChars): string {
    const plain = this.#plainText(value, key, maxChars);
    if (plain !== undefined) return plain;
    const room = Math.min(maxChars, this.#limits.maxChars);
    return this.#walk((walk) => walk.text(value, key, room));
  }

  #walk(textBy: (walk: ValueWalk) => string): string {
    // A toJSON method may log a value itself, which needs a walk of its own.
    const walk = this.#idle ?? new ValueWalk(this.#redactor, this.#limits);
    this.#idle = undefined;
    try {
      return textBy(walk);
    } catch (error) {
      this.#onFailure('snapshot_failed', error);
      return '"[Unreadable]"';
    } finally {
      this.#idle = walk;
    }
  }

  /** The JSON text of most values: a short string or a number with nothing to mask or cut. Undefined for others. */
  #plainText(value: unknown, key: string, maxChars: number): string | undefined {
    const isPlain =
      typeof value === 'string'
        ? // A control character takes six characters in JSON.
          value.length * 6 <= Math.min(maxChars, this.#limits.maxChars) &&
          !this.#redactor.replacesTexts
        : Number.isFinite(value);
    if (!isPlain || (key !== '' && this.#redactor.isSecret(key))) return undefined;
    return typeof value === 'string' ? this.#redactor.quoted(value) : String(value);
  }

  /**
   * The JSON text of an item of a stream, of which more is known at its end: a `token` that is a piece of text is not masked yet, and
   * `redact.text` is not applied yet.
   */
  textOfItem(value: unknown, maxChars: number): string {
    const room = Math.min(maxChars, this.#limits.maxChars);
    return this.#walk((walk) => walk.itemText(value, room));
  }

  /**
   * The JSON text of the joined text of stream events, where a `token` is a piece of the model's text.
   * @param key the value's key, by which it may be a secret
   */
  textOfStream(text: string, key: string, maxChars: number): string {
    const room = Math.min(maxChars, this.#limits.maxChars);
    if (this.#redactor.isSecret(key)) return this.text(text, key, maxChars);
    const masked = this.#redactor.maskStream(text);
    return this.#walk((walk) => walk.maskedText(masked, key, room));
  }

  /**
   * The JSON text of the value of a JSON text: that text itself if nothing in it has to be masked, cut or replaced. Undefined
   * if the text is not JSON.
   * @param key the value's key, by which it may be a secret
   */
  textOfJson(json: string, key = '', maxChars = this.#limits.maxChars): string | undefined {
    const mayBeClean =
      json.length <= Math.min(maxChars, this.#limits.maxChars) &&
      !this.#redactor.replacesTexts &&
      !(key !== '' && this.#redactor.isSecret(key));
    if (mayBeClean && this.#scanner.isClean(json)) return json;
    const value = tryParseJson(json);
    return value === undefined ? undefined : this.text(value, key, maxChars);
  }
}
