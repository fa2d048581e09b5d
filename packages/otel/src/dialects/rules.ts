/** Finds what the tables of all conventions say about an attribute or an event. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { DialectName, TypesByValue } from './dialect.js';
import type { FactName } from './facts.js';
import { DIALECTS } from './tables/index.js';

/** What one row of a table says. */
export interface Rule {
  readonly fact: string;
  /** The member of the fact; `*` if the rest of the attribute's name is the member. */
  readonly member?: string | undefined;
  /** Whether the rest of the attribute's name holds the number of an item. */
  readonly isList: boolean;
  /** The lowest wins. */
  readonly rank: number;
  readonly dialect: DialectName;
  /** Length of the part of the attribute's name before its member or number; that of the name if it has none. */
  readonly prefixLength: number;
}

/** What an attribute says about the type of the step. */
export interface TypeRule {
  readonly types?: TypesByValue;
  /** The type if the attribute is present; null if `types` decides. */
  readonly type: StepType | null;
  readonly rank: number;
  readonly dialect: DialectName;
}

interface Rules {
  readonly rules: readonly Rule[];
  readonly types: readonly TypeRule[];
}

/** How an event is read. */
export interface EventUse {
  readonly as: 'attributes' | 'message' | 'answer';
  readonly dialect: DialectName;
}

const NONE: Rules = { rules: [], types: [] };

/** Types that follow from the presence of an attribute have a lower rank than those that are stated. */
const PRESENCE_RANK = 1 << 19;

const exact = new Map<string, { rules: Rule[]; types: TypeRule[] }>();
/** By the prefix with its last dot. */
const prefixes = new Map<string, { rules: Rule[]; types: TypeRule[] }>();
const events = new Map<string, EventUse>();

let rows = 0;
for (const { name: dialect, types = {}, presence = {}, attributes, ...more } of DIALECTS) {
  for (const [key, values] of Object.entries(types)) {
    place(key).types.push({ types: values, type: null, rank: ++rows, dialect });
  }
  for (const [key, type] of Object.entries(presence)) {
    place(key).types.push({ type, rank: ++rows + PRESENCE_RANK, dialect });
  }
  for (const [key, fact] of Object.entries(attributes)) {
    const prefixLength = key.endsWith('.*') ? key.length - 1 : key.length;
    place(key).rules.push({ ...parsed(fact), rank: ++rows, dialect, prefixLength });
  }
  for (const [event, as] of Object.entries(more.events ?? {})) events.set(event, { as, dialect });
}

/** `tokens.input` is the member `input` of the fact `tokens`, `messages[]` a list. */
function parsed(name: FactName): Pick<Rule, 'fact' | 'member' | 'isList'> {
  const [fact = name, member] = name.replace('[]', '').split('.');
  return { fact, member, isList: name.endsWith('[]') };
}

function place(key: string): { rules: Rule[]; types: TypeRule[] } {
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

/** Longer names are in no table. */
const MAX_NAME_CHARS = 1024;
const MAX_SEGMENTS = 8;

/** Names whose rules are remembered: an app that makes up names must not grow the map without bound. */
const MAX_REMEMBERED = 2000;
const remembered = new Map<string, Rules>();

/** The rules of an attribute: those of its name, then those of its prefixes, the longest first. */
export function rulesOf(key: string): Rules {
  const known = remembered.get(key);
  if (known !== undefined) return known;
  if (key.length > MAX_NAME_CHARS) return NONE;
  const rules = findRules(key);
  if (remembered.size < MAX_REMEMBERED) remembered.set(key, rules);
  return rules;
}

function findRules(key: string): Rules {
  const own = exact.get(key);
  let found: Rules | undefined = own;
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

/** The conventions in which a recorded exception is an error whatever the status. */
export const EXCEPTIONS_ARE_ERRORS: ReadonlySet<DialectName> = new Set(
  DIALECTS.filter((each) => each.exceptionsAreErrors).map(({ name }) => name),
);

/** How the event of a name is read; undefined if no table has it. */
export function useOfEvent(name: string): EventUse | undefined {
  return events.get(name);
}
