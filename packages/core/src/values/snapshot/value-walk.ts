/** Writes one value as bounded JSON text. */

import {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isGeneratorObject,
  isMap,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
} from '#platform';
import { quote } from '../json/json-text.js';
import {
  classOf,
  dataProperty,
  errorMessage,
  errorName,
  errorStack,
  hasGetter,
  hasMethod,
  isError,
  isObservable,
  MAX_NAME_CHARS,
} from '../reading/read-safely.js';
import { MASK } from '../redaction/mask-text.js';
import type { KeyInfo, Redactor } from '../redaction/redactor.js';
import { isMaskable } from '../redaction/secret-keys.js';
import { cutTo } from '../text/well-formed.js';
import {
  bytesMark,
  cutMark,
  dataUrlMark,
  dateText,
  functionMark,
  isShortBigInt,
  markedAsCut,
  regExpText,
  streamMark,
} from './value-marks.js';
import { webValue } from './web-values.js';

export interface SnapshotLimits {
  /** Approximate limit for the characters of one value's text. */
  readonly maxChars: number;
  /** Levels of objects and arrays. */
  readonly maxDepth: number;
  /** Limit for the members and items visited in one value. */
  readonly maxNodes: number;
}

type ToJson = (key: string) => unknown;

/** If a value does not fit, it is written again with each string cut to this share of the room, the larger share first. */
const TEXT_SHARES = [1 / 2, 1 / 16];
const SHORTEST_CUT = 64;
const MAX_STACK_CHARS = 4000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 10;

/** Writes one value after another; keeps the room left for the current one and its enclosing objects. */
export class ValueWalk {
  readonly #redactor: Redactor;
  readonly #limits: SnapshotLimits;
  /** The objects that enclose the current one, by depth. Entries after those are left over from siblings. */
  readonly #enclosing: (object | undefined)[] = [];
  #room = 0;
  #nodes = 0;
  /** The longest string that is written whole. */
  #maxStringChars = Number.POSITIVE_INFINITY;
  /** Length of the longest string so far. */
  #longest = 0;
  /** Whether there was no room for some members or items. */
  #isCutShort = false;
  /** Whether the value is an item of a stream, which is recorded at the end of the stream. */
  #isItem = false;

  constructor(redactor: Redactor, limits: SnapshotLimits) {
    this.#redactor = redactor;
    this.#limits = limits;
  }

  text(value: unknown, key: string, room: number): string {
    let text = this.#textWithin(value, key, room, Number.POSITIVE_INFINITY);
    // A long string may have taken the room of all that follows.
    for (const share of TEXT_SHARES) {
      const maxStringChars = room * share;
      if (!this.#isCutShort || this.#longest <= maxStringChars || maxStringChars < SHORTEST_CUT)
        break;
      text = this.#textWithin(value, key, room, maxStringChars);
    }
    return text;
  }

  /** The JSON text of an item of a stream. */
  itemText(value: unknown, room: number): string {
    this.#isItem = true;
    try {
      return this.text(value, '', room);
    } finally {
      this.#isItem = false;
    }
  }

  #textWithin(value: unknown, key: string, room: number, maxStringChars: number): string {
    this.#room = room;
    this.#nodes = 0;
    this.#maxStringChars = maxStringChars;
    this.#longest = 0;
    this.#isCutShort = false;
    try {
      return this.member(value, key, 0) ?? 'null';
    } finally {
      const enclosing = this.#enclosing;
      for (let i = 0; enclosing[i] !== undefined; i++) enclosing[i] = undefined;
    }
  }

  /** The JSON text of a value; undefined for undefined, which JSON leaves out. */
  member(value: unknown, key: string, depth: number): string | undefined {
    const isSecret = key !== '' && this.#redactor.isSecret(key);
    return isSecret && isMaskable(value, key) ? this.#mark(MASK) : this.#value(value, key, depth);
  }

  #value(value: unknown, key: string, depth: number): string | undefined {
    switch (typeof value) {
      case 'undefined':
        return undefined;
      case 'string':
        return this.#string(value, key);
      case 'number':
        this.#room -= 8;
        return Number.isFinite(value) ? String(value) : this.#mark(String(value));
      case 'boolean':
        this.#room -= 5;
        return value ? 'true' : 'false';
      case 'object':
        if (value !== null) return this.#object(value, depth);
        this.#room -= 4;
        return 'null';
      case 'bigint':
        return this.#mark(isShortBigInt(value) ? `${value}n` : '[BigInt]');
      case 'symbol':
        return this.#namingMark(cutTo(Symbol.prototype.toString.call(value), MAX_NAME_CHARS));
      default:
        return this.#namingMark(functionMark(value as object));
    }
  }

  #string(value: string, key: string): string {
    const room = this.#textRoom;
    if (value.length > this.#longest) this.#longest = value.length;
    if (value.length <= room && (this.#isItem || !this.#redactor.replacesTexts)) {
      const text = this.#isItem ? quote(this.#redactor.mask(value)) : this.#redactor.quoted(value);
      if (text.length <= 2 * room + 100) {
        this.#room -= text.length + 1;
        return text;
      }
    }
    const url = value.length > room ? dataUrlMark(value, value.length, value.slice(-2)) : undefined;
    if (url !== undefined) return this.#mark(url);
    return this.#fitted(key, (room) => {
      const text = this.#redactor.maskedHead(value, room);
      return value.length > room ? cut(text, value.length) : text;
    });
  }

  /** How many characters of a string are written. */
  get #textRoom(): number {
    return Math.max(Math.min(this.#room, this.#maxStringChars), 0);
  }

  /** The JSON text of a string that is masked already. */
  maskedText(value: string, key: string, room: number): string {
    this.#room = room;
    this.#maxStringChars = Number.POSITIVE_INFINITY;
    return this.#fitted(key, (maxChars) =>
      value.length > maxChars ? cut(cutTo(value, maxChars), value.length) : value,
    );
  }

  #fitted(key: string, textWithin: (room: number) => string): string {
    const room = Math.floor(this.#textRoom);
    let text = this.#quoted(textWithin(room), key);
    // A control character takes six characters in JSON.
    if (text.length > 2 * room + 100) text = this.#quoted(textWithin(Math.floor(room / 6)), key);
    this.#room -= text.length + 1;
    return text;
  }

  #quoted(text: string, key: string): string {
    if (this.#isItem) return quote(text);
    return quote(this.#redactor.replaced(text, key, this.#limits.maxChars));
  }

  #mark(mark: string): string {
    this.#room -= mark.length + 3;
    return quote(mark);
  }

  /** A mark that contains a name from the app, which is masked. */
  #namingMark(mark: string): string {
    return this.#mark(this.#redactor.label(mark));
  }

  #object(value: object, depth: number): string {
    this.#nodes++;
    if (isProxy(value)) return this.#mark('[Proxy]');
    const enclosing = this.#enclosing;
    for (let i = 0; i < depth; i++) if (enclosing[i] === value) return this.#mark('[Circular]');
    const isArray = Array.isArray(value);
    if (depth >= this.#limits.maxDepth) return this.#mark(isArray ? '[Array]' : '[Object]');
    enclosing[depth] = value;
    if (isArray) return this.#array(value, depth);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#plain(value, depth);
    return this.#instance(value, depth);
  }

  #array(value: readonly unknown[], depth: number): string {
    let text = '[';
    const length = value.length;
    const halfRoom = this.#room / 2;
    const halfOfNodes = (this.#nodes + this.#limits.maxNodes) / 2;
    for (let i = 0; i < length; i++) {
      // The last items matter as much as the first: the newest messages of a chat.
      if (this.#room <= halfRoom || this.#nodes > halfOfNodes)
        return `${text}${this.#lastItems(value, i, depth)}]`;
      if (i > 0) text += ',';
      text += this.#itemOrHole(value, i, depth);
    }
    return `${text}]`;
  }

  /** The items from an index on, from the last one backwards as far as there is room. */
  #lastItems(value: readonly unknown[], from: number, depth: number): string {
    const items: string[] = [];
    let i = value.length - 1;
    for (; i >= from && !this.#isFull(); i--) items.push(this.#itemOrHole(value, i, depth));
    if (i >= from) {
      this.#isCutShort ||= this.#room <= 0;
      items.push(this.#mark(cutMark(i - from + 1, 'items')));
    }
    return (from > 0 ? ',' : '') + items.reverse().join(',');
  }

  #itemOrHole(value: readonly unknown[], index: number, depth: number): string {
    return Object.hasOwn(value, index) ? (this.#item(value, index, depth) ?? 'null') : this.#hole();
  }

  /** Counted as a node, since a sparse array may have four billion holes. */
  #hole(): string {
    this.#nodes++;
    return 'null';
  }

  #plain(value: object, depth: number): string {
    const keys = Object.keys(value);
    let text = '{';
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (this.#isFull()) {
        this.#isCutShort ||= this.#room <= 0;
        const rest = this.#mark(cutMark(keys.length - i, 'keys'));
        return `${text}${text.length > 1 ? ',' : ''}"…":${rest}}`;
      }
      if (key === 'toJSON' && !hasGetter(value, key)) {
        const toJson: unknown = Reflect.get(value, key);
        if (typeof toJson === 'function') return this.#viaToJson(value, toJson as ToJson, depth);
      }
      const info = this.#redactor.keyInfo(key);
      const member = this.#property(value, key, info, depth);
      if (member === undefined) continue;
      this.#room -= info.text.length + 1;
      text += text.length > 1 ? info.nextText + member : info.text + member;
    }
    return `${text}}`;
  }

  /** The JSON text of an array's item; undefined if it is undefined. */
  #item(array: readonly unknown[], index: number, depth: number): string | undefined {
    this.#nodes++;
    if (hasGetter(array, index)) return this.#mark('[Getter]');
    return this.#value(array[index], '', depth + 1);
  }

  /** The JSON text of a property; undefined if its value is undefined. */
  #property(holder: object, key: string, info: KeyInfo, depth: number): string | undefined {
    this.#nodes++;
    if (hasGetter(holder, key)) return this.#mark('[Getter]');
    const value = (holder as Readonly<Record<string, unknown>>)[key];
    return info.isSecret && isMaskable(value, key) && !this.#isPiece(value, key)
      ? this.#mark(MASK)
      : this.#value(value, key, depth + 1);
  }

  /** Whether the value of a secret's key is a piece of a streamed text, or contains one. */
  #isPiece(value: unknown, key: string): boolean {
    if (!this.#isItem) return false;
    return !this.#redactor.isSecretInStream(key, typeof value === 'string' ? value : '{');
  }

  #isFull(): boolean {
    return this.#room <= 0 || this.#nodes >= this.#limits.maxNodes;
  }

  /** The JSON text of a class instance. Brand checks come first, since they run no code of the value. */
  #instance(value: object, depth: number): string {
    if (isDate(value)) return this.#mark(dateText(value));
    if (isError(value)) return this.#error(value, depth);
    if (isMap(value)) return this.#map(value, depth);
    if (isSet(value))
      return `{"$set":${this.#array(firstOf(value, this.#limits.maxNodes), depth)}}`;
    if (isPromise(value)) return this.#mark('[Promise]');
    if (isRegExp(value)) return this.#namingMark(regExpText(value));
    if (isGeneratorObject(value)) return this.#mark('[Generator]');
    if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) return this.#mark(bytesMark(value));
    if (isBoxedPrimitive(value)) return this.#boxed(value, depth);
    const stream = streamMark(value);
    if (stream !== undefined) return this.#namingMark(stream);
    const toJson = dataProperty(value, 'toJSON');
    if (typeof toJson === 'function') return this.#viaToJson(value, toJson as ToJson, depth);
    if (hasMethod(value, 'then')) return this.#mark('[Promise]');
    if (isObservable(value)) return this.#namingMark(`[${classOf(value)}]`);
    const keys = Object.keys(value);
    if (keys.length > 0) return this.#plain(value, depth);
    const web = webValue(value, this.#limits.maxNodes);
    if (typeof web === 'object') return this.#plain(web, depth);
    return this.#namingMark(web ?? `[${classOf(value)}]`);
  }

  #viaToJson(value: object, toJson: ToJson, depth: number): string {
    let result: unknown;
    try {
      result = Reflect.apply(toJson, value, ['']);
    } catch {
      return this.#namingMark(`[${classOf(value)}: toJSON failed]`);
    }
    if (result === value) return this.#namingMark(`[${classOf(value)}]`);
    if (isPromise(result)) {
      // Nobody else has this promise, so an unhandled rejection would be caused here.
      result.catch(() => {});
      return this.#mark('[Promise]');
    }
    return this.member(result, '', depth + 1) ?? 'null';
  }

  #map(value: Map<unknown, unknown>, depth: number): string {
    const entries: unknown[] = [];
    for (const entry of Map.prototype.entries.call(value)) {
      if (entries.length >= this.#limits.maxNodes) break;
      const [key, item] = entry;
      const isMasked =
        typeof key === 'string' && this.#redactor.isSecret(key) && isMaskable(item, key);
      entries.push([key, isMasked ? MASK : item]);
    }
    return `{"$map":${this.#array(entries, depth)}}`;
  }

  #boxed(value: object, depth: number): string {
    for (const { prototype } of [String, Number, Boolean, Symbol, BigInt]) {
      try {
        return this.member(Reflect.apply(prototype.valueOf, value, []), '', depth) ?? 'null';
      } catch {
        // Not a wrapper of this type.
      }
    }
    return this.#namingMark(`[${classOf(value)}]`);
  }

  #error(value: object, depth: number): string {
    const parts: Record<string, unknown> = Object.create(null);
    parts.name = errorName(value);
    parts.message = errorMessage(value);
    const stack = errorStack(value);
    if (stack !== undefined) parts.stack = this.#redactor.maskedHead(stack, MAX_STACK_CHARS);
    const code = dataProperty(value, 'code');
    if (typeof code === 'string' || typeof code === 'number') parts.code = code;
    const cause = dataProperty(value, 'cause');
    const causes = this.#enclosing.slice(0, depth + 1).filter(isError).length;
    if (cause !== undefined && causes <= MAX_CAUSES) parts.cause = cause;
    const errors = dataProperty(value, 'errors');
    if (!isProxy(errors) && Array.isArray(errors)) parts.errors = firstErrors(errors);
    return this.#plain(parts, depth);
  }
}

/** The text with a mark of how much was cut. @param length of the whole text */
function cut(text: string, length: number): string {
  return markedAsCut(text, length - text.length, 'characters');
}

function firstErrors(errors: readonly unknown[]): unknown[] {
  const first: unknown[] = [];
  for (let i = 0; i < errors.length && i < MAX_ERRORS; i++) {
    first.push(Object.getOwnPropertyDescriptor(errors, i)?.value);
  }
  if (errors.length > MAX_ERRORS) first.push(cutMark(errors.length - MAX_ERRORS, 'errors'));
  return first;
}

function firstOf(values: Set<unknown>, count: number): unknown[] {
  const first: unknown[] = [];
  for (const value of Set.prototype.values.call(values)) {
    if (first.length >= count) break;
    first.push(value);
  }
  return first;
}
