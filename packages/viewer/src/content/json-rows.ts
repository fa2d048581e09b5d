/** The visible members of a JSON value as rows, for any size and depth, without recursion. */

import { foldedText } from '../../../local/src/page-api.js';
import { parseJson } from '../json.js';

/** Numbers for the places of a value, so that an id is short at any depth. The same path has the same number in another value. */
export class JsonIds {
  readonly #numbers = new Map<string, number>();
  readonly #places: { readonly parent: number | undefined; readonly name: Name | undefined }[] = [];
  readonly #texts = new Map<number, { readonly text: string; readonly parsed: unknown }>();

  /** The id of a member of the place `parent`; without one that of the whole value. */
  of(parent: number | undefined, name: Name | undefined): number {
    // Names may have any character, and may look like a place in an array.
    const path = `${parent ?? ''}${typeof name === 'number' ? '[' : '.'}${name ?? ''}`;
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    const number = this.#places.push({ parent, name }) - 1;
    this.#numbers.set(path, number);
    return number;
  }

  /** The id of the place that has this one as a member; undefined for the whole value. */
  parentOf(id: number): number | undefined {
    return this.#places[id]?.parent;
  }

  nameOf(id: number): Name | undefined {
    return this.#places[id]?.name;
  }

  /** As `parsedText`, parsed once for each place. */
  parsed(id: number, value: unknown): unknown {
    if (typeof value !== 'string') return undefined;
    const known = this.#texts.get(id);
    if (known?.text === value) return known.parsed;
    const parsed = parsedText(value);
    if (parsed !== undefined) this.#texts.set(id, { text: value, parsed });
    return parsed;
  }
}

type Name = string | number;

/** A place in a value. */
export interface JsonPlace {
  readonly id: number;
  readonly parent: JsonPlace | undefined;
  /** The name or place in the object or array above it; undefined for the whole value. */
  readonly name: Name | undefined;
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

interface Node {
  readonly parent: Node | undefined;
  readonly name: Name | undefined;
}

/** Rows that are unfolded at first. */
const FIRST_ROWS = 200;
const FIRST_LEVELS = 3;
/** JSON in a longer string is not parsed. */
const MAX_TEXT = 2_000_000;

/** The places that are unfolded at first: as many as fit, from the top. */
export function firstExpanded(value: unknown, ids: JsonIds): ReadonlySet<number> {
  const expanded = new Set<number>();
  let level = [{ id: ids.of(undefined, undefined), value }];
  let rows = 1;
  for (let depth = 0; depth < FIRST_LEVELS; depth++) {
    const next: typeof level = [];
    for (const each of level) {
      if (!isBranch(each.value)) continue;
      const size = sizeOf(each.value);
      if (depth > 0 && (rows + size > FIRST_ROWS || (depth > 1 && size > 12))) continue;
      expanded.add(each.id);
      rows += size;
      if (size > FIRST_ROWS) continue;
      for (const [name, member] of Object.entries(each.value)) {
        const place = Array.isArray(each.value) ? Number(name) : name;
        next.push({ id: ids.of(each.id, place), value: member });
      }
    }
    level = next;
  }
  return expanded;
}

/** The visible rows, each made when it is drawn: a value may have very many. */
export class JsonRows {
  readonly #ids: JsonIds;
  readonly #root: OpenPlace | undefined;
  readonly #value: unknown;
  readonly #made = new Map<number, JsonRow>();

  /** @param expanded ids of the places that are unfolded, if the value has them */
  constructor(value: unknown, expanded: ReadonlySet<number>, ids: JsonIds) {
    this.#ids = ids;
    this.#value = value;
    this.#root = openedPlaces(value, expanded, ids);
  }

  get count(): number {
    return this.#root?.rows ?? 1;
  }

  rowAt(index: number): JsonRow {
    const made = this.#made.get(index) ?? this.#make(index);
    this.#made.set(index, made);
    return made;
  }

  /** The index of the row of a place; -1 if it is not visible. */
  indexOf(id: number): number {
    const path: number[] = [];
    for (let at: number | undefined = id; at !== undefined; at = this.#ids.parentOf(at)) {
      path.push(at);
    }
    let place = this.#root;
    const first = path.pop();
    if (first !== this.#ids.of(undefined, undefined)) return -1;
    let index = 0;
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      const position = place?.positionOf(this.#ids.nameOf(next));
      if (place === undefined || position === undefined) return -1;
      index += place.rowOf(position);
      place = place.openAt(position);
    }
    return index;
  }

  #make(index: number): JsonRow {
    if (this.#root === undefined) {
      return this.#row({ id: this.#ids.of(undefined, undefined), raw: this.#value, level: 0 });
    }
    let place = this.#root;
    let rest = index;
    while (rest > 0) {
      const [position, inner] = place.memberAt(rest);
      const open = place.openAt(position);
      if (open === undefined) {
        const name = place.nameAt(position);
        const id = this.#ids.of(place.id, name);
        const raw = place.valueAt(position);
        return this.#row({ id, parent: place, name, raw, level: place.level + 1 });
      }
      place = open;
      rest = inner;
    }
    const { id, parent, name, value, level, isFromText, size } = place;
    return { id, parent, name, value, level, isFromText, size, expanded: true };
  }

  /** The row of a value that is folded, or has no members. */
  #row({
    id,
    parent,
    name,
    raw,
    level,
  }: {
    readonly id: number;
    readonly parent?: JsonPlace;
    readonly name?: Name;
    readonly raw: unknown;
    readonly level: number;
  }): JsonRow {
    const parsed = this.#ids.parsed(id, raw);
    const value = parsed ?? raw;
    const size = isBranch(value) ? sizeOf(value) : undefined;
    return {
      ...{ id, parent, name, level, value, size },
      expanded: false,
      isFromText: parsed !== undefined,
    };
  }
}

/** A place that is unfolded. Of its members only those that are unfolded too are objects. */
class OpenPlace implements JsonPlace {
  readonly id: number;
  readonly parent: OpenPlace | undefined;
  readonly name: Name | undefined;
  readonly value: object;
  readonly level: number;
  readonly isFromText: boolean;
  readonly size: number;
  /** Its own row and those below it. */
  rows = 1;
  readonly #names: readonly string[] | undefined;
  #positions: ReadonlyMap<string, number> | undefined;
  #open: { readonly position: number; readonly place: OpenPlace; readonly row: number }[] = [];

  constructor(
    { id, parent, name }: { id: number; parent: OpenPlace | undefined; name: Name | undefined },
    value: object,
    isFromText: boolean,
  ) {
    this.id = id;
    this.parent = parent;
    this.name = name;
    this.value = value;
    this.isFromText = isFromText;
    this.level = parent === undefined ? 0 : parent.level + 1;
    this.#names = Array.isArray(value) ? undefined : Object.keys(value);
    this.size = this.#names?.length ?? (value as unknown[]).length;
  }

  nameAt(position: number): Name {
    return this.#names === undefined ? position : (this.#names[position] ?? '');
  }

  valueAt(position: number): unknown {
    return (this.value as Readonly<Record<Name, unknown>>)[this.nameAt(position)];
  }

  positionOf(name: Name | undefined): number | undefined {
    if (this.#names === undefined) {
      return typeof name === 'number' && name < this.size ? name : undefined;
    }
    if (typeof name !== 'string' || !Object.hasOwn(this.value, name)) return undefined;
    this.#positions ??= new Map(this.#names.map((each, position) => [each, position]));
    return this.#positions.get(name);
  }

  /** Counts the rows, once those of the unfolded members are counted. */
  countRows(open: readonly (readonly [position: number, place: OpenPlace])[]): void {
    let row = 1;
    let next = 0;
    this.#open = open
      .toSorted(([a], [b]) => a - b)
      .map(([position, place]) => {
        row += position - next;
        next = position + 1;
        const first = row;
        row += place.rows;
        return { position, place, row: first };
      });
    this.rows = row + this.size - next;
  }

  openAt(position: number): OpenPlace | undefined {
    const open = this.#open[this.#openUpTo(({ position: each }) => each <= position)];
    return open?.position === position ? open.place : undefined;
  }

  /** The row of a member, counted from the row of this place. */
  rowOf(position: number): number {
    const open = this.#open[this.#openUpTo(({ position: each }) => each <= position)];
    if (open === undefined) return position + 1;
    if (open.position === position) return open.row;
    return open.row + open.place.rows + position - open.position - 1;
  }

  /** The member that a row belongs to, counted from the row of this place, and the same row counted from that of the member. */
  memberAt(row: number): readonly [position: number, inner: number] {
    const open = this.#open[this.#openUpTo(({ row: each }) => each <= row)];
    if (open === undefined) return [row - 1, 0];
    const behind = row - open.row - open.place.rows;
    return behind < 0 ? [open.position, row - open.row] : [open.position + 1 + behind, 0];
  }

  /** The place in the list of the last unfolded member that is not behind; -1 if all are. */
  #openUpTo(isNotBehind: (open: { readonly position: number; readonly row: number }) => boolean) {
    let [low, high] = [0, this.#open.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const open = this.#open[middle];
      if (open !== undefined && isNotBehind(open)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The unfolded places of a value, from its root; undefined if that is folded or has no members. */
function openedPlaces(
  whole: unknown,
  expanded: ReadonlySet<number>,
  ids: JsonIds,
): OpenPlace | undefined {
  const membersOf = new Map<number | undefined, number[]>();
  for (const id of expanded) {
    const parent = ids.parentOf(id);
    const members = membersOf.get(parent);
    if (members === undefined) membersOf.set(parent, [id]);
    else members.push(id);
  }
  const opened = (id: number, raw: unknown, parent?: OpenPlace): OpenPlace | undefined => {
    const parsed = ids.parsed(id, raw);
    const value = parsed ?? raw;
    if (!isBranch(value)) return undefined;
    return new OpenPlace({ id, parent, name: ids.nameOf(id) }, value, parsed !== undefined);
  };
  const rootId = ids.of(undefined, undefined);
  const root = expanded.has(rootId) ? opened(rootId, whole) : undefined;
  if (root === undefined) return undefined;
  // Parents stand before their members, whose rows are counted first.
  const places = [root];
  const below: (readonly [position: number, place: OpenPlace])[][] = [];
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as OpenPlace;
    const members: (readonly [number, OpenPlace])[] = [];
    for (const id of membersOf.get(place.id) ?? []) {
      const position = place.positionOf(ids.nameOf(id));
      if (position === undefined) continue;
      const member = opened(id, place.valueAt(position), place);
      if (member === undefined) continue;
      members.push([position, member]);
      places.push(member);
    }
    below.push(members);
  }
  for (let index = places.length - 1; index >= 0; index--) {
    places[index]?.countRows(below[index] ?? []);
  }
  return root;
}

/** Names of members that are compared once. */
const MAX_NAMES = 1000;
/** A part of a number as it is written. */
const IN_NUMBER = /^[-+.\de]*$/;

/** Places of the members whose name or value has the words, in order; at most `max` of them. */
export function findInJson(
  value: unknown,
  words: string,
  { max, ids }: { readonly max: number; readonly ids: JsonIds },
): readonly JsonPlace[] {
  const wanted = foldedText(words);
  const found: Node[] = [];
  if (wanted === '') return [];
  // To write half a million numbers takes longer than all the rest.
  const isInNumbers = IN_NUMBER.test(wanted) || 'infinity'.includes(wanted);
  const hasWords = (leaf: unknown) => {
    if (typeof leaf === 'string') return foldedText(leaf).includes(wanted);
    if (typeof leaf === 'number' && !isInNumbers) return false;
    return String(leaf).toLowerCase().includes(wanted);
  };
  // Objects in arrays mostly have the same names.
  const names = new Map<string, boolean>();
  const isNameFound = (name: string) => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const isFound = foldedText(name).includes(wanted);
    if (names.size < MAX_NAMES) names.set(name, isFound);
    return isFound;
  };
  // Only members that have members, and those that are found, become nodes.
  const open: { readonly node: Node; readonly members: Members; next: number }[] = [];
  const visit = (parent: Node | undefined, name: Name | undefined, raw: unknown) => {
    const shown = typeof raw === 'string' ? (parsedText(raw) ?? raw) : raw;
    const isName = typeof name === 'string' && isNameFound(name);
    const isParent = isBranch(shown);
    if (!isParent && !isName && !hasWords(shown)) return;
    const node = { parent, name };
    if (isName || !isParent) found.push(node);
    if (isParent) open.push({ node, members: membersOf(shown), next: 0 });
  };
  visit(undefined, undefined, value);
  while (open.length > 0 && found.length < max) {
    const top = open.at(-1);
    if (top === undefined) break;
    const { node, members } = top;
    const place = top.next++;
    if (place >= members.count) open.pop();
    else visit(node, members.nameAt(place), members.valueAt(place));
  }
  return placesOf(found.slice(0, max), ids);
}

/** The places of nodes. Only they and the nodes above them get ids: a value may have very many others. */
function placesOf(nodes: readonly Node[], ids: JsonIds): readonly JsonPlace[] {
  const known = new Map<Node | undefined, JsonPlace>();
  return nodes.map((node) => {
    const path: Node[] = [];
    for (let at: Node | undefined = node; at !== undefined && !known.has(at); at = at.parent) {
      path.push(at);
    }
    for (const each of path.reverse()) {
      const parent = known.get(each.parent);
      known.set(each, { id: ids.of(parent?.id, each.name), parent, name: each.name });
    }
    return known.get(node) as JsonPlace;
  });
}

/** The places that have to be unfolded to show a place. */
export function placesAbove(place: JsonPlace): readonly number[] {
  const ids: number[] = [];
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
    const parsed = parseJson(value);
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

interface Members {
  readonly count: number;
  readonly nameAt: (place: number) => Name;
  readonly valueAt: (place: number) => unknown;
}

function membersOf(value: object): Members {
  if (Array.isArray(value)) {
    return {
      count: value.length,
      nameAt: (place) => place,
      valueAt: (place): unknown => value[place],
    };
  }
  const names = Object.keys(value);
  return {
    count: names.length,
    nameAt: (place) => names[place] ?? '',
    valueAt: (place) => (value as Readonly<Record<string, unknown>>)[names[place] ?? ''],
  };
}
