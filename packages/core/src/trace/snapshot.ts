/**
 * Values to bounded JSON text, at the moment they are logged.
 *
 * It runs no code of the value's except a `toJSON` method: accessors are named, not called, and proxies are
 * not touched. It never throws, and its time and output are bounded whatever it is given.
 */

import {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isGeneratorObject,
  isMap,
  isNativeError,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
} from '#platform';
import { quote } from './json-text.js';
import { FAILED, MASK, type Redactor } from './redact.js';

export interface SnapshotLimits {
  /** Characters of one value's text, about. */
  readonly maxChars: number;
  readonly maxDepth: number;
  /** Members visited in one value. */
  readonly maxNodes: number;
}

type ToJson = (key: string) => unknown;

const MAX_KEY_CHARS = 256;
const MAX_STACK_CHARS = 4000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 10;

export class Snapshotter {
  readonly #redactor: Redactor;
  readonly #limits: SnapshotLimits;
  readonly #onFailure: (what: string, error: unknown) => void;
  #idle: Walk | undefined;

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
    // A toJSON may log something itself: the walk that is under way is not there for it.
    const walk = this.#idle ?? new Walk(this.#redactor, this.#limits, this.#onFailure);
    this.#idle = undefined;
    try {
      return walk.text(value, key, Math.min(maxChars, this.#limits.maxChars));
    } catch (error) {
      this.#onFailure('snapshot_failed', error);
      return '"[Unreadable]"';
    } finally {
      this.#idle = walk;
    }
  }

  /**
   * The JSON text of a value that was parsed from JSON text: that text itself where nothing in it
   * has to be masked, cut or replaced.
   */
  textOfParsed(json: string, value: unknown): string {
    const { maxChars } = this.#limits;
    if (json.length <= maxChars && this.#redactor.text === undefined && this.#isClean(value, 0)) {
      return json;
    }
    return this.text(value);
  }

  #isClean(value: unknown, depth: number): boolean {
    if (typeof value !== 'object' || value === null) return true;
    if (depth >= this.#limits.maxDepth) return false;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) if (!this.#isClean(value[i], depth + 1)) return false;
      return value.length <= this.#limits.maxNodes;
    }
    for (const key in value) {
      if (this.#redactor.isSecret(key)) return false;
      if (!this.#isClean((value as Record<string, unknown>)[key], depth + 1)) return false;
    }
    return true;
  }
}

/** One value's walk: what is left to write, and the objects that enclose the present one. */
class Walk {
  readonly #redactor: Redactor;
  readonly #limits: SnapshotLimits;
  readonly #onFailure: (what: string, error: unknown) => void;
  readonly #enclosing: object[] = [];
  #room = 0;
  #nodes = 0;

  constructor(
    redactor: Redactor,
    limits: SnapshotLimits,
    onFailure: (what: string, error: unknown) => void,
  ) {
    this.#redactor = redactor;
    this.#limits = limits;
    this.#onFailure = onFailure;
  }

  text(value: unknown, key: string, room: number): string {
    this.#enclosing.length = 0;
    this.#room = room;
    this.#nodes = 0;
    return this.member(value, key, 0) ?? 'null';
  }

  /** Undefined where JSON has no member: an undefined value. */
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
        return this.#mark(isShort(value) ? `${value}n` : '[BigInt]');
      case 'symbol':
        return this.#mark(value.toString().slice(0, MAX_KEY_CHARS));
      default:
        return this.#mark(functionMark(value as object));
    }
  }

  #string(value: string, key: string): string {
    const room = Math.max(this.#room, 0);
    let text = this.#quoted(value, room, key);
    // A control character takes six in JSON.
    if (text.length > 2 * room + 100) text = this.#quoted(value, Math.floor(room / 6), key);
    this.#room -= text.length + 1;
    return text;
  }

  #quoted(value: string, room: number, key: string): string {
    const text =
      value.length > room
        ? `${value.slice(0, room)}… [cut: ${value.length - room} more characters]`
        : value;
    return quote(
      this.#redactor.text === undefined ? text : this.#redactText(this.#redactor.text, text, key),
    );
  }

  #redactText(redact: (text: string, key: string) => string, text: string, key: string): string {
    try {
      const result: unknown = redact(text, key);
      if (typeof result === 'string') return result.slice(0, this.#limits.maxChars);
      if (isPromise(result)) result.catch(() => {});
      this.#onFailure('redaction_failed', new TypeError('redact.text must return a string'));
    } catch (error) {
      this.#onFailure('redaction_failed', error);
    }
    return FAILED;
  }

  #mark(mark: string): string {
    this.#room -= mark.length + 3;
    return quote(mark);
  }

  #object(value: object, depth: number): string {
    this.#nodes++;
    if (isProxy(value)) return this.#mark('[Proxy]');
    if (this.#enclosing.includes(value)) return this.#mark('[Circular]');
    const isList = Array.isArray(value);
    if (depth >= this.#limits.maxDepth) return this.#mark(isList ? '[Array]' : '[Object]');
    this.#enclosing.push(value);
    try {
      if (isList) return this.#array(value, depth);
      const prototype = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) return this.#plain(value, depth);
      return this.#instance(value, depth);
    } finally {
      this.#enclosing.pop();
    }
  }

  #array(value: readonly unknown[], depth: number): string {
    let text = '[';
    const length = value.length;
    for (let i = 0; i < length; i++) {
      if (this.#isFull()) {
        return `${text}${i > 0 ? ',' : ''}${this.#mark(`[cut: ${length - i} more items]`)}]`;
      }
      if (i > 0) text += ',';
      const descriptor = Object.getOwnPropertyDescriptor(value, i);
      text +=
        descriptor === undefined ? this.#hole() : (this.#property(descriptor, '', depth) ?? 'null');
    }
    return `${text}]`;
  }

  /** A list may have four billion of them. */
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
        const rest = this.#mark(`[cut: ${keys.length - i} more keys]`);
        return `${text}${text.length > 1 ? ',' : ''}"…":${rest}}`;
      }
      const descriptor = Object.getOwnPropertyDescriptor(value, key);
      if (descriptor === undefined) continue;
      if (key === 'toJSON' && typeof descriptor.value === 'function') {
        return this.#viaToJson(value, descriptor.value, depth);
      }
      const known = this.#redactor.lookUp(key);
      const isMasked = known.isSecret && isMaskable(descriptor.value, key);
      const member = isMasked ? this.#mark(MASK) : this.#property(descriptor, key, depth);
      if (member === undefined) continue;
      this.#room -= known.text.length + 1;
      text += text.length > 1 ? `,${known.text}${member}` : known.text + member;
    }
    return `${text}}`;
  }

  #property(descriptor: PropertyDescriptor, key: string, depth: number): string | undefined {
    this.#nodes++;
    if (descriptor.get !== undefined || descriptor.set !== undefined) return this.#mark('[Getter]');
    return this.#value(descriptor.value, key, depth + 1);
  }

  #isFull(): boolean {
    return this.#room <= 0 || this.#nodes >= this.#limits.maxNodes;
  }

  /** Of a class, known or not. Brand checks come first, since they run no code of the value's. */
  #instance(value: object, depth: number): string {
    if (isDate(value)) return this.#mark(dateText(value));
    if (isNativeError(value) || isErrorLike(value)) return this.#error(value, depth);
    if (isMap(value)) return this.#map(value, depth);
    if (isSet(value))
      return `{"$set":${this.#array(firstOf(value, this.#limits.maxNodes), depth)}}`;
    if (isPromise(value)) return this.#mark('[Promise]');
    if (isRegExp(value)) return this.#mark(regExpText(value));
    if (isGeneratorObject(value)) return this.#mark('[Generator]');
    if (ArrayBuffer.isView(value))
      return this.#mark(`[${classOf(value)}: ${byteLengthOf(value)} bytes]`);
    if (isAnyArrayBuffer(value))
      return this.#mark(`[${classOf(value)}: ${byteLengthOf(value)} bytes]`);
    if (isBoxedPrimitive(value)) return this.#boxed(value, depth);
    const stream = streamMark(value);
    if (stream !== undefined) return this.#mark(stream);
    const toJson = inherited(value, 'toJSON');
    if (typeof toJson === 'function') return this.#viaToJson(value, toJson as ToJson, depth);
    if (typeof inherited(value, 'then') === 'function') return this.#mark('[Promise]');
    const keys = Object.keys(value);
    if (keys.length === 0) return this.#mark(`[${classOf(value)}]`);
    return this.#plain(value, depth);
  }

  #viaToJson(value: object, toJson: ToJson, depth: number): string {
    let result: unknown;
    try {
      result = Reflect.apply(toJson, value, ['']);
    } catch {
      return this.#mark(`[${classOf(value)}: toJSON failed]`);
    }
    if (result === value) return this.#mark(`[${classOf(value)}]`);
    if (isPromise(result)) {
      // We asked for it, so its failure is ours to hear.
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
      const secret = typeof key === 'string' && this.#redactor.isSecret(key);
      entries.push([key, secret ? MASK : item]);
    }
    return `{"$map":${this.#array(entries, depth)}}`;
  }

  #boxed(value: object, depth: number): string {
    for (const { prototype } of [String, Number, Boolean, Symbol, BigInt]) {
      try {
        return this.member(Reflect.apply(prototype.valueOf, value, []), '', depth) ?? 'null';
      } catch {
        // Not this kind of box.
      }
    }
    return this.#mark(`[${classOf(value)}]`);
  }

  #error(value: object, depth: number): string {
    const parts: Record<string, unknown> = Object.create(null);
    parts.name = errorName(value);
    parts.message = errorMessage(value);
    const stack = errorStack(value);
    if (stack !== undefined) parts.stack = stack;
    const code = inherited(value, 'code');
    if (typeof code === 'string' || typeof code === 'number') parts.code = code;
    const cause = inherited(value, 'cause');
    const causes = this.#enclosing.filter((each) => isNativeError(each)).length;
    if (cause !== undefined && causes <= MAX_CAUSES) parts.cause = cause;
    const errors = inherited(value, 'errors');
    if (!isProxy(errors) && Array.isArray(errors)) parts.errors = firstErrors(errors);
    return this.#plain(parts, depth);
  }
}

function firstErrors(errors: readonly unknown[]): unknown[] {
  const first: unknown[] = [];
  for (let i = 0; i < errors.length && i < MAX_ERRORS; i++) {
    first.push(Object.getOwnPropertyDescriptor(errors, i)?.value);
  }
  if (errors.length > MAX_ERRORS) first.push(`[cut: ${errors.length - MAX_ERRORS} more errors]`);
  return first;
}

/** Under the key of a secret, what could be one. A count is none: `token: 17`. */
function isMaskable(value: unknown, key: string): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false;
  return typeof value !== 'number' || !/token$/i.test(key);
}

/** The name that an error goes by, without running code of its own. */
export function errorName(error: object): string {
  const name = isDomException(error) ? error.name : inherited(error, 'name');
  return typeof name === 'string' ? name.slice(0, MAX_KEY_CHARS) : 'Error';
}

/** The message of an error, without running code of its own. */
export function errorMessage(error: object): string {
  const message = isDomException(error) ? error.message : inherited(error, 'message');
  return typeof message === 'string' ? message : '';
}

/** The engine's own accessor for `stack`, in engines where it is one. */
const stackGetter = Object.getOwnPropertyDescriptor(new Error('probe'), 'stack')?.get;

function errorStack(error: object): string | undefined {
  const own = Object.getOwnPropertyDescriptor(error, 'stack');
  const isNative = own?.get !== undefined && own.get === stackGetter;
  const stack: unknown = isNative ? Reflect.get(error, 'stack') : own?.value;
  return typeof stack === 'string' ? stack.slice(0, MAX_STACK_CHARS) : undefined;
}

/** Its properties are accessors of the platform's, and safe to call. */
function isDomException(value: object): value is DOMException {
  return (
    typeof DOMException === 'function' && Object.getPrototypeOf(value) === DOMException.prototype
  );
}

/** The value of a data property of the object or of what it inherits from; undefined for accessors. */
export function inherited(value: object, key: PropertyKey): unknown {
  let holder: object | null = value;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) return descriptor.value;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** An error of another realm, or an object made to look like one, such as DOMException. */
function isErrorLike(value: object): boolean {
  let holder: object | null = value;
  for (let depth = 0; holder !== null && depth < 12 && !isProxy(holder); depth++) {
    if (holder === Error.prototype) return true;
    holder = Object.getPrototypeOf(holder);
  }
  return false;
}

function classOf(value: object): string {
  const made = inherited(value, 'constructor');
  const name = typeof made === 'function' && !isProxy(made) ? inherited(made, 'name') : '';
  return typeof name === 'string' && name !== '' ? name.slice(0, MAX_KEY_CHARS) : 'Object';
}

function functionMark(value: object): string {
  if (isProxy(value)) return '[Proxy]';
  const name = inherited(value, 'name');
  return typeof name === 'string' && name !== ''
    ? `[Function ${name.slice(0, MAX_KEY_CHARS)}]`
    : '[Function]';
}

/** Reading a stream, or even listening to it, could start it. */
function streamMark(value: object): string | undefined {
  if (inherited(value, '_readableState') !== undefined) {
    const method = inherited(value, 'method');
    const url = inherited(value, 'url');
    if (typeof method !== 'string' || typeof url !== 'string') return `[${classOf(value)}]`;
    return `[${classOf(value)} ${method} ${url.split('?', 1)[0]?.slice(0, MAX_KEY_CHARS)}]`;
  }
  const isWritable =
    inherited(value, '_writableState') !== undefined || inherited(value, '_header') !== undefined;
  return isWritable ? `[${classOf(value)}]` : undefined;
}

function dateText(value: Date): string {
  const time = Date.prototype.getTime.call(value);
  return Number.isNaN(time) ? 'Invalid Date' : Date.prototype.toISOString.call(value);
}

function isShort(value: bigint): boolean {
  return value < 10n ** 100n && value > -(10n ** 100n);
}

/** Asked of the built-in accessors, since a view may have one of its own. */
function byteLengthOf(value: object): number {
  for (const prototype of BYTES) {
    try {
      return Reflect.get(prototype, 'byteLength', value) as number;
    } catch {
      // Not of this kind.
    }
  }
  return 0;
}

const BYTES: readonly object[] = [
  Object.getPrototypeOf(Uint8Array.prototype),
  DataView.prototype,
  ArrayBuffer.prototype,
  ...(typeof SharedArrayBuffer === 'function' ? [SharedArrayBuffer.prototype] : []),
];

/** Likewise: `toString` would call accessors that the expression may have of its own. */
function regExpText(value: RegExp): string {
  const source = String(Reflect.get(RegExp.prototype, 'source', value));
  let flags = '';
  for (const [name, flag] of FLAGS) if (Reflect.get(RegExp.prototype, name, value)) flags += flag;
  return `/${source.slice(0, MAX_KEY_CHARS)}/${flags}`;
}

const FLAGS = [
  ['global', 'g'],
  ['ignoreCase', 'i'],
  ['multiline', 'm'],
  ['dotAll', 's'],
  ['unicode', 'u'],
  ['sticky', 'y'],
] as const;

function firstOf(values: Set<unknown>, count: number): unknown[] {
  const first: unknown[] = [];
  for (const value of Set.prototype.values.call(values)) {
    if (first.length >= count) break;
    first.push(value);
  }
  return first;
}
