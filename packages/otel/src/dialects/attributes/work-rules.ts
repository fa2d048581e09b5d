/** Finds what the tables of all dialects state about the work of a span: its type, and the model. */

import type { FactName, SimpleFact } from '../facts/facts.js';
import { rememberedByName } from './remembered.js';
import {
  type Ordered,
  RULES_BY_NAME,
  type Rule,
  type Rules,
  rulesOf,
  type TypeRule,
} from './rules.js';
import { DIALECTS } from './tables/index.js';

/** A fact that the work of a span depends on, besides its type. */
export interface WorkRule {
  /** `metadata` may hold the model. Undefined if several rows have the attribute, of which one states such a fact. */
  readonly fact: 'model' | 'requestModel' | 'pending' | 'metadata' | undefined;
  readonly order: number;
}

/** What all tables state about the work of a span by one attribute. */
interface WorkRules {
  readonly types: readonly TypeRule[];
  /** What it states beside a type; undefined if it states nothing that the work depends on. */
  readonly ofWork: WorkRule | undefined;
  /** Whether the attribute is one of models, agents and tools, in any dialect. */
  readonly isOfModels: boolean;
}

const MODEL_PREFIXES: readonly string[] = [
  ...new Set(DIALECTS.flatMap(({ modelNamespaces }) => modelNamespaces.map((each) => `${each}.`))),
];
const FACTS_OF_WORK: ReadonlySet<string> = new Set<FactName>([
  'model',
  'requestModel',
  'metadata',
  'pending',
]);

/** The rules of an attribute. */
export const workRulesOf = rememberedByName((name): WorkRules => {
  const { rules, types } = rulesOf(name);
  return {
    types,
    ofWork: workRuleIn(rules),
    isOfModels: MODEL_PREFIXES.some((prefix) => name.startsWith(prefix)),
  };
});

function workRuleIn(rules: readonly Rule[]): WorkRule | undefined {
  const factsOfWork = rules.flatMap(({ statement }) =>
    'fact' in statement && FACTS_OF_WORK.has(statement.fact) ? [statement.fact] : [],
  );
  const [first] = rules;
  if (first === undefined || factsOfWork.length === 0) return undefined;
  const { statement, order } = first;
  if (factsOfWork.every((fact) => fact === 'metadata')) return { fact: 'metadata', order };
  const fact = statement.as === 'value' ? statement.fact : undefined;
  const isKnown = fact === 'model' || fact === 'requestModel' || fact === 'pending';
  return { fact: isKnown ? fact : undefined, order };
}

/** An attribute, and the lowest order of what it states. */
interface OrderedKey {
  readonly key: string;
  readonly order: number;
}

/** The attributes that state a type by their value, in their order. */
export const TYPE_KEYS: readonly OrderedKey[] = keysInOrder(({ types }) =>
  types.filter((rule) => rule.types !== undefined),
);

/** The attributes that state a model, in their order, and then those that state the model that was asked for. */
export const MODEL_KEYS: readonly OrderedKey[] = [
  ...keysOfFact('model'),
  ...keysOfFact('requestModel'),
];

/** The attributes that state whether a span is provisional. */
export const PENDING_KEYS: readonly OrderedKey[] = keysOfFact('pending');

function keysOfFact(fact: SimpleFact): readonly OrderedKey[] {
  return keysInOrder(({ rules }) =>
    rules.filter(({ statement }) => statement.as === 'value' && statement.fact === fact),
  );
}

/** The names in the tables that have such rules. */
function keysInOrder(select: (rules: Rules) => readonly Ordered[]): readonly OrderedKey[] {
  return [...RULES_BY_NAME]
    .map(([key, rules]) => ({ key, order: Math.min(...select(rules).map(({ order }) => order)) }))
    .filter(({ order }) => Number.isFinite(order))
    .sort((a, b) => a.order - b.order);
}
