/** The visible members of a JSON value as rows, for any size and depth, without recursion. */

import { foldedText } from '../../../local/src/page-api.js';

/** A place in a value. */
export interface JsonPlace {
  /** Unique among the places of one value. */
  readonly id: string;
  readonly parent: JsonPlace | undefined;
  /** The name or place in the object or array above it; undefined for the whole value. */
  readonly name: string | number | undefined;
}

export interface JsonRow extends JsonPlace {
  readonly level: number;
  readonly value: unknown;
  /** Number of members; undefined for values that cannot have any. */
  readonly size: number | undefined;
  readonly expanded: boolean;
  /** Whether the value is JSON that stood in a string. */
  readonly isFromText: boolean;
}

interface Node extends JsonPlace {
  readonly value: unknown;
}

/** Rows that are unfolded at first. */
const FIRST_ROWS = 200;
const FIRST_LEVELS = 3;
/** JSON in a longer string is not parsed. */
const MAX_TEXT = 2_000_000;

function rootOf(value: unknown): Node {
  return { id: '', parent: undefined, name: undefined, value };
}

function memberOf(parent: JsonPlace, name: string | number, value: unknown): Node {
  // Names may have any character, but one of these two begins each part.
  const id = `${parent.id}${typeof name === 'number' ? '\u0001' : '\u0002'}${name}`;
  return { id, parent, name, value };
}

/** The places that are unfolded at first: as many as fit, from the top. */
export function firstExpanded(value: unknown): ReadonlySet<string> {
  const expanded = new Set<string>();
  let level: Node[] = [rootOf(value)];
  let rows = 1;
  for (let depth = 0; depth < FIRST_LEVELS; depth++) {
    const next: Node[] = [];
    for (const each of level) {
      if (!isBranch(each.value)) continue;
      const size = sizeOf(each.value);
      if (depth > 0 && (rows + size > FIRST_ROWS || (depth > 1 && size > 12))) continue;
      expanded.add(each.id);
      rows += size;
      if (size > FIRST_ROWS) continue;
      for (const [name, member] of membersOf(each.value)) next.push(memberOf(each, name, member));
    }
    level = next;
  }
  return expanded;
}

/** All visible rows. Children of folded rows are not read. */
export function jsonRows(value: unknown, expanded: ReadonlySet<string>): readonly JsonRow[] {
  const rows: JsonRow[] = [];
  const open: {
    readonly row: JsonRow;
    readonly entries: Iterator<readonly [string | number, unknown]>;
  }[] = [];
  const add = ({ id, parent, name, value: raw }: Node) => {
    const parsed = parsedText(raw);
    const shown = parsed ?? raw;
    const isOpen = isBranch(shown) && expanded.has(id);
    const row: JsonRow = {
      id,
      parent,
      name,
      level: open.length,
      value: shown,
      size: isBranch(shown) ? sizeOf(shown) : undefined,
      expanded: isOpen,
      isFromText: parsed !== undefined,
    };
    rows.push(row);
    if (isOpen) open.push({ row, entries: membersOf(shown)[Symbol.iterator]() });
  };
  add(rootOf(value));
  while (open.length > 0) {
    const top = open.at(-1);
    const next = top?.entries.next();
    if (top === undefined || next === undefined || next.done === true) open.pop();
    else add(memberOf(top.row, next.value[0], next.value[1]));
  }
  return rows;
}

/** Places of the members whose name or value has the words, in order; at most `max` of them. */
export function findInJson(value: unknown, words: string, max: number): readonly JsonPlace[] {
  const wanted = foldedText(words);
  const found: JsonPlace[] = [];
  if (wanted === '') return found;
  const open: Node[] = [rootOf(value)];
  while (open.length > 0 && found.length < max) {
    const each = open.pop();
    if (each === undefined) break;
    const shown = parsedText(each.value) ?? each.value;
    const isName = typeof each.name === 'string' && foldedText(each.name).includes(wanted);
    const isValue = !isBranch(shown) && foldedText(String(shown)).includes(wanted);
    if (isName || isValue) found.push(each);
    if (!isBranch(shown)) continue;
    const members = [...membersOf(shown)].reverse();
    for (const [name, member] of members) open.push(memberOf(each, name, member));
  }
  return found;
}

/** The places that have to be unfolded to show a place. */
export function placesAbove(place: JsonPlace): readonly string[] {
  const ids: string[] = [];
  for (let above = place.parent; above !== undefined; above = above.parent) ids.push(above.id);
  return ids;
}

/** `messages[0].content`, as JavaScript would write it. */
export function pathText(place: JsonPlace): string {
  const parts: string[] = [];
  for (let at: JsonPlace | undefined = place; at?.name !== undefined; at = at.parent) {
    const { name, parent } = at;
    if (typeof name === 'number') parts.push(`[${name}]`);
    else if (/^[A-Za-z_$][\w$]*$/.test(name))
      parts.push(parent?.name === undefined ? name : `.${name}`);
    else parts.push(`[${JSON.stringify(name)}]`);
  }
  return parts.reverse().join('');
}

/** The object or array that a string holds as JSON; undefined for other values. */
function parsedText(value: unknown): unknown {
  if (typeof value !== 'string' || value.length < 2 || value.length > MAX_TEXT) return undefined;
  const first = value.charCodeAt(0);
  const isLikely = first === 123 || first === 91 || (first <= 32 && /^\s*[[{]/.test(value));
  if (!isLikely || !/[\]}]\s*$/.test(value.slice(-64))) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isBranch(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function sizeOf(value: object): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

function membersOf(value: object): Iterable<readonly [string | number, unknown]> {
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}
