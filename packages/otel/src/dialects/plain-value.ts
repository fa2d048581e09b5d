/** Copies of values that were received from outside, of plain objects and arrays alone, within bounds. */

import { head } from '@openlayer-tracing/core/integration';

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
  return new PlainCopy().of(value, 0);
}

class PlainCopy {
  #items = 0;

  of(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return head(value, MAX_TEXT_CHARS);
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

/** The value under a key of a table; undefined if the table has no such key of its own. */
export function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
