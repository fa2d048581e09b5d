/** Collects what the attributes of a span state, by the tables of all conventions. Where several state one fact, the first wins. */

import { head, isJsonObject, type StepType } from '@openlayer-tracing/core/integration';
import type { DialectName } from './dialect.js';
import { hasMembers, type ObjectFact, readFact, readMember, type SimpleFact } from './facts.js';
import { NumberedTree } from './numbered-tree.js';
import { ownValue, plainValue } from './plain-value.js';
import { type EventUse, type Rule, rulesOf, type TypeRule, useOfEvent } from './rules.js';
import type { SpanEvent } from './span-data.js';

/** Further attributes of a span are not read. */
const MAX_ATTRIBUTES = 20_000;
const MAX_EVENTS = 1000;
/** Attributes that no table has, which are kept as they are. */
const MAX_UNKNOWN = 128;
const MAX_UNKNOWN_CHARS = 8192;
const MAX_KEY_CHARS = 256;

/** Attributes of events have a lower rank than those of the span. */
const EVENT_RANK = 1 << 20;

/** Facts in metadata that LangChain adds to each model call have a lower rank than those with attributes of their own. */
const METADATA_RANK = 1 << 21;

const METADATA_FACTS: Readonly<Record<string, SimpleFact>> = {
  ls_provider: 'provider',
  ls_model_name: 'requestModel',
};

interface Found {
  readonly rank: number;
  readonly value: unknown;
  readonly dialect: DialectName;
}

interface FoundList {
  readonly rank: number;
  readonly tree: NumberedTree;
  readonly dialect: DialectName;
}

export class FoundFacts {
  readonly #facts = new Map<string, Found>();
  readonly #members = new Map<string, Map<string, Found>>();
  readonly #lists = new Map<string, Map<Rule, FoundList>>();
  readonly #unknown = new Map<string, unknown>();
  #unknownCount = 0;
  #type: (TypeRule & { readonly kind: string | undefined }) | undefined;
  readonly #dialects = new Map<DialectName, number>();
  readonly #messages: unknown[] = [];
  readonly #answers: unknown[] = [];
  readonly #otherEvents: SpanEvent[] = [];

  constructor(attributes: unknown, events: unknown) {
    this.#readAttributes(attributes, 0);
    this.#readEvents(events);
    this.#closeLists();
  }

  /** A fact with one value; undefined if no attribute states it. */
  get(fact: SimpleFact): unknown {
    return this.#facts.get(fact)?.value;
  }

  text(fact: SimpleFact): string | undefined {
    const value = this.get(fact);
    return typeof value === 'string' ? value : undefined;
  }

  number(fact: SimpleFact): number | undefined {
    const value = this.get(fact);
    return typeof value === 'number' ? value : undefined;
  }

  /** The members of a fact; undefined if there are none. */
  members(fact: ObjectFact): Record<string, unknown> | undefined {
    const members = this.#members.get(fact);
    if (members === undefined) return undefined;
    return Object.fromEntries([...members].map(([name, { value }]) => [name, value]));
  }

  /** The type that an attribute states. */
  get type(): StepType | undefined {
    return this.#type?.type ?? undefined;
  }

  /** The word of the convention for the type, if it says more than the type does. */
  get kind(): string | undefined {
    return this.#type?.kind;
  }

  /** Attributes that no table has, at most 128. */
  get unknown(): Record<string, unknown> | undefined {
    if (this.#unknown.size === 0) return undefined;
    return Object.fromEntries(this.#unknown);
  }

  /** The number of attributes that were not kept. */
  get unkept(): number {
    return this.#unknownCount - this.#unknown.size;
  }

  /** Events that no table has. */
  get otherEvents(): readonly SpanEvent[] {
    return this.#otherEvents;
  }

  /** The conventions that were read, the one with most attributes first. */
  get dialects(): readonly DialectName[] {
    return [...this.#dialects].sort(([, a], [, b]) => b - a).map(([name]) => name);
  }

  #readAttributes(attributes: unknown, rank: number): void {
    if (typeof attributes !== 'object' || attributes === null) return;
    let read = 0;
    for (const key of keysOf(attributes)) {
      if (++read > MAX_ATTRIBUTES) {
        this.#unknownCount++;
        continue;
      }
      const value = attributeOf(attributes, key);
      if (value !== undefined && value !== null) this.#read(key, value, rank);
    }
  }

  #read(key: string, value: unknown, rank: number): void {
    const { rules, types } = rulesOf(key);
    // An empty string says as little as no attribute.
    let isKnown = value === '' && rules.length + types.length > 0;
    for (const rule of types) isKnown = this.#readType(rule, key, value, rank) || isKnown;
    for (const rule of rules) {
      // A shorter prefix is for what the longer one could not read.
      if (this.#readRule(rule, key, value, rank)) {
        isKnown = true;
        break;
      }
    }
    if (!isKnown) this.#keep(key, value);
  }

  #readType(rule: TypeRule, key: string, value: unknown, rank: number): boolean {
    const word = String(value).toLowerCase();
    const type = rule.types === undefined ? rule.type : own(rule.types, word);
    if (type === undefined) return false;
    this.#count(rule.dialect);
    const ranked = rule.rank + rank;
    if (type !== null && (this.#type === undefined || ranked < this.#type.rank)) {
      const first = rule.types && Object.entries(rule.types).find(([, each]) => each === type)?.[0];
      const kind = rule.types === undefined || first === word ? undefined : String(value);
      this.#type = { ...rule, rank: ranked, type, kind };
    }
    return rule.types !== undefined || key === '';
  }

  #readRule(rule: Rule, key: string, value: unknown, rank: number): boolean {
    const { fact } = rule;
    if (fact === 'left') {
      this.#count(rule.dialect);
      return true;
    }
    const rest = key.slice(rule.prefixLength);
    if (rule.isList) return this.#readItem(rule, rest, value, rank);
    if (rule.member !== undefined) {
      const read = readMember(fact, value);
      if (read === undefined) return false;
      this.#offerMember(rule.member === '*' ? rest : rule.member, read, rule, rank);
      return true;
    }
    const read = readFact(fact, value);
    if (read === undefined) return false;
    if (!hasMembers(fact) || !isJsonObject(read)) {
      this.#offer(this.#facts, fact, read, rule, rank);
      return true;
    }
    for (const [member, each] of Object.entries(read)) {
      if (each !== '' && each !== null) this.#offerMember(member, each, rule, rank);
    }
    return true;
  }

  /** Offers a member of a fact, and the fact that metadata of this name states. */
  #offerMember(member: string, value: unknown, rule: Rule, rank: number): void {
    const { fact } = rule;
    if (member === '__proto__') return;
    let members = this.#members.get(fact);
    if (members === undefined) {
      members = new Map();
      this.#members.set(fact, members);
    }
    this.#offer(members, member, value, rule, rank);
    const meant = fact === 'metadata' ? own(METADATA_FACTS, member) : undefined;
    const read = meant === undefined ? undefined : readFact(meant, value);
    if (meant !== undefined && read !== undefined) {
      this.#offer(this.#facts, meant, read, rule, METADATA_RANK);
    }
  }

  #readItem(rule: Rule, rest: string, value: unknown, rank: number): boolean {
    if (!/^\d/.test(rest)) return false;
    const { fact } = rule;
    let lists = this.#lists.get(fact);
    if (lists === undefined) {
      lists = new Map();
      this.#lists.set(fact, lists);
    }
    let list = lists.get(rule);
    if (list === undefined) {
      list = { rank: rule.rank + rank, tree: new NumberedTree(), dialect: rule.dialect };
      lists.set(rule, list);
    }
    if (!list.tree.add(rest, value)) this.#unknownCount++;
    return true;
  }

  /** Keeps a value under its name, unless there is one of a lower rank. */
  #offer(
    found: Map<string, Found>,
    name: string,
    value: unknown,
    { rank: ruleRank, dialect }: Rule,
    rank: number,
  ): void {
    this.#count(dialect);
    const known = found.get(name);
    const ranked = ruleRank + rank;
    if (known === undefined || ranked < known.rank) {
      found.set(name, { rank: ranked, value, dialect });
    }
  }

  #count(dialect: DialectName): void {
    this.#dialects.set(dialect, (this.#dialects.get(dialect) ?? 0) + 1);
  }

  #keep(key: string, value: unknown): void {
    if (this.#unknown.has(key)) return;
    this.#unknownCount++;
    if (this.#unknown.size >= MAX_UNKNOWN || key === '__proto__') return;
    this.#unknown.set(
      head(key, MAX_KEY_CHARS),
      typeof value === 'string' ? head(value, MAX_UNKNOWN_CHARS) : value,
    );
  }

  #readEvents(events: unknown): void {
    if (!Array.isArray(events)) return;
    for (const event of events.slice(0, MAX_EVENTS) as readonly SpanEvent[]) {
      if (!isJsonObject(event) || typeof event.name !== 'string') continue;
      const use: EventUse | undefined = useOfEvent(event.name);
      if (use === undefined) {
        this.#otherEvents.push(event);
        continue;
      }
      this.#count(use.dialect);
      if (use.as === 'attributes') {
        this.#readAttributes(event.attributes, EVENT_RANK);
      } else {
        const message = messageOf(event);
        (use.as === 'message' ? this.#messages : this.#answers).push(message);
      }
    }
  }

  /** Makes facts of the numbered attributes and of the messages in events. */
  #closeLists(): void {
    for (const [fact, lists] of this.#lists) {
      for (const [rule, { tree }] of lists) {
        this.#offer(this.#facts, fact, plainValue(tree.items), rule, 0);
      }
    }
    const events = { messages: this.#messages, answer: this.#answers };
    for (const [fact, list] of Object.entries(events)) {
      const known = this.#facts.get(fact);
      if (list.length === 0 || (known !== undefined && known.rank <= EVENT_RANK)) continue;
      this.#facts.set(fact, { rank: EVENT_RANK, value: list, dialect: 'gen_ai' });
    }
  }
}

/** The message in an event of the conventions up to 1.36: `gen_ai.user.message`. */
function messageOf({ name, attributes }: SpanEvent): unknown {
  const fields = plainValue(attributes);
  const [, role] = /^gen_ai\.(\w+)\.message$/.exec(name) ?? [];
  return {
    ...(role !== undefined && { role }),
    ...(isJsonObject(fields) ? Object.fromEntries(shortened(fields)) : {}),
  };
}

/** The fields of a message without the prefix of their attributes, parsed. */
function shortened(fields: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  return Object.entries(fields)
    .filter(([key]) => key !== 'gen_ai.system')
    .map(([key, value]) => [
      key.replace(/^gen_ai\.(event\.)?/, ''),
      readFact('messages', value) ?? value,
    ]);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function keysOf(value: object): readonly string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** The value of an attribute, copied within bounds. */
function attributeOf(attributes: object, key: string): unknown {
  try {
    const value = ownValue(attributes, key);
    // JSON text is cut after it is parsed.
    return typeof value === 'string' ? value : plainValue(value);
  } catch {
    // A proxy may throw.
    return undefined;
  }
}
