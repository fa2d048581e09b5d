/**
 * Shows objects of the web platform, such as a Response. Reads facts by the platform's own accessors, never a body: what the app
 * reads later is undisturbed.
 */

import { isProxy } from '#platform';
import { classOf, dataProperty, MAX_NAME_CHARS } from '../reading/read-safely.js';
import { fieldsByName } from '../text/form-fields.js';
import { cutTo } from '../text/well-formed.js';
import { fileMark, urlText } from './value-marks.js';

type Fields = Readonly<Record<string, unknown>>;

/** What shows a value of a class; a string is a mark. @param maxEntries limit for the fields of a form */
type Shown = (value: object, maxEntries: number) => string | Fields | undefined;

const CLASSES: Readonly<Record<string, Shown>> = {
  Response: (value) => {
    const status = factOf(value, 'status') ?? factOf(value, 'status', nearest);
    if (typeof status !== 'number') return undefined;
    return mark(value, ` ${status}`, [...bodyFacts(value), urlOf(factOf(value, 'url'))]);
  },
  Request: (value) => {
    const method = factOf(value, 'method') ?? factOf(value, 'method', nearest);
    const url = urlOf(factOf(value, 'url') ?? factOf(value, 'url', nearest));
    if (typeof method !== 'string') return undefined;
    return mark(value, ` ${method}`, [url, ...bodyFacts(value)]);
  },
  // Their values are not captured unless the app names them.
  Headers: (value, maxEntries) => {
    const names = entriesOf(value, maxEntries).map(([name]) => cutTo(String(name), MAX_NAME_CHARS));
    return names.length === 0 ? undefined : mark(value, ': ', [cutTo(names.join(', '), 1000)]);
  },
  URLSearchParams: (value, maxEntries) => fieldsByName(entriesOf(value, maxEntries)),
  FormData: (value, maxEntries) => fieldsByName(entriesOf(value, maxEntries)),
  Blob: blobMark,
  File: blobMark,
  AbortSignal: (value) => (factOf(value, 'aborted') === true ? mark(value, ' aborted') : undefined),
};

/**
 * What shows an object of the web platform: a mark, or the fields of a form. Undefined for any other object, and for one that shows
 * nothing but its class. Never throws.
 */
export function webValue(value: object, maxEntries: number): string | Fields | undefined {
  const tag = dataProperty(value, Symbol.toStringTag);
  if (typeof tag !== 'string' || !Object.hasOwn(CLASSES, tag)) return undefined;
  try {
    return isOfPlatform(value, tag) ? CLASSES[tag]?.(value, maxEntries) : undefined;
  } catch {
    // An object that only inherits from one of the platform.
    return undefined;
  }
}

/** Looks at the global only for an object that has its name: Node loads its `fetch` when that is read. */
function isOfPlatform(value: object, name: string): boolean {
  const { prototype } = Reflect.get(globalThis, name) as { readonly prototype: object };
  const own = prototypesOf(value);
  // A class that replaced the platform's inherits from it.
  return own.includes(prototype) || prototypesOf(prototype).some((each) => isNamed(each, own));
}

function isNamed(prototype: object, own: readonly object[]): boolean {
  return Object.hasOwn(prototype, Symbol.toStringTag) && own.includes(prototype);
}

function prototypesOf(value: object): readonly object[] {
  const found: object[] = [];
  let holder: object | null = Object.getPrototypeOf(value);
  for (; holder !== null && found.length < 12 && !isProxy(holder); ) {
    found.push(holder);
    holder = Object.getPrototypeOf(holder);
  }
  return found;
}

type Choose = (holders: readonly object[]) => object | undefined;
/** A subclass may have accessors of its own. */
const platforms: Choose = (holders) => holders.at(-1);
/** `@hono/node-server` replaces the classes by ones that create the platform's object only when it is needed. */
const nearest: Choose = (holders) => holders[0];

/** A property by the platform's accessor; undefined if the object has none that may be called. */
function factOf(value: object, key: string, choose: Choose = platforms): unknown {
  const holder = choose(prototypesOf(value).filter((each) => Object.hasOwn(each, key)));
  if (holder === undefined) return undefined;
  try {
    return Reflect.get(holder, key, value);
  } catch {
    return undefined;
  }
}

function entriesOf(value: object, maxEntries: number): (readonly [name: string, value: string])[] {
  const { entries } = prototypesOf(value).findLast((each) => Object.hasOwn(each, 'entries')) as {
    entries(): Iterable<readonly [string, string]>;
  };
  const found: (readonly [name: string, value: string])[] = [];
  for (const entry of entries.call(value)) {
    if (found.length >= maxEntries) break;
    found.push(entry);
  }
  return found;
}

/** Type and length of the body, as the headers state them. */
function bodyFacts(value: object): readonly string[] {
  const headers = factOf(value, 'headers');
  if (typeof headers !== 'object' || headers === null) return [];
  const fields = Object.fromEntries(entriesOf(headers, 1000));
  const { 'content-type': type = '', 'content-length': length = '' } = fields;
  return [cutTo(type, MAX_NAME_CHARS), /^\d{1,16}$/.test(length) ? `${length} bytes` : ''];
}

function urlOf(url: unknown): string {
  // The URL of a blob or of data says nothing of the request.
  return typeof url === 'string' && /^https?:/.test(url) ? urlText(url) : '';
}

function blobMark(value: object): string | undefined {
  const size = factOf(value, 'size');
  const name = factOf(value, 'name') ?? '';
  const type = factOf(value, 'type');
  if (typeof size !== 'number' || typeof name !== 'string' || typeof type !== 'string')
    return undefined;
  return name === '' && type === ''
    ? `[${classOf(value)}: ${size} bytes]`
    : fileMark(name, type, size);
}

function mark(value: object, first: string, facts: readonly string[] = []): string {
  const rest = facts.filter((fact) => fact !== '').join(', ');
  const isList = first.endsWith(': ');
  // A bundler renames a class that replaces the platform's.
  const name = classOf(value).replace(/\$\d+$/, '');
  return `[${name}${first}${rest === '' || isList ? rest : `, ${rest}`}]`;
}
