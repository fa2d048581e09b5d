/** The id of a trace's row: what counts as one, and how repeated ones are told apart. */

import { processWide } from '../process-wide.js';
import { maskUserInfo } from './mask-text.js';

/** First an alphanumeric, then at most 127 of a set that is safe in headers, URLs, paths and logs. */
const VALID = /^[A-Za-z0-9][A-Za-z0-9._:=@+/-]{0,127}$/;

export function isInferenceId(id: unknown): id is string {
  // The id stands in URLs and in the app's logs as it is, so that one with a password in it is none.
  return typeof id === 'string' && VALID.test(id) && maskUserInfo(id) === id;
}

/** A power of two. */
const SLOTS = 8192;

/** Ids that are kept apart from those of other destinations: rows of two pipelines may have the same id. */
export type IdSpace = number;

/**
 * Tells request ids apart that clients send more than once, such as on a retry: the first keeps its id, the second
 * becomes `id:2`, and so on. It remembers about the last 8,000 ids, by fingerprints: texts that are kept for a while
 * are what a garbage collector works most on.
 */
class InferenceIds {
  readonly #fingerprints = new Float64Array(SLOTS);
  /** Of the ids that did come again. */
  #attempts = new Map<string, number>();

  /** The id itself where it is new in its space, else the id with the number of its attempt. */
  distinct(id: string, space: IdSpace): string {
    const fingerprint = fingerprintOf(id, space);
    const slot = fingerprint % SLOTS;
    if (this.#fingerprints[slot] !== fingerprint) {
      this.#fingerprints[slot] = fingerprint;
      return id;
    }
    const key = `${space} ${id}`;
    const attempt = (this.#attempts.get(key) ?? 1) + 1;
    if (this.#attempts.size >= SLOTS) this.#attempts = new Map();
    this.#attempts.set(key, attempt);
    const suffix = `:${attempt}`;
    return id.slice(0, 128 - suffix.length) + suffix;
  }
}

let ids: Pick<InferenceIds, 'distinct'> | undefined;

/**
 * The id itself where it is new in its space, else the id with the number of its attempt. The whole process shares what
 * was seen: middleware that is mounted twice, and apps side by side, get the same request ids.
 */
export function distinctId(id: string, space: IdSpace): string {
  ids ??= processWide('ids.v1', () => new InferenceIds());
  return ids.distinct(id, space);
}

const spaces = processWide('id-spaces.v1', () => new WeakMap<object, IdSpace>());

/** @param destination the address that rows go to, or the transport that takes them */
export function idSpaceOf(destination: string | object): IdSpace {
  if (typeof destination === 'string') return fingerprintOf(destination, 0);
  const space = spaces.get(destination) ?? Math.floor(Math.random() * 2 ** 32);
  spaces.set(destination, space);
  return space;
}

/** 52 bits of the text, never 0 (FNV-1a, two lanes). */
function fingerprintOf(text: string, seed: number): number {
  let low = 0x811c9dc5 ^ seed;
  let high = 0x01000193 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 13);
  }
  return (high >>> 12) * 0x100000000 + (low >>> 0) + 1;
}
