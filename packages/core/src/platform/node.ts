/** What core needs of Node beyond the language and AsyncLocalStorage; chosen by the `#platform` import. */

import './supported-node.js';
import { channel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers';
import { types } from 'node:util';
import { brotliDecompressSync, constants, inflateSync, unzipSync } from 'node:zlib';
import type { Diagnostic } from '../diagnostics.js';
import type { SpoolFiles } from '../publish/spool/files.js';
import { nodeSpoolFiles } from './node-spool-files.js';

export { onSignal } from './node-exit.js';
export { nodeHttpExchange as exchange } from './node-http-exchange.js';

/** Other platforms have none. */
export const spoolFiles: SpoolFiles | undefined = nodeSpoolFiles;

/** A timer lasts until its time has come, whatever else ends. */
export const timersLast: boolean = true;

/** Code runs the same wherever it stands. */
export const isTopLevel = (): boolean => false;

/** Whether an object takes microseconds for a field that it is given after its prototype was changed: before V8 12. */
export const fieldsMayBeSlow: boolean = Number.parseInt(process.versions.v8 ?? '12', 10) < 12;

/** What the CommonJS modules export that are loaded, and whose paths match. */
export function loadedModules(path: RegExp): readonly unknown[] {
  // The cache is the process's own, whatever the file is that asks for it.
  // Not by a call, whose argument webpack would look at, and warn.
  const { cache } = Reflect.apply(createRequire, undefined, [process.execPath]);
  return Object.keys(cache)
    .filter((name) => path.test(name))
    .map((name) => cache[name]?.exports as unknown);
}

/**
 * Has the work done at the end of this turn of the event loop.
 * Undefined where what is left to later may never be done.
 */
export const atTurnEnd: ((work: () => void) => void) | undefined = setImmediate;

/** Questions about a value that run none of its code. */
export const isProxy: (value: unknown) => boolean = types.isProxy;
export const isPromise: (value: unknown) => value is Promise<unknown> = types.isPromise;
export const isMap: (value: unknown) => value is Map<unknown, unknown> = types.isMap;
export const isSet: (value: unknown) => value is Set<unknown> = types.isSet;
export const isDate: (value: unknown) => value is Date = types.isDate;
export const isRegExp: (value: unknown) => value is RegExp = types.isRegExp;
export const isNativeError: (value: unknown) => value is Error = types.isNativeError;
export const isBoxedPrimitive: (value: unknown) => boolean = types.isBoxedPrimitive;
export const isAnyArrayBuffer: (value: unknown) => value is ArrayBuffer | SharedArrayBuffer =
  types.isAnyArrayBuffer;
export const isGeneratorObject: (value: unknown) => boolean = types.isGeneratorObject;

export const environment: Readonly<Record<string, string | undefined>> = process.env;

export function writeLine(line: string): void {
  // Where nobody reads stderr any more, an 'error' without a listener would end the process.
  const { stderr } = process;
  stderr.write(`${line}\n`, (error) => {
    if (error && stderr.listenerCount('error') === 0) stderr.once('error', () => {});
  });
}

const diagnosticChannel = channel('openlayer-tracing:diagnostic');

export function publishDiagnostic(diagnostic: Diagnostic): void {
  if (diagnosticChannel.hasSubscribers) diagnosticChannel.publish(diagnostic);
}

const rowsChannel = channel('openlayer-tracing:rows');

/** Tells who listens what became of some rows. */
export function publishRows(message: object): void {
  if (rowsChannel.hasSubscribers) rowsChannel.publish(message);
}

const lastChances = new Set<() => Promise<void>>();

/**
 * Runs `work` when the process is about to end because nothing is left to do.
 * @returns a function that takes the registration back.
 */
export function onNaturalExit(work: () => Promise<void>): () => void {
  if (lastChances.size === 0) process.on('beforeExit', takeLastChances);
  lastChances.add(work);
  return () => {
    lastChances.delete(work);
    if (lastChances.size === 0) process.removeListener('beforeExit', takeLastChances);
  };
}

function takeLastChances(): void {
  try {
    for (const work of lastChances) work().catch(() => {});
  } catch {
    // A process that ends by itself must not end by an error of ours.
  }
}

/** Memory that is not cleared first: it is to be written before it is read. */
export function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafeSlow(size);
}

/**
 * Writes a text as UTF-8 into memory of `allocate`.
 * @returns the bytes that were written
 */
export function writeUtf8(target: Uint8Array, text: string, offset: number): number {
  return (target as Buffer).write(text, offset);
}

/** A copy of the bytes; a small one comes out of Node's pool. */
export function copied(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes);
}

/** The bytes that a text takes in UTF-8, counted without encoding it. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/** The text in the encoding of that name, or undefined where there is none such. */
export function encoded(text: string, encoding: string): Uint8Array | undefined {
  return Buffer.isEncoding(encoding) ? Buffer.from(text, encoding) : undefined;
}

/** Bytes as text, several times faster than by a TextDecoder made for it. */
export function utf8Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** The decoded bytes, as far as they go, or undefined where the encoding is unknown or the bytes are not of it. */
export function decodeContent(
  encoding: string,
  bytes: Uint8Array,
  maxBytes: number,
): Uint8Array | undefined {
  try {
    const zlib = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxBytes };
    if (encoding === 'gzip' || encoding === 'x-gzip') return unzipSync(bytes, zlib);
    if (encoding === 'deflate') return inflateSync(bytes, zlib);
    if (encoding !== 'br') return undefined;
    const brotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: maxBytes };
    return brotliDecompressSync(bytes, brotli);
  } catch {
    return undefined;
  }
}
