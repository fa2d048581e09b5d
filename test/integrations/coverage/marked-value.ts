/** Values of a type in which every field is set, each to a value that can be found again. */

import { ts } from '@ts-morph/common';
import type { ClientTypes } from './client-types.ts';

/** A field, and what it was set to. */
export interface Leaf {
  /** `choices[].message.content`; a variant of a union stands in brackets: `output[web_search_call].status`. */
  readonly path: string;
  readonly kind: 'text' | 'number' | 'flag' | 'word';
  readonly value: string | number | boolean;
}

export interface Marked {
  readonly value: unknown;
  readonly leaves: readonly Leaf[];
}

export interface MarkOptions {
  /**
   * What fields are set to whose values have a form of their own, by path: JSON in a string, base64. A function is given
   * the mark that the value has to hold.
   */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Fields that are left out, such as getters of a class. */
  readonly skip?: (path: string) => boolean;
  /** Fields of a few words that stay words, as what is recorded of the others depends on them. @default DECIDES */
  readonly decides?: RegExp;
  /** Whether dates and files are objects, as methods take them, and not what goes over the wire. @default false */
  readonly isLive?: boolean;
}

/** By its status a response has failed, and by its object it is known. */
const DECIDES = /^(status|finish_reason|object|event_type)$|^\[[^\]]*\]\.(response\.)?status$/;
const MAX_DEPTH = 20;
const ABSENT = Symbol('absent');

/**
 * As many values as it takes to set each field of the type, and each variant of each union, at least once: variants in
 * a list stand in one list, others in a value each.
 */
export function markedValues(
  { checker }: ClientTypes,
  type: ts.Type,
  options: MarkOptions = {},
): readonly Marked[] {
  const marked: Marked[] = [];
  let variants = 1;
  for (let variant = 0; variant < variants; variant++) {
    const walk = new Walk(checker, options, variant, marked.length);
    const value = walk.value(type, '', []);
    marked.push({ value, leaves: walk.leaves });
    variants = Math.max(variants, Math.min(walk.variants, 40));
  }
  return marked;
}

class Walk {
  readonly leaves: Leaf[] = [];
  /** The most variants of any union that stands alone. */
  variants = 1;
  readonly #checker: ts.TypeChecker;
  readonly #options: MarkOptions;
  readonly #variant: number;
  #marks: number;

  constructor(checker: ts.TypeChecker, options: MarkOptions, variant: number, nth: number) {
    this.#checker = checker;
    this.#options = options;
    this.#variant = variant;
    this.#marks = nth * 1000;
  }

  value(type: ts.Type, path: string, stack: readonly ts.Type[]): unknown {
    const { set = {}, skip } = this.#options;
    if (skip?.(path) === true || stack.length > MAX_DEPTH) return ABSENT;
    if (Object.hasOwn(set, path)) return this.#given(set[path], path);
    const parts = this.#parts(type);
    if (parts.length === 0) return ABSENT;
    if (this.#isAnyJson(parts)) return this.#leaf(path, 'text', this.#mark());
    if (parts.length > 1 && parts.every(isWord)) {
      return this.#word(parts[this.#variant % parts.length] as ts.StringLiteralType, path);
    }
    if (parts.length > 1 && parts.every((part) => part.flags & ts.TypeFlags.BooleanLiteral)) {
      return this.#leaf(path, 'flag', true);
    }
    // Of words and any text, any text can be told apart.
    const told = parts.some((part) => part.flags & ts.TypeFlags.String || isAnyText(part))
      ? parts.filter((part) => !isWord(part))
      : parts;
    const chosen = this.#choose(told);
    return this.#single(chosen, told.length > 1 ? `${path}${this.#label(chosen)}` : path, stack);
  }

  /** The members of a union, without what stands for nothing. */
  #parts(type: ts.Type): readonly ts.Type[] {
    const nothing =
      ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never;
    const all = type.isUnion() ? type.types : [type];
    return all.filter((part) => !(part.flags & nothing) && !this.#isUnknownMember(part));
  }

  /** What stands in the types of AWS for what they do not know. */
  #isUnknownMember(type: ts.Type): boolean {
    const unknown = type.getProperty('$unknown');
    return (
      unknown !== undefined &&
      !(this.#typeOf(unknown).flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Never))
    );
  }

  /** What AWS calls a document. */
  #isAnyJson(parts: readonly ts.Type[]): boolean {
    const isOf = (flag: ts.TypeFlags) => parts.some(({ flags }) => flags & flag);
    return (
      isOf(ts.TypeFlags.String) &&
      isOf(ts.TypeFlags.Number) &&
      parts.some((part) => this.#checker.isArrayType(part))
    );
  }

  #choose(parts: readonly ts.Type[]): ts.Type {
    this.variants = Math.max(this.variants, parts.length);
    return parts[this.#variant % parts.length] as ts.Type;
  }

  #single(type: ts.Type, path: string, stack: readonly ts.Type[]): unknown {
    const { flags } = type;
    if (isWord(type)) return (type as ts.StringLiteralType).value;
    if (flags & ts.TypeFlags.NumberLiteral) return (type as ts.NumberLiteralType).value;
    if (flags & ts.TypeFlags.BooleanLiteral) return this.#checker.typeToString(type) === 'true';
    if (flags & (ts.TypeFlags.Number | ts.TypeFlags.BigInt | ts.TypeFlags.NumberLike)) {
      return this.#leaf(path, 'number', 700_000 + this.#marks++);
    }
    const isText = flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Any | ts.TypeFlags.Unknown);
    if (isText || isAnyText(type)) {
      return this.#leaf(path, 'text', this.#mark());
    }
    if (flags & ts.TypeFlags.NonPrimitive) return { any: this.#leaf(path, 'text', this.#mark()) };
    if (this.#options.isLive === true) {
      const { name } = type.symbol ?? {};
      if (name === 'Date') return new Date(1_700_000_000_000);
      if (name === 'Blob' || name === 'File') return new File(['hi'], 'hi.txt');
    }
    // On the wire, bytes are base64 and dates are texts.
    if (type.symbol?.name === 'Uint8Array') {
      return this.#leaf(path, 'text', Buffer.from(`${this.#mark()}xx`).toString('base64'));
    }
    if (type.symbol?.name === 'Date') {
      const date = new Date(1_700_000_000_000 + this.#marks++ * 1000);
      return this.#leaf(path, 'text', date.toISOString());
    }
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) {
      return this.#list(type as ts.TypeReference, path, stack);
    }
    return this.#object(type, path, stack);
  }

  /** Equal words stand in many places: marks alone tell which is which. */
  #word({ value }: ts.StringLiteralType, path: string): string {
    const { decides = DECIDES, isLive = false } = this.#options;
    if (isLive || decides.test(path)) return this.#leaf(path, 'word', value);
    return this.#leaf(path, 'text', this.#mark());
  }

  /** One item for each variant. */
  #list(type: ts.TypeReference, path: string, above: readonly ts.Type[]): unknown {
    if (above.filter((each) => each === type).length > 1) return ABSENT;
    const stack = [...above, type];
    const elements = this.#checker.getTypeArguments(type).flatMap((each) => this.#parts(each));
    if (elements.every(isWord) && elements.length > 1) {
      return elements.map((each) => this.#word(each as ts.StringLiteralType, `${path}[]`));
    }
    const items = elements.map((each) =>
      this.value(each, elements.length > 1 ? `${path}${this.#label(each)}` : `${path}[]`, stack),
    );
    return items.filter((item) => item !== ABSENT);
  }

  #object(type: ts.Type, path: string, stack: readonly ts.Type[]): unknown {
    if (stack.filter((above) => above === type).length > 1) return ABSENT;
    if (type.getCallSignatures().length > 0) return ABSENT;
    const below = [...stack, type];
    const object: Record<string, unknown> = {};
    for (const property of this.#checker.getPropertiesOfType(type)) {
      const isOwn = property.flags & ts.SymbolFlags.Property;
      if (!isOwn || property.name.startsWith('__@') || property.name.startsWith('#')) continue;
      const name = path === '' ? property.name : `${path}.${property.name}`;
      const value = this.value(this.#typeOf(property), name, below);
      if (value !== ABSENT) object[property.name] = value;
    }
    const index = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (index !== undefined && Object.keys(object).length === 0) {
      const value = this.value(index, `${path}.*`, below);
      if (value !== ABSENT) object.some_key = value;
    }
    this.#makeConsistent(object, path);
    return object;
  }

  /** Counts of tokens that contradict each other are put right, and would not be found as they were. */
  #makeConsistent(object: Record<string, unknown>, path: string): void {
    const nameOf = (pattern: RegExp) => Object.keys(object).find((key) => pattern.test(key));
    const into = nameOf(/^(prompt|input)_?tokens$/i);
    const out = nameOf(/^(completion|output)_?tokens$/i);
    const total = nameOf(/^total_?tokens$/i);
    const raise = (name: string, by: number) => {
      const whole = (object[name] as number) + by;
      this.#change(path === '' ? name : `${path}.${name}`, whole);
      object[name] = whole;
      return whole;
    };
    // What the AI SDK counts, with its parts beside it.
    if (/usage\.(in|out)putTokens$/.test(path) && 'total' in object) raise('total', 50_000_000);
    const parts = Object.keys(object).filter((key) => /^(in|out)putDetails$/.test(key));
    if (total === undefined && parts.length > 0) {
      for (const name of [into, out]) if (name !== undefined) raise(name, 30_000_000);
    }
    if (total === undefined || into === undefined) return;
    const input = raise(into, 40_000_000);
    const sum = input + (out === undefined ? 0 : raise(out, 30_000_000));
    raise(total, sum - (object[total] as number));
  }

  /** Changes what a field was set to. */
  #change(path: string, value: number): void {
    const at = this.leaves.findIndex((leaf) => leaf.path === path);
    const leaf = this.leaves[at];
    if (leaf !== undefined) this.leaves[at] = { ...leaf, value };
  }

  #typeOf(property: ts.Symbol): ts.Type {
    return this.#checker.getTypeOfSymbol(property);
  }

  /** What tells a variant from the others: a word that it holds alone, else its name. */
  #label(type: ts.Type): string {
    if (type.flags & ts.TypeFlags.StringLike || isAnyText(type)) return '[text]';
    if (type.flags & ts.TypeFlags.NumberLike) return '[number]';
    if (type.flags & ts.TypeFlags.BooleanLike) return '[flag]';
    if (this.#checker.isArrayType(type)) return '[list]';
    for (const name of ['type', 'event', 'role', 'object', 'kind', 'status']) {
      const property = type.getProperty(name);
      const word = property && this.#typeOf(property);
      if (word !== undefined && isWord(word)) return `[${(word as ts.StringLiteralType).value}]`;
    }
    // AWS's variants have one field each, and forbid the others.
    const fields = this.#checker
      .getPropertiesOfType(type)
      .filter((each) => this.#parts(this.#typeOf(each)).length > 0);
    if (fields.length === 1 && fields[0] !== undefined) return `[${fields[0].name}]`;
    const { aliasSymbol, symbol } = type;
    const name = aliasSymbol?.name ?? symbol?.name ?? this.#checker.typeToString(type);
    return `[${name}]`;
  }

  #given(given: unknown, path: string): unknown {
    if (typeof given !== 'function') return given;
    const mark = this.#mark();
    this.#leaf(path, 'text', mark);
    return (given as (mark: string) => unknown)(mark);
  }

  #mark(): string {
    return `mark${String(this.#marks++).padStart(5, '0')}x`;
  }

  #leaf<V extends string | number | boolean>(path: string, kind: Leaf['kind'], value: V): V {
    this.leaves.push({ path, kind, value });
    return value;
  }
}

/** `string & {}`, by which types name the words that they know beside any other text. */
function isAnyText(type: ts.Type): boolean {
  return type.isIntersection() && type.types.some((part) => part.flags & ts.TypeFlags.String);
}

function isWord(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.StringLiteral) !== 0;
}
