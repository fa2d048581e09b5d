/** Reads JSON of any length while it passes, and keeps an excerpt: its structure, with long strings and arrays cut. */

import { tryParseJson } from '../../values/json/json-text.js';
import { cutMark, dataUrlMark, isDataUrl, markedAsCut } from '../../values/snapshot/value-marks.js';
import { withoutHalf } from '../../values/text/well-formed.js';

/** Strings are not made shorter than this part of the limit; items are left out instead. */
const SHORTEST_SHARE = 1 / 128;
const SHORTEST_TEXT = 16;
/** When the limit is exceeded, the excerpt is made shorter than this part of it, so that this happens rarely. */
const SHRUNK_SHARE = 3 / 4;
/** Characters that each value counts for, beside its text. */
const NODE_CHARS = 8;
/** Deeper values are left out: a step shows no more levels. */
const MAX_DEPTH = 16;
/** Reading stops after this number of characters: they take some milliseconds while the app writes them. */
const MAX_READ_CHARS = 524_288;
/** Each string counts as this number of read characters, whatever its length. */
const TEXT_READ_CHARS = 16;
/** Shorter data URLs are kept as they are. */
const SHORTEST_DATA_URL = 512;
/** Longer keys are cut: a step shows no more of them. */
const MAX_KEY_CHARS = 300;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** A string, with JSON's escapes. */
interface Text {
  head: string;
  /** Of the whole string. */
  chars: number;
}

interface Container {
  /** The keys of an object, in the order of its values; undefined for an array. */
  readonly keys: string[] | undefined;
  readonly values: Node[];
  /** Where values are left out, and how many. */
  gap: number;
  leftOut: number;
}

/** A number, a boolean or null is its JSON text. */
type Node = string | Text | Container;

/** Masks the beginning of a string that was cut. */
type MaskHead = (head: string) => string;

export class JsonExcerpt {
  readonly #maxChars: number;
  readonly #itemNoun: string;
  /** The longest string that is kept. */
  #maxStringChars: number;
  #chars = 0;
  #root: Node | undefined;
  readonly #open: Container[] = [];
  /** Open containers below `MAX_DEPTH`. */
  #deeper = 0;
  /** The key whose value follows. */
  #key: string | undefined;
  #text: Text | undefined;
  /** The last two characters of the string that is read. */
  #end = '';
  /** Whether the next character of the string is escaped. */
  #isEscaped = false;
  #word = '';
  #read = 0;
  #isInvalid = false;
  #isStopped = false;

  /** @param itemNoun what the marks call the items of arrays, in the plural */
  constructor(maxChars: number, itemNoun = 'items') {
    this.#maxChars = maxChars;
    this.#itemNoun = itemNoun;
    this.#maxStringChars = maxChars;
  }

  /** Whether no more is read. */
  get isOver(): boolean {
    return this.#isStopped || this.#isInvalid;
  }

  /** Reads the next part of the text. */
  add(source: string): void {
    let at = 0;
    while (at < source.length && !this.isOver) {
      const from = at;
      if (this.#text !== undefined) {
        at = this.#readText(this.#text, source, at);
      } else {
        at = this.#readToken(source, at);
        this.#read += at - from;
      }
      if (this.#read > MAX_READ_CHARS) this.#isStopped = true;
    }
  }

  /** Stops reading: a part of the text is not known. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The value, with marks where something was cut; undefined if the text is not JSON. */
  value(mask: MaskHead): unknown {
    this.#endWord();
    if (this.#isInvalid || this.#root === undefined) return undefined;
    const isPart = this.#text !== undefined || this.#open.length > 0;
    const text = this.#text;
    this.#text = undefined;
    if (text !== undefined && (this.#open.at(-1)?.keys === undefined || this.#key !== undefined)) {
      this.#put({ head: text.head, chars: Math.max(text.chars, text.head.length + 1) });
    }
    const open = new Set(isPart ? this.#open : []);
    return parsed(this.#root, { mask, open, itemNoun: this.#itemNoun });
  }

  #readToken(source: string, at: number): number {
    const code = source.charCodeAt(at);
    if (code <= 32 || code === COMMA || code === COLON || code === 0xfeff) {
      this.#endWord();
      // A second value after the first is another format, such as lines of JSON.
      if (code === COLON && this.#key === undefined && this.#deeper === 0) this.#isInvalid = true;
    } else if (code === QUOTE) {
      this.#beginText();
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      this.#openContainer(code === OPEN_ARRAY);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      this.#endWord();
      this.#closeContainer(code === CLOSE_ARRAY);
    } else if (isInWord(code)) {
      return this.#readWord(source, at);
    } else {
      this.#isInvalid = true;
    }
    return at + 1;
  }

  #readWord(source: string, from: number): number {
    let at = from;
    while (at < source.length && isInWord(source.charCodeAt(at))) at++;
    this.#word += source.slice(from, at);
    // No number is that long.
    if (this.#word.length > 1000) this.#isInvalid = true;
    return at;
  }

  #endWord(): void {
    const word = this.#word;
    if (word === '') return;
    this.#word = '';
    if (tryParseJson(word) === undefined) this.#isInvalid = true;
    else this.#put(word);
  }

  #beginText(): void {
    if (this.#open.length === 0 && this.#root !== undefined) this.#isInvalid = true;
    this.#read += TEXT_READ_CHARS;
    this.#text = { head: '', chars: 0 };
    this.#end = '';
    this.#isEscaped = false;
  }

  #readText(text: Text, source: string, from: number): number {
    let end = source.indexOf('"', from);
    while (end >= 0 && this.#isQuoteEscaped(source, from, end)) end = source.indexOf('"', end + 1);
    const stop = end < 0 ? source.length : end;
    const room = this.#maxStringChars - text.head.length;
    if (room > 0 && !(text.head.length > SHORTEST_DATA_URL && isDataUrl(text.head)))
      text.head += source.slice(from, Math.min(stop, from + room));
    text.chars += stop - from;
    this.#end = (this.#end + source.slice(Math.max(from, stop - 2), stop)).slice(-2);
    if (end < 0) {
      this.#isEscaped = this.#isQuoteEscaped(source, from, stop);
      return stop;
    }
    this.#text = undefined;
    this.#endText(text);
    return end + 1;
  }

  /** Whether an odd number of backslashes is before the index, in this part of the string or at the end of the last one. */
  #isQuoteEscaped(source: string, from: number, index: number): boolean {
    let at = index - 1;
    while (at >= from && source.charCodeAt(at) === BACKSLASH) at--;
    const isOdd = (index - 1 - at) % 2 === 1;
    return at < from && this.#isEscaped ? !isOdd : isOdd;
  }

  #endText({ head, chars }: Text): void {
    const container = this.#open.at(-1);
    if (this.#deeper > 0) return;
    if (container?.keys !== undefined && this.#key === undefined) {
      this.#key = head.slice(0, MAX_KEY_CHARS);
      return;
    }
    const name = chars > SHORTEST_DATA_URL ? dataUrlMark(head, chars, this.#end) : undefined;
    this.#put(name === undefined ? { head, chars } : { head: name, chars: name.length });
  }

  #openContainer(isArray: boolean): void {
    if (this.#open.length >= MAX_DEPTH || this.#deeper > 0) {
      if (this.#deeper++ === 0) this.#put(isArray ? ARRAY : OBJECT);
      return;
    }
    const container: Container = {
      keys: isArray ? undefined : [],
      values: [],
      gap: 0,
      leftOut: 0,
    };
    if (!this.#put(container)) return;
    this.#open.push(container);
  }

  #closeContainer(isArray: boolean): void {
    if (this.#deeper > 0) {
      this.#deeper--;
      return;
    }
    const closed = this.#open.pop();
    const isWrong = closed === undefined || (closed.keys === undefined) !== isArray;
    if (isWrong || this.#key !== undefined) this.#isInvalid = true;
  }

  /** Adds a value to the innermost container. @returns whether it has a place there */
  #put(node: Node): boolean {
    if (this.#deeper > 0 && node !== ARRAY && node !== OBJECT) return false;
    const container = this.#open.at(-1);
    const key = this.#key;
    this.#key = undefined;
    const isMisplaced =
      container === undefined
        ? this.#root !== undefined
        : container.keys !== undefined && key === undefined;
    if (isMisplaced) {
      this.#isInvalid = true;
      return false;
    }
    if (container === undefined) this.#root = node;
    else container.values.push(node);
    if (key !== undefined) container?.keys?.push(key);
    this.#chars += charsOf(node) + (key?.length ?? 0);
    if (this.#chars > this.#maxChars) this.#shrink();
    return true;
  }

  /** Makes the excerpt shorter: first all long strings, to one length; then values in the middle of a large container are left out. */
  #shrink(): void {
    const shrunkChars = this.#maxChars * SHRUNK_SHARE;
    const root = this.#root as Node;
    while (this.#chars > shrunkChars) {
      if (this.#maxStringChars > Math.max(this.#maxChars * SHORTEST_SHARE, SHORTEST_TEXT)) {
        this.#maxStringChars = Math.floor(this.#maxStringChars / 2);
        cutTexts(root, this.#maxStringChars);
      } else if (!this.#leaveOut(root)) {
        // A few values in a few containers.
        this.#isStopped = this.#chars > 2 * this.#maxChars;
        return;
      }
      this.#chars = totalOf(root);
    }
  }

  /** Leaves out half of what is behind the beginning of the innermost container that has most of the characters. */
  #leaveOut(root: Node): boolean {
    let container: Container | undefined;
    for (let next: Node | undefined = root; isContainer(next); next = largestOf(next))
      container = next;
    if (container === undefined) return false;
    const { values, keys } = container;
    if (container.leftOut === 0) container.gap = Math.ceil(values.length / 3);
    // The last value may still be read.
    const count = Math.ceil((values.length - 1 - container.gap) / 2);
    if (count <= 0) return false;
    values.splice(container.gap, count);
    keys?.splice(container.gap, count);
    container.leftOut += count;
    return true;
  }
}

const ARRAY = '"[Array]"';
const OBJECT = '"[Object]"';

function isInWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 97 && code <= 122) ||
    code === 43 ||
    code === 45 ||
    code === 46 ||
    code === 69
  );
}

function isContainer(node: Node | undefined): node is Container {
  return typeof node === 'object' && 'values' in node;
}

function charsOf(node: Node): number {
  if (typeof node === 'string') return node.length + NODE_CHARS;
  return 'head' in node ? node.head.length + NODE_CHARS : NODE_CHARS;
}

function totalOf(node: Node): number {
  let chars = charsOf(node);
  if (!isContainer(node)) return chars;
  for (const value of node.values) chars += totalOf(value);
  for (const key of node.keys ?? []) chars += key.length;
  return chars;
}

function cutTexts(node: Node, maxChars: number): void {
  if (typeof node === 'string') return;
  if (isContainer(node)) for (const value of node.values) cutTexts(value, maxChars);
  else if (node.head.length > maxChars) node.head = node.head.slice(0, maxChars);
}

/** The container among the values that has more than half of the characters; undefined if there is none. */
function largestOf(container: Container): Container | undefined {
  const half = totalOf(container) / 2;
  return container.values.find(
    (value): value is Container => isContainer(value) && totalOf(value) > half,
  );
}

/** How the value of an excerpt is read. */
interface Reading {
  readonly mask: MaskHead;
  /** Containers whose end is not known. */
  readonly open: ReadonlySet<Container>;
  readonly itemNoun: string;
}

function parsed(node: Node, reading: Reading): unknown {
  if (typeof node === 'string') return tryParseJson(node);
  if (!isContainer(node)) return textOf(node, reading.mask);
  const { keys, values, gap, leftOut } = node;
  const isPart = reading.open.has(node);
  if (keys === undefined) {
    const items = values.map((value) => parsed(value, reading));
    if (leftOut > 0) items.splice(gap, 0, cutMark(leftOut, reading.itemNoun));
    if (isPart) items.push('[cut: the rest]');
    return items;
  }
  const object: Record<string, unknown> = Object.create(null);
  for (const [i, key] of keys.entries()) {
    if (leftOut > 0 && i === gap) object['…'] = cutMark(leftOut, 'keys');
    if (i < values.length) object[unescaped(key)] = parsed(values[i] as Node, reading);
  }
  if (isPart)
    object['…'] = leftOut > 0 ? `[cut: ${leftOut} more keys, and the rest]` : '[cut: the rest]';
  return object;
}

function textOf({ head, chars }: Text, mask: MaskHead): string {
  const text = unescaped(head);
  if (head.length >= chars) return text;
  const kept = mask(withoutHalf(text));
  return markedAsCut(kept, chars - head.length, 'characters');
}

/** The value of a JSON string without its quotes, which may be cut within an escape. */
function unescaped(json: string): string {
  for (let cut = 0; cut < 6; cut++) {
    const text = tryParseJson(`"${json.slice(0, json.length - cut)}"`);
    if (typeof text === 'string') return text;
  }
  return json;
}
