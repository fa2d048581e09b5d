import { withoutMedia } from '../../common/content/media.js';
import { isEmpty, isJsonObject, isSameJson, type JsonObject } from '../../common/json.js';
import { NO_WORDS } from '../../common/words.js';
import { CollectedText } from './collected-text.js';

const MAX_ITEMS = 1024;
const MAX_FIELDS = 256;
const MAX_DEPTH = 8;
/** Arrays with one item per token or piece of text, in which equal items are no repetition. */
const PER_TOKEN =
  /^(chosen|top)_?[cC]andidates$|^(logprobs|content|refusal|tokens|token_logprobs|text_offset|top_logprobs|reasoning_details)$/;
/** Arrays that are complete in each event. */
const REPLACED = /[rR]atings$/;

/**
 * The fields of a response that its reader does not know, under the provider's names; at most 256 values and 256 strings that
 * are received in pieces.
 */
export class UnknownFields {
  #fields: Record<string, unknown> | undefined;
  /** Strings that are received in pieces. */
  #texts: Map<string, CollectedText> | undefined;

  /** Adds the fields of a body or an event that are not in `known` and not empty. */
  add(body: JsonObject, known = NO_WORDS): void {
    for (const key in body) {
      const value = body[key];
      if (known.has(key) || isEmpty(value)) continue;
      this.#set(key, value);
    }
  }

  /** Adds a piece of a message: its strings are appended to those before. */
  addPieces(piece: JsonObject, known: ReadonlySet<string>): void {
    for (const key in piece) {
      const value = piece[key];
      if (known.has(key) || isEmpty(value)) continue;
      if (typeof value !== 'string') this.#set(key, value);
      else {
        this.#texts ??= new Map();
        let text = this.#texts.get(key);
        if (text === undefined && this.#texts.size < MAX_FIELDS) {
          text = new CollectedText();
          this.#texts.set(key, text);
        }
        text?.add(withoutMedia(value, key) as string);
      }
    }
  }

  get fields(): JsonObject {
    const fields: Record<string, unknown> = { ...this.#fields };
    for (const [key, text] of this.#texts ?? []) fields[key] = text.toString();
    return fields;
  }

  #set(key: string, value: unknown): void {
    this.#fields ??= {};
    if (!(key in this.#fields) && Object.keys(this.#fields).length >= MAX_FIELDS) return;
    this.#fields[key] = joined(this.#fields[key], withoutMedia(value, key), key);
  }
}

/** Whether the event has an array with one item per token, so that the fields grow with each such event. */
export function hasPerTokenArray(event: JsonObject, known = NO_WORDS, depth = 0): boolean {
  for (const key in event) {
    const value = event[key];
    if (known.has(key)) continue;
    if (Array.isArray(value)) {
      if (value.length > 0 && isPerToken(key, value)) return true;
    } else if (
      isJsonObject(value) &&
      depth <= MAX_DEPTH &&
      hasPerTokenArray(value, NO_WORDS, depth + 1)
    ) {
      return true;
    }
  }
  return false;
}

/** Whether equal items in the arrays of two events are no repetition. Numbers are the ids of tokens, or their probabilities. */
function isPerToken(key: string, items: readonly unknown[]): boolean {
  return PER_TOKEN.test(key) || items.every((item) => typeof item === 'number');
}

/**
 * Merges the values of two events of a stream. Arrays are concatenated, unless the later one begins with the earlier one or repeats
 * it; objects are merged; of any other value the later one is kept.
 */
export function joined(before: unknown, now: unknown, key = '', depth = 0): unknown {
  if (now === undefined || now === null) return before;
  if (Array.isArray(before) && Array.isArray(now)) return joinedArrays(before, now, key);
  if (!isJsonObject(before) || !isJsonObject(now) || depth > MAX_DEPTH) return now;
  const both: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(now)) {
    both[name] = joined(both[name], value, name, depth + 1);
  }
  return both;
}

function joinedArrays(before: unknown[], now: unknown[], key: string): unknown[] {
  if (before.length === 0 || REPLACED.test(key)) return now;
  if (!isPerToken(key, now)) {
    if (now.length >= before.length && isSameJson(now[0], before[0])) return now;
    if (now.every((item) => before.some((earlier) => isSameJson(earlier, item)))) return before;
  }
  const room = Math.max(0, MAX_ITEMS - before.length);
  return room === 0 ? before : [...before, ...now.slice(0, room)];
}
