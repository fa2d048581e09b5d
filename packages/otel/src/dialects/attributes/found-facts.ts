/** Collects what the attributes of a span state, by the tables of all dialects. Where several state one fact, the first wins. */

import {
  cutTo,
  isJsonObject,
  type JsonObject,
  type StepType,
} from '@openlayer-tracing/core/integration';
import type { DialectName } from '../data/dialect-name.js';
import type { SpanEvent } from '../data/span-data.js';
import {
  type FactMembers,
  type FactValue,
  isObjectFact,
  isOfAnyForm,
  type ListFact,
  type ObjectFact,
  readFact,
  readMember,
  type SimpleFact,
} from '../facts/facts.js';
import { attributeOf, boundedValue, keysOf } from '../facts/plain-value.js';
import { messageOf } from './message-event.js';
import { NumberedTree } from './numbered-tree.js';
import {
  type EventUse,
  METADATA_FACTS,
  type Ordered,
  type Rule,
  rulesOf,
  type TypeRule,
  useOfEvent,
} from './rules.js';
import { StatedType } from './stated-type.js';

/** Further attributes of a span are not read. */
const MAX_ATTRIBUTES = 20_000;
const MAX_EVENTS = 1000;
/** Attributes that no table has, which are kept as they are. */
const MAX_UNKNOWN = 128;
const MAX_UNKNOWN_CHARS = 8192;
const MAX_KEY_CHARS = 256;

/** Statements of events come after those of the span. */
const EVENT_ORDER = 1 << 20;

/** Facts that members of the metadata state come after those with attributes of their own. */
const METADATA_ORDER = 1 << 21;

const ZERO = 48;
const NINE = 57;

interface Found {
  readonly order: number;
  value: unknown;
  /** Whether the value is that of the attribute, not yet read in the form of the fact. */
  isUnread: boolean;
}

/** The numbered attributes that one row of a table matches. */
interface FoundList extends Ordered {
  readonly fact: ListFact;
  readonly tree: NumberedTree;
}

export class FoundFacts {
  readonly #facts = new Map<SimpleFact, Found>();
  readonly #members = new Map<ObjectFact, Map<string, Found>>();
  /** The members as objects, made when they are first read. */
  readonly #memberObjects = new Map<ObjectFact, JsonObject>();
  /** By their order, which is that of their rows: of each row there may be one in the span and one in its events. */
  readonly #lists = new Map<number, FoundList>();
  readonly #unknown = new Map<string, unknown>();
  #unknownCount = 0;
  readonly #type = new StatedType();
  readonly #dialects = new Map<DialectName, number>();
  #dialectNames: readonly DialectName[] | undefined;
  readonly #messages: unknown[] = [];
  readonly #answers: unknown[] = [];
  readonly #otherEvents: SpanEvent[] = [];

  constructor(attributes: unknown, events: unknown) {
    this.#readAttributes(attributes, 0);
    this.#readEvents(events);
    this.#closeLists();
  }

  /** A fact with one value; undefined if no attribute states it. */
  get<Fact extends SimpleFact>(fact: Fact): FactValue<Fact> | undefined {
    const found = this.#facts.get(fact);
    if (found?.isUnread) {
      found.value = readFact(fact, found.value);
      found.isUnread = false;
    }
    // Each value was read in the form of its fact, or is a list of messages.
    return found?.value as FactValue<Fact> | undefined;
  }

  /** The members of a fact; undefined if there are none. */
  members<Fact extends ObjectFact>(fact: Fact): FactMembers<Fact> | undefined {
    const members = this.#members.get(fact);
    if (members === undefined) return undefined;
    const known = this.#memberObjects.get(fact);
    if (known !== undefined) return known as FactMembers<Fact>;
    const made: Record<string, unknown> = {};
    for (const [name, { value }] of members) made[name] = value;
    this.#memberObjects.set(fact, made);
    return made as FactMembers<Fact>;
  }

  /** The type that an attribute states. */
  get type(): StepType | undefined {
    return this.#type.type;
  }

  /** The word of the dialect for the type, if it is more specific than the type. */
  get typeWord(): string | undefined {
    return this.#type.typeWord;
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

  /** The dialects that were read, the one with most attributes first. */
  get dialects(): readonly DialectName[] {
    this.#dialectNames ??= [...this.#dialects].sort(([, a], [, b]) => b - a).map(([name]) => name);
    return this.#dialectNames;
  }

  #readAttributes(attributes: unknown, order: number): void {
    if (typeof attributes !== 'object' || attributes === null) return;
    let read = 0;
    for (const key of keysOf(attributes)) {
      if (++read > MAX_ATTRIBUTES) {
        this.#unknownCount++;
        continue;
      }
      const value = attributeOf(attributes, key);
      if (value !== undefined && value !== null) this.#read(key, value, order);
    }
  }

  #read(key: string, value: unknown, order: number): void {
    const { rules, types } = rulesOf(key);
    // An empty string states as little as no attribute.
    let isKnown = value === '' && rules.length + types.length > 0;
    for (const rule of types) isKnown = this.#readType(rule, value, order) || isKnown;
    for (const rule of rules) {
      // A shorter prefix is for what the longer one could not read.
      if (this.#readRule(rule, key, value, order)) {
        isKnown = true;
        break;
      }
    }
    if (!isKnown) this.#keep(key, value);
  }

  /** @returns whether the value is a word of the dialect. If the presence of the attribute alone states the type, another rule reads its value. */
  #readType(rule: TypeRule, value: unknown, order: number): boolean {
    if (!this.#type.read(rule, value, rule.order + order)) return false;
    this.#count(rule.dialect);
    return rule.types !== undefined;
  }

  /** @returns whether the value has the form of the fact */
  #readRule(rule: Rule, key: string, value: unknown, order: number): boolean {
    const { statement, dialect } = rule;
    const ordered = { order: rule.order + order, dialect };
    const rest = key.slice(rule.prefixLength);
    switch (statement.as) {
      case 'ignored':
        this.#count(dialect);
        return true;
      case 'item':
        return this.#readItem(statement.fact, rest, value, ordered);
      case 'member': {
        const { fact, member } = statement;
        const read = readMember(fact, value);
        if (read === undefined) return false;
        this.#offerMember(fact, member === '*' ? rest : member, read, ordered);
        return true;
      }
      case 'value': {
        const { fact } = statement;
        if (value !== '' && isOfAnyForm(fact)) {
          this.#offer(this.#facts, fact, value, ordered, true);
          return true;
        }
        const read = readFact(fact, value);
        if (read === undefined) return false;
        if (isObjectFact(fact) && isJsonObject(read)) this.#offerMembers(fact, read, ordered);
        else this.#offer(this.#facts, fact, read, ordered);
        return true;
      }
    }
  }

  #offerMembers(fact: ObjectFact, members: object, ordered: Ordered): void {
    for (const [member, each] of Object.entries(members)) {
      if (each !== '' && each !== null) this.#offerMember(fact, member, each, ordered);
    }
  }

  /** Offers a member of a fact, and the fact that metadata of this name states. */
  #offerMember(fact: ObjectFact, member: string, value: unknown, ordered: Ordered): void {
    if (member === '__proto__') return;
    let members = this.#members.get(fact);
    if (members === undefined) {
      members = new Map();
      this.#members.set(fact, members);
    }
    this.#offer(members, member, value, ordered);
    const stated = fact === 'metadata' ? METADATA_FACTS.get(member) : undefined;
    const read = stated === undefined ? undefined : readFact(stated, value);
    if (stated === undefined || read === undefined) return;
    this.#offer(this.#facts, stated, read, { ...ordered, order: ordered.order + METADATA_ORDER });
  }

  #readItem(fact: ListFact, rest: string, value: unknown, ordered: Ordered): boolean {
    const first = rest.charCodeAt(0);
    if (!(first >= ZERO && first <= NINE)) return false;
    let list = this.#lists.get(ordered.order);
    if (list === undefined) {
      list = { ...ordered, fact, tree: new NumberedTree() };
      this.#lists.set(ordered.order, list);
    }
    if (!list.tree.add(rest, value)) this.#unknownCount++;
    return true;
  }

  /** Keeps a value under its name, unless there is one that comes before it. */
  #offer<Name>(
    found: Map<Name, Found>,
    name: Name,
    value: unknown,
    { order, dialect }: Ordered,
    isUnread = false,
  ): void {
    this.#count(dialect);
    const known = found.get(name);
    if (known === undefined || order < known.order) found.set(name, { order, value, isUnread });
  }

  #count(dialect: DialectName): void {
    this.#dialects.set(dialect, (this.#dialects.get(dialect) ?? 0) + 1);
  }

  #keep(key: string, value: unknown): void {
    if (this.#unknown.has(key)) return;
    this.#unknownCount++;
    if (this.#unknown.size >= MAX_UNKNOWN || key === '__proto__') return;
    this.#unknown.set(
      cutTo(key, MAX_KEY_CHARS),
      typeof value === 'string' ? cutTo(value, MAX_UNKNOWN_CHARS) : value,
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
        this.#readAttributes(event.attributes, EVENT_ORDER);
      } else {
        const message = messageOf(event);
        (use.as === 'message' ? this.#messages : this.#answers).push(message);
      }
    }
  }

  /** Makes facts of the numbered attributes and of the messages in events. */
  #closeLists(): void {
    for (const list of this.#lists.values()) {
      this.#offer(this.#facts, list.fact, boundedValue(list.tree.items), list);
    }
    this.#closeMessages('messages', this.#messages);
    this.#closeMessages('answer', this.#answers);
  }

  #closeMessages(fact: 'messages' | 'answer', list: readonly unknown[]): void {
    const known = this.#facts.get(fact);
    if (list.length === 0 || (known !== undefined && known.order <= EVENT_ORDER)) return;
    this.#facts.set(fact, { order: EVENT_ORDER, value: list, isUnread: false });
  }
}
