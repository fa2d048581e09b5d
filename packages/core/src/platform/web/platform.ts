/**
 * Everything that core needs of a runtime that has web APIs alone, such as Cloudflare's workerd.
 *
 * Without Node's APIs, a proxy is read like any object, compressed bodies and strings in other encodings than UTF-8 are not
 * decoded, and the end of the process is not noticed. Nothing here runs before the first request.
 */

export { fetchClient as httpClient } from './fetch-client.js';

/** Whether the process has Node's APIs. */
export const hasNode = false;

/** Whether a timer fires although the request that started it is over: Workers cancel it. */
export const timersOutliveRequests = false;

/** Whether the code runs at the top level of a Worker, where clocks read 0 and random values are not available. */
export const isTopLevel = (): boolean => performance.now() === 0 && performance.timeOrigin === 0;

export const fieldsMayBeSlow: boolean = false;

/** None: there is no module cache. */
export function loadedModules(_path: RegExp): readonly unknown[] {
  return [];
}

export function tracingChannel(_name: string): object | undefined {
  return undefined;
}

/** Does nothing: there are no diagnostics channels. */
export function subscribeTo(_name: string, _listener: (message: unknown) => void): void {}

/** Undefined, since work that is put off may be cancelled with its request. */
export const atTurnEnd: ((work: () => void) => void) | undefined = undefined;

/** A check for real instances of the class. `brandCheck` throws for objects that only inherit from its prototype. */
function isA<T>(Class: abstract new (...args: never) => T, brandCheck: (value: T) => unknown) {
  return (value: unknown): value is T => {
    try {
      if (!(value instanceof Class)) return false;
      brandCheck(value);
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
  // BigInt and Symbol are no constructors, but `Object(1n)` and `Object(Symbol())` are instances of them.
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

export const processName: (() => string) | undefined = undefined;

export function writeLine(line: string): void {
  console.error(line);
}

/** Does nothing: there are no diagnostics channels. */
export function publishDiagnostic(): void {}

export function publishRows(): void {}

/** Undefined: there is no file system. */
export const absolutePath: ((path: string) => string) | undefined = undefined;

/** Does nothing: there are no signals. */
export function onSignal(): () => void {
  return () => {};
}

/** Does nothing: there is no event before the end. */
export function onBeforeExit(): () => void {
  return () => {};
}

export function allocate(size: number): Uint8Array {
  return new Uint8Array(size);
}

/** Made at its first use: test runners that imitate a browser may lack TextEncoder. */
let encoder: InstanceType<typeof TextEncoder> | undefined;

/**
 * Writes a string as UTF-8 into memory of `allocate`.
 * @returns the number of bytes written
 */
export function writeUtf8(target: Uint8Array, text: string, offset: number): number {
  encoder ??= new TextEncoder();
  return encoder.encodeInto(text, target.subarray(offset)).written;
}

/** A copy of the bytes. `slice` of a Buffer would share their memory. */
export function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The length of a string in UTF-8 bytes, counted without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair takes four bytes; a lone surrogate is replaced by U+FFFD, which takes three.
    const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    if (isPair) i++;
    bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

/** Undefined: there is no encoding but UTF-8. */
export function encoded(): Uint8Array | undefined {
  return undefined;
}

export function utf8Text(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Undefined: decompression is asynchronous here, and the row does not wait for it. */
export function decodeContent(): Uint8Array | undefined {
  return undefined;
}
