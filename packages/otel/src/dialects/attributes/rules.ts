/** Finds what the tables of all dialects state about an attribute or an event. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { DialectName } from '../data/dialect-name.js';
import {
  type FactName,
  isObjectFact,
  isSimpleFact,
  type ListFact,
  type ObjectFact,
  type SimpleFact,
} from '../facts/facts.js';
import { MAX_NAME_CHARS, rememberedByName } from './remembered.js';
import { DIALECTS } from './tables/index.js';

/** How an attribute states a fact. */
export type Statement =
  | { readonly as: 'value'; readonly fact: SimpleFact }
  /** `*` if the rest of the attribute's name is the member. */
  | { readonly as: 'member'; readonly fact: ObjectFact; readonly member: string }
  /** The rest of the attribute's name begins with the number of an item. */
  | { readonly as: 'item'; readonly fact: ListFact }
  | { readonly as: 'ignored' };

/** Of several statements of one fact, the first wins: the one with the lowest `order`. */
export interface Ordered {
  readonly order: number;
  readonly dialect: DialectName;
}

/** What one row of a table states. */
export interface Rule extends Ordered {
  readonly statement: Statement;
  /** Length of the part of the attribute's name before its member or number; that of the name if it has none. */
  readonly prefixLength: number;
}

/** What an attribute states about the type of the step. */
export interface TypeRule extends Ordered {
  /** The types by values in lower case; null for a value that states no type. */
  readonly types?: ReadonlyMap<string, StepType | null>;
  /** The type if the attribute is present; null if `types` decides. */
  readonly type: StepType | null;
}

/** What all tables state about an attribute. */
export interface Rules {
  readonly rules: readonly Rule[];
  readonly types: readonly TypeRule[];
}

/** How an event is read. */
export interface EventUse {
  readonly as: 'attributes' | 'message' | 'answer';
  readonly dialect: DialectName;
}

const NONE: Rules = { rules: [], types: [] };

/** Types that follow from the presence of an attribute come after those that are stated. */
const PRESENCE_ORDER = 1 << 19;

const exact = new Map<string, { rules: Rule[]; types: TypeRule[] }>();
/** By the whole name of the attribute. */
export const RULES_BY_NAME: ReadonlyMap<string, Rules> = exact;
/** By the prefix with its last dot. */
const prefixes = new Map<string, { rules: Rule[]; types: TypeRule[] }>();
const events = new Map<string, EventUse>();

let rows = 0;
for (const { name: dialect, types = {}, presence = {}, attributes, ...more } of DIALECTS) {
  for (const [key, values] of Object.entries(types)) {
    const byValue = new Map(Object.entries(values));
    rulesAt(key).types.push({ types: byValue, type: null, order: ++rows, dialect });
  }
  for (const [key, type] of Object.entries(presence)) {
    rulesAt(key).types.push({ type, order: ++rows + PRESENCE_ORDER, dialect });
  }
  for (const [key, fact] of Object.entries(attributes)) {
    const prefixLength = key.endsWith('.*') ? key.length - 1 : key.length;
    rulesAt(key).rules.push({ statement: parsed(fact), order: ++rows, dialect, prefixLength });
  }
  for (const [event, as] of Object.entries(more.events ?? {})) events.set(event, { as, dialect });
}

/** `tokens.input` is the member `input` of the fact `tokens`, `messages[]` a list. */
function parsed(name: FactName): Statement {
  if (name === 'ignored') return { as: 'ignored' };
  if (isSimpleFact(name)) return { as: 'value', fact: name };
  if (name.endsWith('[]')) return { as: 'item', fact: name.slice(0, -2) as ListFact };
  const [fact = '', member = '*'] = name.split('.');
  if (!isObjectFact(fact)) throw new TypeError(`no fact is named ${name}`);
  return { as: 'member', fact, member };
}

/** The rules of a key of a table, to which rows are added. */
function rulesAt(key: string): { rules: Rule[]; types: TypeRule[] } {
  const isPrefix = key.endsWith('.*');
  const map = isPrefix ? prefixes : exact;
  const name = isPrefix ? key.slice(0, -1) : key;
  let found = map.get(name);
  if (found === undefined) {
    found = { rules: [], types: [] };
    map.set(name, found);
  }
  return found;
}

const MAX_SEGMENTS = 8;

/** The rules of an attribute: those of its name, then those of its prefixes, the longest first. */
export const rulesOf = rememberedByName(
  (name): Rules => (name.length > MAX_NAME_CHARS ? NONE : findRules(name)),
);

function findRules(key: string): Rules {
  let found: Rules | undefined = exact.get(key);
  let at = key.indexOf('.');
  const matching: Rules[] = [];
  for (let segments = 0; at >= 0 && segments < MAX_SEGMENTS; segments++) {
    const rules = prefixes.get(key.slice(0, at + 1));
    if (rules !== undefined) matching.unshift(rules);
    at = key.indexOf('.', at + 1);
  }
  for (const each of matching) {
    found =
      found === undefined
        ? each
        : { rules: [...found.rules, ...each.rules], types: [...found.types, ...each.types] };
  }
  return found ?? NONE;
}

/** The facts that members of the metadata state, by the names of the members. */
export const METADATA_FACTS: ReadonlyMap<string, SimpleFact> = new Map(
  DIALECTS.flatMap(({ metadata = {} }) => Object.entries(metadata)),
);

/** Slugs of the fact `provider` that are no provider of models. */
export const NOT_PROVIDERS: ReadonlySet<string | undefined> = new Set(
  DIALECTS.flatMap(({ notProviders = [] }) => notProviders),
);

/** The dialects in which a recorded exception is an error whatever the status. */
export const EXCEPTIONS_ARE_ERRORS: ReadonlySet<DialectName> = new Set(
  DIALECTS.filter((each) => each.exceptionsAreErrors).map(({ name }) => name),
);

/** How the event of a name is read; undefined if no table has it. */
export function useOfEvent(name: string): EventUse | undefined {
  return events.get(name);
}
