/** Finds what the tables of all conventions say about an attribute or an event. */

import type { StepType } from '@openlayer-tracing/core/integration';
import type { DialectName } from './dialect.js';
import {
  type FactName,
  isObjectFact,
  isSimpleFact,
  type ListFact,
  type ObjectFact,
  type SimpleFact,
} from './facts.js';
import { DIALECTS } from './tables/index.js';

/** How an attribute states a fact. */
export type Statement =
  | { readonly as: 'value'; readonly fact: SimpleFact }
  /** `*` if the rest of the attribute's name is the member. */
  | { readonly as: 'member'; readonly fact: ObjectFact; readonly member: string }
  /** The rest of the attribute's name begins with the number of an item. */
  | { readonly as: 'item'; readonly fact: ListFact }
  | { readonly as: 'ignored' };

/** Which of several statements of one fact wins: the one with the lowest rank. */
export interface Ranked {
  readonly rank: number;
  readonly dialect: DialectName;
}

/** What one row of a table says. */
export interface Rule extends Ranked {
  readonly statement: Statement;
  /** Length of the part of the attribute's name before its member or number; that of the name if it has none. */
  readonly prefixLength: number;
}

/** What an attribute says about the type of the step. */
export interface TypeRule extends Ranked {
  /** The types by values in lower case; null where a value says nothing about the type. */
  readonly types?: ReadonlyMap<string, StepType | null>;
  /** The type if the attribute is present; null if `types` decides. */
  readonly type: StepType | null;
}

interface Rules {
  readonly rules: readonly Rule[];
  readonly types: readonly TypeRule[];
  /** Whether the attribute is one of models, agents and tools, in any convention. */
  readonly isOfModels: boolean;
  /** What it says about the work of a span; undefined if it says nothing of that. */
  readonly ofWork: WorkRule | undefined;
}

/** A fact that the work of a span depends on. */
export interface WorkRule {
  /** `metadata` may hold the model; undefined if several conventions have the attribute, and it may state one of the facts. */
  readonly fact: 'model' | 'requestModel' | 'pending' | 'metadata' | undefined;
  readonly rank: number;
}

type FoundRules = Pick<Rules, 'rules' | 'types'>;

/** How an event is read. */
export interface EventUse {
  readonly as: 'attributes' | 'message' | 'answer';
  readonly dialect: DialectName;
}

const NONE: FoundRules = { rules: [], types: [] };

const OF_MODELS = /^(gen_ai|openinference|llm|traceloop|ai|langfuse|langsmith|mcp|db\.vector)\./;
const FACTS_OF_WORK: ReadonlySet<string> = new Set<FactName>([
  'model',
  'requestModel',
  'metadata',
  'pending',
]);

/** Types that follow from the presence of an attribute have a lower rank than those that are stated. */
const PRESENCE_RANK = 1 << 19;

const exact = new Map<string, { rules: Rule[]; types: TypeRule[] }>();
/** By the prefix with its last dot. */
const prefixes = new Map<string, { rules: Rule[]; types: TypeRule[] }>();
const events = new Map<string, EventUse>();

let rows = 0;
for (const { name: dialect, types = {}, presence = {}, attributes, ...more } of DIALECTS) {
  for (const [key, values] of Object.entries(types)) {
    const byValue = new Map(Object.entries(values));
    rulesAt(key).types.push({ types: byValue, type: null, rank: ++rows, dialect });
  }
  for (const [key, type] of Object.entries(presence)) {
    rulesAt(key).types.push({ type, rank: ++rows + PRESENCE_RANK, dialect });
  }
  for (const [key, fact] of Object.entries(attributes)) {
    const prefixLength = key.endsWith('.*') ? key.length - 1 : key.length;
    rulesAt(key).rules.push({ statement: parsed(fact), rank: ++rows, dialect, prefixLength });
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
  const found = key.length > MAX_NAME_CHARS ? NONE : findRules(key);
  const rules = {
    ...found,
    isOfModels: OF_MODELS.test(key),
    ofWork: workRuleIn(found.rules),
  };
  if (remembered.size < MAX_REMEMBERED && key.length <= MAX_NAME_CHARS) remembered.set(key, rules);
  return rules;
}

function findRules(key: string): FoundRules {
  let found: FoundRules | undefined = exact.get(key);
  let at = key.indexOf('.');
  const matching: FoundRules[] = [];
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

function workRuleIn(rules: readonly Rule[]): WorkRule | undefined {
  const factsOfWork = rules.flatMap(({ statement }) =>
    'fact' in statement && FACTS_OF_WORK.has(statement.fact) ? [statement.fact] : [],
  );
  const [first] = rules;
  if (first === undefined || factsOfWork.length === 0) return undefined;
  const { statement, rank } = first;
  if (factsOfWork.every((fact) => fact === 'metadata')) return { fact: 'metadata', rank };
  const fact = statement.as === 'value' ? statement.fact : undefined;
  const isKnown = fact === 'model' || fact === 'requestModel' || fact === 'pending';
  return { fact: isKnown ? fact : undefined, rank };
}

/** The conventions in which a recorded exception is an error whatever the status. */
export const EXCEPTIONS_ARE_ERRORS: ReadonlySet<DialectName> = new Set(
  DIALECTS.filter((each) => each.exceptionsAreErrors).map(({ name }) => name),
);

/** How the event of a name is read; undefined if no table has it. */
export function useOfEvent(name: string): EventUse | undefined {
  return events.get(name);
}
