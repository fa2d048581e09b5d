/** The strings in the data of events, and the data with another string in their place. */

import { jsonOf, quote } from '../json/json-text.js';
import { isErrorType, type StreamEvent } from './known-events.js';

/** A string in the data of an event, and its path. */
export interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

/** An event with more strings is not compared. */
const MAX_LEAVES = 32;
const MAX_DEPTH = 6;
/** An event with more levels of objects and arrays is not compared. */
const MAX_LEVELS = 64;
/** Keys that identify events and carry no content. */
export const IDENTITY =
  /^(?:type|event|event_type|id|uuid|seq|index|ts|time|timestamp|created|created_at|role)$|(?:_id|Id|_at|At)$/;

/** Types of control events, which carry no content. */
export const CONTROL =
  /^(?:|message|start|started|begin|init|open|opened|connected|ready|end|ended|done|finish|finished|stop|complete|completed|close|closed|ping|pong|heartbeat|keep-?alive)$|[_.:-](?:start|started|begin|end|done|stop|finished|complete|completed)$/i;

/** The strings in the data of an event that may be content; none of an event that is not compared. */
export function leavesOf({ type, value, data }: StreamEvent): readonly Leaf[] {
  const found: Leaf[] = [];
  if (value === undefined)
    return isErrorType(type) || !isPlainText(data) ? [] : [{ path: [], text: data }];
  if (!isErrorType(type) && isComparable(value)) collectLeaves(value, [], found);
  return found.length <= MAX_LEAVES ? found : [];
}

/** Whether data that is no JSON is text. What begins as JSON does is JSON that was cut. */
function isPlainText(data: string): boolean {
  return data !== '' && !/^[{["]/.test(data);
}

/** Whether the value has few enough levels to be compared. */
export function isComparable(value: unknown): boolean {
  return !isDeeper(value, MAX_LEVELS);
}

/** Whether the value has more levels of objects and arrays. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

function collectLeaves(value: unknown, path: readonly string[], found: Leaf[]): void {
  if (found.length > MAX_LEAVES || path.length > MAX_DEPTH) return;
  if (typeof value === 'string') {
    if (value !== '') found.push({ path, text: value });
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      if (IDENTITY.test(key)) continue;
      collectLeaves((value as Readonly<Record<string, unknown>>)[key], [...path, key], found);
    }
  }
}

/** The member of a value at a path; undefined without it. */
export function memberAt(value: unknown, path: readonly string[]): unknown {
  let member = value;
  for (const key of path) {
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, key))
      return undefined;
    member = Reflect.get(member, key);
  }
  return member;
}

/** JSON of the keys of a value, without what marks the end of a stream. */
export function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shapeOf).join()}]`;
  if (typeof value !== 'object' || value === null) return '';
  const keys = Object.keys(value).filter((key) => !IDENTITY.test(key) && !CONTROL.test(key));
  return `{${keys.map((key) => quote(key) + shapeOf(Reflect.get(value, key))).join()}}`;
}

/** JSON of the data without its text and without identifying keys. */
export function otherDataOf(value: unknown, path: readonly string[]): string {
  return jsonOf(withoutIdentity(withText(value, path, '')));
}

/** The value with another text at a path. */
export function withText(value: unknown, path: readonly string[], text: string): unknown {
  const [key, ...below] = path;
  if (key === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((item, i) => (String(i) === key ? withText(item, below, text) : item));
  }
  const copy: Record<string, unknown> = Object.assign(Object.create(null), value);
  copy[key] = withText(copy[key], below, text);
  return copy;
}

function withoutIdentity(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIdentity);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, member] of Object.entries(value)) {
    if (!IDENTITY.test(key)) copy[key] = withoutIdentity(member);
  }
  return copy;
}
