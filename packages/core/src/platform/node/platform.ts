/** Everything that core needs of Node beyond the language and AsyncLocalStorage; chosen by the `#platform` import. */

import './supported-node.js';
import * as diagnosticsChannel from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { types } from 'node:util';
import { brotliDecompressSync, constants, inflateSync, unzipSync } from 'node:zlib';
import * as files from './spool-files.js';
import { atTurnEnd as startImmediate } from './turn-end.js';

export { onBeforeExit, onSignal } from './exit.js';
export { nodeHttpClient as httpClient } from './http-client.js';

/** Makes a path absolute. Undefined on runtimes without a file system. */
export const absolutePath: ((path: string) => string) | undefined = files.absolutePath;

/** Whether the process has Node's APIs. */
export const hasNode: boolean = true;

/** Whether a timer fires although the request that started it is over. */
export const timersOutliveRequests: boolean = true;

/** Whether the code runs outside any request where the runtime forbids clocks and random values: never on Node. */
export const isTopLevel = (): boolean => false;

/** Whether adding a field to an object whose prototype was swapped costs microseconds: before V8 12. */
export const fieldsMayBeSlow: boolean = Number.parseInt(process.versions.v8 ?? '12', 10) < 12;

/** The exports of the loaded CommonJS modules whose paths match. */
export function loadedModules(path: RegExp): readonly unknown[] {
  // The module cache is the same for every path. Called by `Reflect.apply`, since webpack would warn of a direct call.
  const { cache } = Reflect.apply(createRequire, undefined, [process.execPath]);
  return Object.keys(cache)
    .filter((name) => path.test(name))
    .map((name) => cache[name]?.exports as unknown);
}

/**
 * Runs the work at the end of this turn of the event loop. Undefined on runtimes that may end a request before that.
 */
export const atTurnEnd: ((work: () => void) => void) | undefined = startImmediate;

// Type checks that run no code of the value.
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

/** The name of the process for people. */
export const processName: (() => string) | undefined = () =>
  `${basename(process.argv[1] ?? 'node')} (process ${process.pid})`;

export function writeLine(line: string): void {
  // If stderr was closed, an 'error' without a listener would end the process.
  const { stderr } = process;
  stderr.write(`${line}\n`, (error) => {
    if (error && stderr.listenerCount('error') === 0) stderr.once('error', () => {});
  });
}

const diagnosticChannel = diagnosticsChannel.channel('openlayer-tracing:diagnostic');

export function publishDiagnostic(diagnostic: object): void {
  if (diagnosticChannel.hasSubscribers) diagnosticChannel.publish(diagnostic);
}

const rowsChannel = diagnosticsChannel.channel('openlayer-tracing:rows');

/** Publishes what became of some rows on the diagnostics channel `openlayer-tracing:rows`. */
export function publishRows(message: object): void {
  if (rowsChannel.hasSubscribers) rowsChannel.publish(message);
}

/** Node's tracing channel of that name; undefined if the runtime has none. */
export function tracingChannel(name: string): object | undefined {
  // Some runtimes have diagnostics channels but no tracing channels.
  return (diagnosticsChannel as Partial<typeof diagnosticsChannel>).tracingChannel?.(name);
}

/** Calls `listener` with each message of Node's diagnostics channel of that name. */
export function subscribeTo(name: string, listener: (message: unknown) => void): void {
  // Some runtimes have diagnostics channels but not this function.
  (diagnosticsChannel as Partial<typeof diagnosticsChannel>).subscribe?.(name, listener);
}

/** Memory with any content: write it before you read it. */
export function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafeSlow(size);
}

/**
 * Writes a string as UTF-8 into memory of `allocate`.
 * @returns the number of bytes written
 */
export function writeUtf8(target: Uint8Array, text: string, offset: number): number {
  return (target as Buffer).write(text, offset);
}

/** A copy of the bytes; a small copy uses Node's buffer pool. */
export function copied(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes);
}

/** The length of a string in UTF-8 bytes, counted without encoding it. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/** The string as bytes of that encoding; undefined if Node has no such encoding. */
export function encoded(text: string, encoding: string): Uint8Array | undefined {
  return Buffer.isEncoding(encoding) ? Buffer.from(text, encoding) : undefined;
}

/** UTF-8 bytes as a string; several times faster than a new TextDecoder. */
export function utf8Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/**
 * The decompressed bytes, of a body that was cut as well; undefined if the encoding is unknown or the bytes are not of it.
 * @param maxBytes of the result; a larger one is undefined
 */
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
