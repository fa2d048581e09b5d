/**
 * What core needs of a platform of which nothing is known but the web's own interfaces, such as Cloudflare's workerd.
 *
 * What cannot be known there: whether a value is a proxy (one is read like any object, guarded), what Node's encodings
 * and compressions hold, and when a process is about to end. Nothing here runs before the first request.
 */

import type { SpoolFiles } from '../publish/spool/files.js';

export { fetchExchange as exchange } from './fetch-exchange.js';

/** A timer belongs to the request that started it, and ends with it. */
export const timersLast = false;

/** Whether the code runs at the top level of a Worker, where clocks stand at 0 and nothing random can be drawn. */
export const isTopLevel = (): boolean => performance.now() === 0 && performance.timeOrigin === 0;

export const fieldsMayBeSlow: boolean = false;

/** There is no cache of modules. */
export function loadedModules(_path: RegExp): readonly unknown[] {
  return [];
}

/** Nothing outlives the request that it belongs to. */
export const atTurnEnd: ((work: () => void) => void) | undefined = undefined;

/** Whether the value is an instance, and not merely an heir, of the class: `ask` throws for the latter. */
function isA<T>(Class: abstract new (...args: never) => T, ask: (value: T) => unknown) {
  return (value: unknown): value is T => {
    try {
      if (!(value instanceof Class)) return false;
      ask(value);
      return true;
    } catch {
      return false;
    }
  };
}

function getterOf(prototype: object, name: string): (value: unknown) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  return (value) => get?.call(value);
}

export const isProxy = (_value: unknown): boolean => false;
export const isPromise: (value: unknown) => value is Promise<unknown> = isA(Promise, () => {});
export const isMap: (value: unknown) => value is Map<unknown, unknown> = isA(
  Map,
  getterOf(Map.prototype, 'size'),
);
export const isSet: (value: unknown) => value is Set<unknown> = isA(
  Set,
  getterOf(Set.prototype, 'size'),
);
export const isDate: (value: unknown) => value is Date = isA(Date, (value) =>
  Date.prototype.getTime.call(value),
);
export const isRegExp: (value: unknown) => value is RegExp = isA(RegExp, (value) => {
  if (value !== RegExp.prototype) getterOf(RegExp.prototype, 'source')(value);
});
export const isNativeError: (value: unknown) => value is Error = isA(Error, () => {});

const boxes: readonly ((value: unknown) => boolean)[] = [
  isA(Number, (value) => Number.prototype.valueOf.call(value)),
  isA(String, (value) => String.prototype.valueOf.call(value)),
  isA(Boolean, (value) => Boolean.prototype.valueOf.call(value)),
  // These cannot be constructed, but their objects can.
  isA(BigInt as never, (value) => BigInt.prototype.valueOf.call(value)),
  isA(Symbol as never, (value) => Symbol.prototype.valueOf.call(value)),
];
export const isBoxedPrimitive = (value: unknown): boolean =>
  typeof value === 'object' && boxes.some((isBoxed) => isBoxed(value));

const isArrayBuffer = isA(ArrayBuffer, getterOf(ArrayBuffer.prototype, 'byteLength'));
const isSharedArrayBuffer =
  typeof SharedArrayBuffer === 'function'
    ? isA(SharedArrayBuffer, getterOf(SharedArrayBuffer.prototype, 'byteLength'))
    : () => false;
export const isAnyArrayBuffer = (value: unknown): value is ArrayBuffer | SharedArrayBuffer =>
  isArrayBuffer(value) || isSharedArrayBuffer(value);

const generators: readonly object[] = [
  Object.getPrototypeOf(function* () {}).prototype,
  Object.getPrototypeOf(async function* () {}).prototype,
];
export const isGeneratorObject = (value: unknown): boolean => {
  try {
    return generators.some((prototype) =>
      Object.prototype.isPrototypeOf.call(prototype, value as object),
    );
  } catch {
    return false;
  }
};

const { process: host } = globalThis as {
  process?: { env?: Readonly<Record<string, string | undefined>> };
};
export const environment: Readonly<Record<string, string | undefined>> = host?.env ?? {};

export function writeLine(line: string): void {
  console.error(line);
}

/** There is no channel to publish it on. */
export function publishDiagnostic(): void {}

export function publishRows(): void {}

/** There is nothing to keep traces in. */
export const spoolFiles: SpoolFiles | undefined = undefined;

/** There are no signals. */
export function onSignal(): () => void {
  return () => {};
}

/** Nobody says when the end comes. */
export function onNaturalExit(): () => void {
  return () => {};
}

export function allocate(size: number): Uint8Array {
  return new Uint8Array(size);
}

/** Made at its first use: a browser's globals that a test runner imitates may have none. */
let encoder: InstanceType<typeof TextEncoder> | undefined;

/**
 * Writes a text as UTF-8 into memory of `allocate`.
 * @returns the bytes that were written
 */
export function writeUtf8(target: Uint8Array, text: string, offset: number): number {
  encoder ??= new TextEncoder();
  return encoder.encodeInto(text, target.subarray(offset)).written;
}

/** A copy of the bytes. A Buffer's own `slice` would share them. */
export function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The bytes that a text takes in UTF-8, counted without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A pair of surrogates takes four bytes, a lone one is replaced by a character of three.
    const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) i++;
    bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

/** Texts are written in no other encoding than UTF-8. */
export function encoded(): Uint8Array | undefined {
  return undefined;
}

export function utf8Text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** What is compressed can be read by waiting for it alone, and there is no time for that. */
export function decodeContent(): Uint8Array | undefined {
  return undefined;
}
