/** Parses JSON of any length while it is received, in bounded memory. */

import { markedAsCut, withoutHalf } from '@openlayer-tracing/core/integration';
import { BASE64_WORD, bytesOfBase64, textOrPlaceholder } from '../../common/content/media.js';
import { tryParseJson } from '../../common/json.js';
import { BACKSLASH, isEscaped } from './escaped-quote.js';

/** The longest string that a step keeps, less the room for the mark of the cut. */
const MAX_TEXT_CHARS = 65_536 - 160;
/** This much of a string is enough to recognise base64. */
const HEAD_CHARS = 1024;
/** The limit for all strings together. Strings shorter than `SHORT_CHARS` are always kept. */
const MAX_KEPT_CHARS = 2_097_152;
const SHORT_CHARS = 256;
/** The limit for the number of values. Values directly in one of the outermost objects are always kept. */
const MAX_VALUES = 100_000;
const OUTER_DEPTH = 3;
const MAX_KEYS = 2048;
/** Longer arrays of numbers are vectors, of which only the length is kept. */
const MAX_NUMBERS = 64;
const MAX_DEPTH = 512;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

interface Container {
  readonly value: unknown[] | Record<string, unknown>;
  /** Whether this container, or one around it, is left out of the result. */
  readonly isLeftOut: boolean;
  key: string | undefined;
  /** The number of items or keys that were left out. */
  leftOut: number;
  /** Whether all items so far are numbers. */
  isNumbers: boolean;
}

/** A string whose end has not been received. */
interface PartialString {
  /** The beginning of the string, with JSON's escapes. */
  head: string;
  chars: number;
  /** The last two characters. */
  end: string;
  /** The number of backslashes at the end. */
  escapes: number;
}

/**
 * A JSON parser whose result is bounded:
 * - a string is cut after about 65,000 characters, and after 256 once all strings together exceed 2 million; base64 is replaced by
 *   its size;
 * - of an array of more than 64 numbers only the length is kept;
 * - above 100,000 values, items and keys are counted instead of kept;
 * - values more than 512 levels deep are left out.
 */
export class BoundedJson {
  readonly #stack: Container[] = [];
  #root: unknown;
  #keptChars = 0;
  #values = 0;
  #text: PartialString | undefined;
  /** A number, `true`, `false` or `null` whose end has not been received. */
  #word = '';
  /** Whether the rest of an array of numbers is being skipped. */
  #isVector = false;
  /** The key of the last value that was put into an object. */
  #lastKey = '';
  /** The number of open containers beyond `MAX_DEPTH`. */
  #deeper = 0;
  #isCut = false;

  add(source: string): void {
    let at = 0;
    while (at < source.length) {
      if (this.#text !== undefined) at = this.#readText(this.#text, source, at);
      else if (this.#isVector) at = this.#readVector(source, at);
      else at = this.#readToken(source, at);
    }
  }

  /** The value, by what has been added; undefined if that is nothing. */
  end(): unknown {
    if (this.#text !== undefined || this.#stack.length > 0) this.#isCut = true;
    if (this.#text !== undefined) this.#endText(this.#text);
    this.#endWord();
    while (this.#stack.length > 0) this.#close();
    return this.#root;
  }

  /** Whether the source ended within its JSON. Known once `end()` was called. */
  get isCut(): boolean {
    return this.#isCut;
  }

  #readToken(source: string, at: number): number {
    const code = source.charCodeAt(at);
    if (code === QUOTE) this.#text = { head: '', chars: 0, end: '', escapes: 0 };
    else if (code === OPEN_OBJECT) this.#open({});
    else if (code === OPEN_ARRAY) this.#open([]);
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      this.#endWord();
      this.#close();
    } else if (code === COMMA) {
      this.#endWord();
      this.#beginVector();
    } else if (code !== COLON && code > 32) {
      return this.#readWord(source, at);
    } else this.#endWord();
    return at + 1;
  }

  #readWord(source: string, start: number): number {
    let at = start;
    while (at < source.length && isInWord(source.charCodeAt(at))) at++;
    if (this.#word.length < SHORT_CHARS) this.#word += source.slice(start, at);
    return at;
  }

  #endWord(): void {
    if (this.#word === '') return;
    const value = tryParseJson(this.#word);
    this.#word = '';
    this.#add(value ?? null);
  }

  #readText(text: PartialString, source: string, start: number): number {
    let end = source.indexOf('"', start);
    while (end >= 0 && isEscaped(source, start, end, text.escapes)) {
      end = source.indexOf('"', end + 1);
    }
    const stop = end < 0 ? source.length : end;
    const most = this.#keptChars > MAX_KEPT_CHARS ? SHORT_CHARS : MAX_TEXT_CHARS;
    const room = most - text.head.length;
    if (room > 0) text.head += source.slice(start, Math.min(stop, start + room));
    text.chars += stop - start;
    text.end = (text.end + source.slice(Math.max(start, stop - 2), stop)).slice(-2);
    if (end < 0) {
      text.escapes = backslashesAtEnd(source, start, text.escapes);
      return stop;
    }
    this.#text = undefined;
    this.#endText(text);
    return end + 1;
  }

  #endText({ head, chars, end }: PartialString): void {
    if (this.#deeper > 0) return;
    const top = this.#stack.at(-1);
    if (top !== undefined && !Array.isArray(top.value) && top.key === undefined) {
      top.key = unescaped(head);
      return;
    }
    const key = top?.key ?? '';
    const text =
      head.length < chars ? shortened(head, chars, end, key) : recordedString(unescaped(head), key);
    this.#keptChars += text.length;
    this.#add(text);
  }

  #open(value: unknown[] | Record<string, unknown>): void {
    if (this.#stack.length >= MAX_DEPTH) {
      this.#deeper++;
      return;
    }
    const isLeftOut = this.#stack.at(-1)?.isLeftOut === true || !this.#hasRoom();
    this.#add(value);
    this.#stack.push({ value, isLeftOut, key: undefined, leftOut: 0, isNumbers: true });
  }

  #close(): void {
    if (this.#deeper > 0) {
      this.#deeper--;
      return;
    }
    const closed = this.#stack.pop();
    if (closed === undefined || closed.leftOut === 0 || closed.isLeftOut) return;
    const { value, leftOut: left } = closed;
    if (!Array.isArray(value)) value['…'] = `[${left} more keys]`;
    else if (!closed.isNumbers) value.push(`[${left} more items]`);
    else this.#replace(value, `[${value.length + left} numbers]`);
  }

  /** Puts a string in the place of an array that has just been closed. */
  #replace(value: unknown, text: string): void {
    const top = this.#stack.at(-1);
    if (top === undefined) this.#root = text;
    else if (Array.isArray(top.value)) {
      if (top.value.at(-1) === value) top.value[top.value.length - 1] = text;
    } else if (Object.hasOwn(top.value, this.#lastKey) && top.value[this.#lastKey] === value) {
      setOwn(top.value, this.#lastKey, text);
    }
  }

  #add(value: unknown): void {
    if (this.#deeper > 0) return;
    const top = this.#stack.at(-1);
    if (top === undefined) {
      this.#root ??= value;
      return;
    }
    if (typeof value !== 'number') top.isNumbers = false;
    const { key = '' } = top;
    const isLeftOut = top.isLeftOut || !this.#hasRoom();
    top.key = undefined;
    if (isLeftOut) {
      top.leftOut++;
      return;
    }
    this.#values++;
    if (Array.isArray(top.value)) top.value.push(value);
    else {
      setOwn(top.value, key, value);
      this.#lastKey = key;
    }
  }

  #hasRoom(): boolean {
    if (this.#values < MAX_VALUES) return true;
    const { value, key } = this.#stack.at(-1) ?? {};
    const isOuter = this.#stack.length <= OUTER_DEPTH && !Array.isArray(value);
    return isOuter && key !== undefined && this.#values < MAX_VALUES + MAX_KEYS;
  }

  /** Skips the rest of an array that began with `MAX_NUMBERS` numbers. */
  #beginVector(): void {
    const top = this.#stack.at(-1);
    if (top === undefined || !Array.isArray(top.value) || this.#deeper > 0) return;
    this.#isVector = top.isNumbers && top.value.length + top.leftOut >= MAX_NUMBERS;
    if (this.#isVector) top.leftOut++;
  }

  #readVector(source: string, start: number): number {
    const top = this.#stack.at(-1) as Container;
    for (let at = start; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === COMMA) top.leftOut++;
      else if (code > COLON && code !== 69 && code !== 101) {
        // The end of the array, or its first item that is not a number.
        this.#isVector = false;
        if (code !== CLOSE_ARRAY) top.leftOut--;
        return at;
      } else if (code === QUOTE) {
        this.#isVector = false;
        top.leftOut--;
        return at;
      }
    }
    return source.length;
  }
}

function isInWord(code: number): boolean {
  return (
    code > 32 &&
    code !== COMMA &&
    code !== COLON &&
    code !== QUOTE &&
    code !== CLOSE_ARRAY &&
    code !== CLOSE_OBJECT &&
    code !== OPEN_ARRAY &&
    code !== OPEN_OBJECT
  );
}

/** The number of backslashes at the end of the received part of a string. */
function backslashesAtEnd(source: string, start: number, before: number): number {
  let at = source.length - 1;
  while (at >= start && source.charCodeAt(at) === BACKSLASH) at--;
  return source.length - 1 - at + (at < start ? before : 0);
}

/** The string, or `[base64, 300 bytes]` if it is base64. */
function recordedString(text: string, key: string): string {
  // Vectors may be sent as base64 of their bytes.
  if (text.length > SHORT_CHARS && /^(embeddings?|float|base64)$/.test(key)) {
    return textOrPlaceholder(text, 'data');
  }
  return textOrPlaceholder(text, key);
}

/** The kept part of a string that was cut, with a mark. */
function shortened(head: string, chars: number, end: string, key: string): string {
  const text = unescaped(head);
  // Escapes make the JSON longer than the string.
  const length = Math.round((chars * text.length) / head.length);
  const placeholder = placeholderOfCut(text, length, end, key);
  if (placeholder !== undefined) return placeholder;
  // A part of base64 cannot be decoded.
  const kept = withoutHalf(text.replace(BASE64_AT_END, ''));
  return markedAsCut(kept, length - kept.length, 'characters');
}

const BASE64_AT_END = new RegExp(`${BASE64_WORD}$`);

/** `[image/png, 300 bytes]` for the whole string, if it is base64; undefined otherwise. */
function placeholderOfCut(
  text: string,
  chars: number,
  end: string,
  key: string,
): string | undefined {
  const start = text.startsWith('data:') ? text.indexOf(',') + 1 : 0;
  const head = text.slice(0, HEAD_CHARS);
  if (!/^[\w+/-]+$/.test(head.slice(start))) return undefined;
  const [, type] = /^\[([^,]*), \d+ \w+\]/.exec(recordedString(head, key)) ?? [];
  if (type === undefined) return undefined;
  if (type === 'encrypted') return `[encrypted, ${chars} characters]`;
  return `[${type}, ${bytesOfBase64(end, chars - start)} bytes]`;
}

/** The value of a JSON string without its quotes, which may be cut within an escape. */
function unescaped(json: string): string {
  for (let cut = 0; cut < 7; cut++) {
    const text = tryParseJson(`"${json.slice(0, json.length - cut)}"`);
    if (typeof text === 'string') return text;
  }
  return json;
}

function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}
