/** The id of a trace's row: what counts as one, and how repeated ones are told apart. */

/** First an alphanumeric, then at most 127 of a set that is safe in headers, URLs, paths and logs. */
const VALID = /^[A-Za-z0-9][A-Za-z0-9._:=@+/-]{0,127}$/;

export function isInferenceId(id: unknown): id is string {
  return typeof id === 'string' && VALID.test(id);
}

/** A power of two. */
const SLOTS = 8192;

/**
 * Tells request ids apart that clients send more than once, such as on a retry: the first keeps its id, the second
 * becomes `id:2`, and so on. It remembers about the last 8,000 ids, by fingerprints: texts that are kept for a while
 * are what a garbage collector works most on.
 */
export class InferenceIds {
  readonly #fingerprints = new Float64Array(SLOTS);
  /** Of the ids that did come again. */
  #attempts = new Map<string, number>();

  /** The id itself where it is new, else the id with the number of its attempt. */
  distinct(id: string): string {
    const fingerprint = fingerprintOf(id);
    const slot = fingerprint % SLOTS;
    if (this.#fingerprints[slot] !== fingerprint) {
      this.#fingerprints[slot] = fingerprint;
      return id;
    }
    const attempt = (this.#attempts.get(id) ?? 1) + 1;
    if (this.#attempts.size >= SLOTS) this.#attempts = new Map();
    this.#attempts.set(id, attempt);
    const suffix = `:${attempt}`;
    return id.slice(0, 128 - suffix.length) + suffix;
  }
}

/** 52 bits of the id, never 0 (FNV-1a, two lanes). */
function fingerprintOf(id: string): number {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 13);
  }
  return (high >>> 12) * 0x100000000 + (low >>> 0) + 1;
}
