/** Which methods of a client send a request, and what is recorded of each. */

import { type CapturedTraces, captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import type { ts } from '@ts-morph/common';
import { forgetUnrecorded, reportedCall } from '../unrecorded.ts';
import type { ClientTypes } from './client-types.ts';
import { type MarkOptions, markedValues } from './marked-value.ts';

export interface Sent {
  /** `POST` */
  readonly method: string;
  /** With the query, and what was given for its parameters. */
  readonly url: string;
}

export interface ClientWalk {
  /** The name of the client's type among its types. */
  readonly type: string;
  /**
   * A traced client whose requests go to `send`, which answers each by an empty object or fails.
   * @param send notes the request, and throws where a method asks again and again
   * @param method that it is made for
   */
  readonly make: (send: (sent: Sent) => void, method: string) => object;
  /** What methods are called with that do not take all that their types ask for. */
  readonly given?: Readonly<Record<string, readonly unknown[]>>;
  /** Resources and methods that are no part of what users call: `_client`. */
  readonly skip?: (name: string) => boolean;
  /** Of the arguments that are made of their types. */
  readonly marks?: MarkOptions;
}

export interface Method {
  /** `chat.completions.create` */
  readonly name: string;
  /** `POST /chat/completions`; undefined where it sends nothing. */
  readonly request: string | undefined;
  /** `chat_completion`; undefined where nothing is recorded. */
  readonly step: string | undefined;
  /** What it is reported as, where it may be billed and is not recorded: `POST /v1/evals/*\/runs`. */
  readonly reported?: readonly string[];
}

/** A method that asks again and again is stopped. */
const MAX_REQUESTS = 3;
const LONGEST_MS = 150;
/** So long may it take a helper to send, in turns of the event loop. */
const MAX_TURNS = 10;

/** Calls each method with all arguments that its types ask for. */
export async function methodsOf(types: ClientTypes, walk: ClientWalk): Promise<readonly Method[]> {
  const type = types.type(walk.type);
  const probe = walk.make(() => {}, '');
  const names = namesOf(probe, walk.skip ?? (() => false));
  const methods = [];
  const listeners = process.rawListeners('unhandledRejection');
  // What helpers make of an empty answer in the background is nobody's.
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => {});
  // Nor shall the process wait for those that ask again in some minutes.
  const wait = globalThis.setTimeout;
  const waitUnheld = (...args: Parameters<typeof wait>) => wait(...args).unref();
  Object.assign(globalThis, { setTimeout: waitUnheld });
  try {
    for (const name of names) methods.push(await tryMethod(types, type, walk, name));
    await pause(LONGEST_MS);
  } finally {
    Object.assign(globalThis, { setTimeout: wait });
    process.removeAllListeners('unhandledRejection');
    for (const listener of listeners) process.on('unhandledRejection', listener as () => void);
  }
  return methods;
}

async function tryMethod(
  types: ClientTypes,
  type: ts.Type,
  walk: ClientWalk,
  name: string,
): Promise<Method> {
  const sent: Sent[] = [];
  const client = walk.make((request) => {
    // Clients try whether a fetch takes forms.
    if (request.url.startsWith('data:')) return;
    sent.push(request);
    if (sent.length > MAX_REQUESTS) throw new Error('it asks again and again');
  }, name);
  const { captured, reports } = capture();
  const path = name.split('.');
  const holder = path.slice(0, -1).reduce<object>(below, client);
  const method = below(holder, path.at(-1) ?? '') as unknown as (...args: unknown[]) => unknown;
  try {
    const returned = method.apply(holder, [
      ...(walk.given?.[name] ?? argumentsOf(types, type, path, walk.marks)),
    ]);
    await Promise.race([drained(returned), pause(LONGEST_MS)]);
  } catch {
    // What it was given may not do; what it has sent is what counts.
  }
  // Helpers send in a later turn.
  for (let waited = 0; sent.length === 0 && waited < MAX_TURNS; waited++) await pause(1);
  await pause(1);
  const rows = await captured.rows();
  captured.restore();
  const [first] = sent;
  return {
    name,
    request: first && `${first.method} ${templateOf(first.url)}`,
    step: rows[0] && (rows[0].steps[0] as WireStep).type,
    reported: [...reports],
  };
}

/** Captures what one method has recorded, and its calls that are reported as not recorded. */
export function capture(): { captured: CapturedTraces; reports: readonly string[] } {
  const reports: string[] = [];
  forgetUnrecorded();
  const captured = captureTraces({
    logLevel: 'warn',
    publish: true,
    onDiagnostic: ({ reason, message }) => {
      if (reason === 'unrecorded_call') reports.push(reportedCall(message));
    },
  });
  return { captured, reports };
}

/** Reads what the method returned to its end, be it a stream. */
async function drained(returned: unknown): Promise<void> {
  const value = await returned;
  if (typeof value !== 'object' || value === null || !(Symbol.asyncIterator in value)) return;
  let items = 0;
  for await (const _ of value as AsyncIterable<unknown>) if (++items > MAX_REQUESTS) return;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function below(holder: object, name: string): object {
  return Reflect.get(holder, name) as object;
}

/** The methods of the client and of all resources below it. */
function namesOf(client: object, skip: (name: string) => boolean): readonly string[] {
  const names: string[] = [];
  const seen = new Set<object>();
  const visit = (holder: object, prefix: string): void => {
    if (seen.has(holder)) return;
    seen.add(holder);
    for (const key of keysOf(holder)) {
      const name = `${prefix}${key}`;
      if (skip(name)) continue;
      const value: unknown = readable(holder, key);
      if (typeof value === 'function' && !isClass(value)) names.push(name);
      else if (isResource(value)) visit(value, `${name}.`);
    }
  };
  visit(client, '');
  return names.sort();
}

function keysOf(holder: object): readonly string[] {
  const keys = new Set<string>(Object.keys(holder));
  for (
    let at: object | null = Object.getPrototypeOf(holder);
    at !== null && at !== Object.prototype;
  ) {
    for (const key of Object.getOwnPropertyNames(at)) keys.add(key);
    at = Object.getPrototypeOf(at);
  }
  keys.delete('constructor');
  return [...keys].filter((key) => !key.startsWith('_') && !key.startsWith('#'));
}

function readable(holder: object, key: string): unknown {
  try {
    return Reflect.get(holder, key);
  } catch {
    return undefined;
  }
}

function isClass(value: unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** An object of a class of the client's own. */
function isResource(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const name = (Object.getPrototypeOf(value) as object | null)?.constructor?.name ?? 'Object';
  return !BUILT_IN.has(name);
}

const BUILT_IN: ReadonlySet<string> = new Set(
  'Object Map Set WeakMap Promise URL Headers Array Date AbortController Agent'.split(' '),
);

/** Options of the request itself are left out. */
function argumentsOf(
  types: ClientTypes,
  client: ts.Type,
  path: readonly string[],
  marks?: MarkOptions,
): unknown[] {
  const { checker } = types;
  let type: ts.Type | undefined = client;
  for (const name of path) {
    const property: ts.Symbol | undefined = type?.getProperty(name);
    type = property && checker.getTypeOfSymbol(property);
  }
  const signature = type?.getCallSignatures()[0];
  if (signature === undefined) return ['some_id', {}];
  return signature.getParameters().flatMap((parameter) => {
    const given = checker.getTypeOfSymbol(parameter);
    const isOptions = /RequestOptions/.test(checker.typeToString(given));
    return isOptions ? [] : [markedValues(types, given, { ...marks, isLive: true })[0]?.value];
  });
}

/** What was given for parameters of the path becomes `{}`, and the query is left out. */
function templateOf(url: string): string {
  const { pathname } = new URL(url, 'http://local');
  return pathname.replace(/mark\d{5}x|7\d{5}|some_id/g, '{}');
}
