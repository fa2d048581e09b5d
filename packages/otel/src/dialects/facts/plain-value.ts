/** Copies of values that were received from outside, of plain objects and arrays alone, within bounds. */

import { cutTo } from '@openlayer-tracing/core/integration';

const MAX_DEPTH = 32;
const MAX_ITEMS = 20_000;
/** Longer texts are cut. */
const MAX_TEXT_CHARS = 1 << 20;

const CUT = '[cut]';

/**
 * A copy of a value without its getters, its prototype and the key `__proto__`. What is deeper than 32 levels or beyond 20,000 items
 * in all is `[cut]`. Never throws.
 */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return cutTo(value, MAX_TEXT_CHARS);
  return new PlainCopy().of(value, 0);
}

/** What `plainValue` returns for a value of plain objects and arrays alone, such as parsed JSON. It is copied only if it is too large. */
export function boundedValue(value: unknown): unknown {
  return new Bounds().allow(value, 0) ? value : plainValue(value);
}

/** Whether a plain value is within the bounds. */
class Bounds {
  #items = 0;

  allow(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return value.length <= MAX_TEXT_CHARS;
      case 'number':
        return Number.isFinite(value);
      case 'boolean':
        return true;
      case 'object':
        return value === null || this.#allowObject(value, depth);
      default:
        return false;
    }
  }

  #allowObject(value: object, depth: number): boolean {
    if (depth >= MAX_DEPTH) return false;
    if (Array.isArray(value)) {
      this.#items += value.length;
      if (this.#items > MAX_ITEMS) return false;
      for (const item of value) if (!this.allow(item, depth + 1)) return false;
      return true;
    }
    const members = value as Readonly<Record<string, unknown>>;
    for (const key in members) {
      if (key === '__proto__' || ++this.#items > MAX_ITEMS) return false;
      if (!this.allow(members[key], depth + 1)) return false;
    }
    return true;
  }
}

class PlainCopy {
  #items = 0;

  of(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return cutTo(value, MAX_TEXT_CHARS);
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'boolean':
        return value;
      case 'object':
        return value === null ? null : this.#ofObject(value, depth);
      default:
        return undefined;
    }
  }

  #ofObject(value: object, depth: number): unknown {
    if (depth >= MAX_DEPTH || this.#items >= MAX_ITEMS) return CUT;
    try {
      if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
      return Array.isArray(value) ? this.#ofArray(value, depth) : this.#ofMembers(value, depth);
    } catch {
      // A proxy may throw.
      return CUT;
    }
  }

  #ofArray(value: readonly unknown[], depth: number): unknown {
    const copy: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      if (++this.#items > MAX_ITEMS) {
        copy.push(CUT);
        break;
      }
      copy.push(this.of(dataProperty(value, String(i)), depth + 1) ?? null);
    }
    return copy;
  }

  #ofMembers(value: object, depth: number): unknown {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (key === '__proto__') continue;
      if (++this.#items > MAX_ITEMS) break;
      const member = this.of(dataProperty(value, key), depth + 1);
      if (member !== undefined) copy[key] = member;
    }
    return copy;
  }
}

/** The value of an own data property; undefined for a getter. */
export function dataProperty(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** The names of attributes; none if they cannot be read. */
export function keysOf(attributes: object): readonly string[] {
  try {
    return Object.keys(attributes);
  } catch {
    // A proxy may throw.
    return [];
  }
}

/** The value of an attribute, copied within bounds; undefined for a getter. */
export function attributeOf(attributes: object, key: string): unknown {
  try {
    const value = dataProperty(attributes, key);
    // JSON text is cut after it is parsed.
    return typeof value === 'string' ? value : plainValue(value);
  } catch {
    // A proxy may throw.
    return undefined;
  }
}
