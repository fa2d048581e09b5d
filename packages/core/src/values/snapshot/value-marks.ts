/** Marks for values that are named instead of copied, such as `[Function search]`. */

import { isProxy } from '#platform';
import { classOf, dataProperty, MAX_NAME_CHARS } from '../reading/read-safely.js';
import { maskUserInfo } from '../redaction/mask-text.js';
import { cutTo } from '../text/well-formed.js';

export function functionMark(value: object): string {
  if (isProxy(value)) return '[Proxy]';
  const name = dataProperty(value, 'name');
  return typeof name === 'string' && name !== ''
    ? `[Function ${cutTo(name, MAX_NAME_CHARS)}]`
    : '[Function]';
}

/** A mark for a stream, request or response, since reading it or listening to it could start it. Undefined for others. */
export function streamMark(value: object): string | undefined {
  if (dataProperty(value, '_readableState') !== undefined) {
    const method = dataProperty(value, 'method');
    const url = dataProperty(value, 'url');
    if (typeof method !== 'string' || typeof url !== 'string') return `[${classOf(value)}]`;
    return `[${classOf(value)} ${method} ${urlText(url)}]`;
  }
  const isWritable =
    dataProperty(value, '_writableState') !== undefined ||
    dataProperty(value, '_header') !== undefined;
  return isWritable ? `[${classOf(value)}]` : undefined;
}

/** A URL without its query and credentials, cut to 256 characters. */
export function urlText(url: string): string {
  return cutTo(maskUserInfo(url.split(/[?#]/, 1)[0] ?? ''), MAX_NAME_CHARS);
}

/** A mark for a file: `[report.pdf, application/pdf, 50000 bytes]`. */
export function fileMark(name: string, type: string, bytes: number): string {
  return `[${[name, type].flatMap((each) => (each === '' ? [] : [`${cutTo(each, MAX_NAME_CHARS)}, `])).join('')}${bytes} bytes]`;
}

/** A mark for bytes: a buffer or a view of one. */
export function bytesMark(bytes: object): string {
  return `[${classOf(bytes)}: ${byteLengthOf(bytes)} bytes]`;
}

/**
 * The mark for values that are left out: `[cut: 3 more items]`.
 * @param noun what they are, in the plural
 */
export function cutMark(count: number, noun: string): string {
  return `[cut: ${count} more ${noun}]`;
}

/** The beginning of a text with the mark for the rest: `So… [cut: 9 more characters]`. */
export function markedAsCut(text: string, count: number, noun: string): string {
  return `${text}… ${cutMark(count, noun)}`;
}

export function dateText(value: Date): string {
  const time = Date.prototype.getTime.call(value);
  return Number.isNaN(time) ? 'Invalid Date' : Date.prototype.toISOString.call(value);
}

/** Whether it has at most 100 digits, so that converting it to a string is cheap. */
export function isShortBigInt(value: bigint): boolean {
  return value < 10n ** 100n && value > -(10n ** 100n);
}

/** The length in bytes by the built-in getters, since a view may have a getter of its own. */
export function byteLengthOf(value: object): number {
  for (const prototype of BYTES) {
    try {
      return Reflect.get(prototype, 'byteLength', value) as number;
    } catch {
      // Not an instance of this class.
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

/** The expression's source and flags by the built-in getters, since `toString` would call getters of its own. */
export function regExpText(value: RegExp): string {
  const source = String(Reflect.get(RegExp.prototype, 'source', value));
  let flags = '';
  for (const [name, flag] of FLAGS) if (Reflect.get(RegExp.prototype, name, value)) flags += flag;
  return `/${cutTo(source, MAX_NAME_CHARS)}/${flags}`;
}

const FLAGS = [
  ['global', 'g'],
  ['ignoreCase', 'i'],
  ['multiline', 'm'],
  ['dotAll', 's'],
  ['unicode', 'u'],
  ['sticky', 'y'],
] as const;

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,/;

/** Whether the text begins as a data URL in base64. */
export function isDataUrl(head: string): boolean {
  return head.startsWith('data:') && DATA_URL.test(head.slice(0, MAX_NAME_CHARS));
}

/**
 * A mark for a data URL in base64, `[image/png, 2250 bytes]`; undefined for another text.
 * @param head its beginning
 * @param chars of the whole text
 * @param end its last two characters
 */
export function dataUrlMark(head: string, chars: number, end: string): string | undefined {
  const url = head.startsWith('data:') ? DATA_URL.exec(head.slice(0, MAX_NAME_CHARS)) : null;
  if (url === null) return undefined;
  const padding = end.endsWith('==') ? 2 : end.endsWith('=') ? 1 : 0;
  const bytes = Math.floor(((chars - url[0].length) * 3) / 4) - padding;
  return `[${url[1] ?? 'data'}, ${bytes} bytes]`;
}
