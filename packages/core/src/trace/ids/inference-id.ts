/** Inference IDs: which strings are valid, and the register by which repeated ones become distinct. */

import { processWide } from '../../platform/process-wide.js';
import { maskUserInfo } from '../../values/redaction/mask-text.js';

/** A letter or digit, then at most 127 characters that are safe in headers, URLs, paths and logs. */
const VALID = /^[A-Za-z0-9][A-Za-z0-9._:=@+/-]{0,127}$/;

/** What a valid inference ID is, for messages. */
export const INFERENCE_ID_FORM =
  'inferenceId takes 1 to 128 characters of [A-Za-z0-9._:=@+/-], the first a letter or digit';

/** Whether the value is a valid inference ID. */
export function isInferenceId(id: unknown): id is string {
  // Ids appear unmasked in URLs and logs, so a URL with a password is not accepted.
  return typeof id === 'string' && VALID.test(id) && maskUserInfo(id) === id;
}

const SLOTS = 8192;

/** Ids must be distinct within one space, which stands for one destination: two pipelines may have the same id. */
export type IdSpace = number;

/**
 * Makes ids distinct that clients send more than once, such as on a retry: the first keeps its id, the second becomes
 * `id:2`, and so on. Remembers about the last 8,000 ids, as fingerprints, because 8,000 medium-lived strings would cost
 * garbage collection.
 */
class InferenceIds {
  readonly #fingerprints = new Float64Array(SLOTS);
  /** How often each repeated id came. */
  #attempts = new Map<string, number>();

  /** The id itself if it is new in its space, else `id:2` and so on, at most 128 characters. */
  distinct(id: string, space: IdSpace): string {
    const fingerprint = fingerprintOf(id, space);
    if (this.#remember(fingerprint)) return id;
    const key = `${space} ${id}`;
    let attempt = this.#attempts.get(key) ?? 1;
    let numbered: string;
    let numberedPrint: number;
    do {
      attempt++;
      const suffix = `:${attempt}`;
      numbered = id.slice(0, 128 - suffix.length) + suffix;
      numberedPrint = fingerprintOf(numbered, space);
      // A numbered id is remembered too, because it may be sent on to another app of the process. It must not replace the id
      // that it was made from.
    } while (slotOf(numberedPrint) === slotOf(fingerprint) || !this.#remember(numberedPrint));
    if (this.#attempts.size >= SLOTS) this.#attempts = new Map();
    this.#attempts.set(key, attempt);
    return numbered;
  }

  /** @returns false if the fingerprint was remembered already */
  #remember(fingerprint: number): boolean {
    const slot = slotOf(fingerprint);
    if (this.#fingerprints[slot] === fingerprint) return false;
    this.#fingerprints[slot] = fingerprint;
    return true;
  }
}

let ids: Pick<InferenceIds, 'distinct'> | undefined;

/**
 * Registers an id of a request. The ids are shared by the whole process, since several apps and middleware in it get the same
 * request ids.
 * @returns the id itself if it is new in its space, else `id:2` and so on
 */
export function registerId(id: string, space: IdSpace): string {
  ids ??= processWide('ids.v1', () => new InferenceIds());
  return ids.distinct(id, space);
}

const spaces = processWide('id-spaces.v1', () => new WeakMap<object, IdSpace>());

/** The id space of a destination. @param destination the address that rows are sent to, or the transport */
export function idSpaceOf(destination: string | object): IdSpace {
  if (typeof destination === 'string') return fingerprintOf(destination, 0);
  const space = spaces.get(destination) ?? Math.floor(Math.random() * 2 ** 32);
  spaces.set(destination, space);
  return space;
}

/** The lowest bits. A remainder of so large a number would be computed by division. */
function slotOf(fingerprint: number): number {
  return (fingerprint | 0) & (SLOTS - 1);
}

/** A 52-bit hash of the string, never 0 (FNV-1a in two lanes). */
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
