/**
 * Values to bounded JSON text, at the moment they are logged.
 *
 * It runs no code of the value's except a `toJSON` method: accessors are named, not called, and proxies are
 * not touched. It never throws, and its time and output are bounded whatever it is given.
 */

import type { Redactor } from './redact.js';
import { type SnapshotLimits, ValueWalk } from './value-walk.js';

export class Snapshotter {
  readonly #redactor: Redactor;
  readonly #limits: SnapshotLimits;
  readonly #onFailure: (what: string, error: unknown) => void;
  #idle: ValueWalk | undefined;

  constructor(
    redactor: Redactor,
    limits: SnapshotLimits,
    onFailure: (what: string, error: unknown) => void = () => {},
  ) {
    this.#redactor = redactor;
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  /**
   * The JSON text of any value; `null` for undefined.
   * @param key the name that the value stands under, which may mark it as a secret
   * @param maxChars where less than the general limit is left
   */
  text(value: unknown, key = '', maxChars = this.#limits.maxChars): string {
    const plain = this.#plainText(value, key, maxChars);
    if (plain !== undefined) return plain;
    const room = Math.min(maxChars, this.#limits.maxChars);
    return this.#walk((walk) => walk.text(value, key, room));
  }

  #walk(textBy: (walk: ValueWalk) => string): string {
    // A toJSON may log something itself: the walk that is under way is not there for it.
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

  /** Of what most values are: a short text or a number, with nothing to mask or to cut. */
  #plainText(value: unknown, key: string, maxChars: number): string | undefined {
    const isPlain =
      typeof value === 'string'
        ? // A control character takes six in JSON.
          value.length * 6 <= Math.min(maxChars, this.#limits.maxChars) &&
          !this.#redactor.replacesTexts
        : Number.isFinite(value);
    if (!isPlain || (key !== '' && this.#redactor.isSecret(key))) return undefined;
    return typeof value === 'string' ? this.#redactor.quoted(value) : String(value);
  }

  /**
   * The JSON text of what the events of a stream carried, joined: a `token` in it is a piece of text.
   * @param key as above
   */
  textOfStream(text: string, key: string, maxChars: number): string {
    const room = Math.min(maxChars, this.#limits.maxChars);
    if (this.#redactor.isSecret(key)) return this.text(text, key, maxChars);
    const masked = this.#redactor.maskStream(text);
    return this.#walk((walk) => walk.maskedText(masked, key, room));
  }

  /**
   * The JSON text of a value that was parsed from JSON text: that text itself where nothing in it
   * has to be masked, cut or replaced.
   */
  textOfParsed(json: string, value: unknown): string {
    if (json.length <= this.#limits.maxChars && !this.#redactor.replacesTexts) {
      if (this.#mayBeReused(value, this.#redactor.isHarmlessJson(json))) return json;
    }
    return this.text(value);
  }

  #mayBeReused(value: unknown, areTextsClean: boolean): boolean {
    try {
      return this.#isClean(value, 0, areTextsClean);
    } catch {
      // Somebody has given all objects an accessor.
      return false;
    }
  }

  #isClean(value: unknown, depth: number, areTextsClean: boolean): boolean {
    if (typeof value === 'string') return areTextsClean || this.#redactor.isHarmless(value);
    if (typeof value !== 'object' || value === null) return true;
    if (depth >= this.#limits.maxDepth) return false;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++)
        if (!this.#isClean(value[i], depth + 1, areTextsClean)) return false;
      return value.length <= this.#limits.maxNodes;
    }
    for (const key in value) {
      const known = this.#redactor.lookUp(key);
      if (known.isSecret || !known.isKept) return false;
      const member = (value as Readonly<Record<string, unknown>>)[key];
      if (!this.#isClean(member, depth + 1, areTextsClean)) return false;
    }
    return true;
  }
}
