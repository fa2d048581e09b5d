/** The columns of a row: its input columns, and the `config` that names all columns to the platform. */

import type { EndedTrace } from '../../trace/model/ended-trace.js';
import { JsonMembers } from '../../values/json-members.js';
import { jsonOf } from '../../values/json-text.js';
import type { WireConfig } from '../../wire.js';

/** Columns that this library writes. Names from clients or users never replace them. */
export const RESERVED: ReadonlySet<string> = new Set([
  'inferenceTimestamp',
  'inferenceId',
  'output',
  'groundTruth',
  'latency',
  'cost',
  'tokens',
  'steps',
  'metadata',
  'user_id',
  'session_id',
  'trace_id',
  'context',
  '_question',
]);

/** Whether this library writes the column. */
export function isReserved(column: string): boolean {
  return RESERVED.has(column);
}

const NO_COLUMNS = new JsonMembers();

/** The inputs as columns. An input with a reserved name becomes `input_` and that name. */
export function inputColumns(inputs: JsonMembers | undefined): JsonMembers {
  if (inputs === undefined) return NO_COLUMNS;
  for (const name of inputs.keys) if (RESERVED.has(name)) return renamed(inputs);
  return inputs;
}

function renamed(inputs: JsonMembers): JsonMembers {
  const columns = new JsonMembers();
  for (const [i, name] of inputs.keys.entries()) {
    let column = RESERVED.has(name) ? `input_${name}` : name;
    while (columns.has(column) || (column !== name && inputs.has(column))) column = `${column}_`;
    columns.set(column, inputs.texts[i] as string);
  }
  return columns;
}

/** Cached layouts: rows of one layout share one string, so that comparing them is cheap. */
const layouts = new Map<string, string>();
const MAX_LAYOUTS = 1000;

/** The last layout of each choice of optional columns, reused for the same array of input names. */
const last: { readonly names: readonly string[]; readonly layout: string }[] = [];

/** The JSON text of the `config` of a trace's row. @param names of the input columns */
export function layoutOf(trace: EndedTrace, names: readonly string[]): string {
  const { root, userId, sessionId, context, question } = trace;
  const optional =
    (root.groundTruth === undefined ? 0 : 1) +
    (userId === undefined ? 0 : 2) +
    (sessionId === undefined ? 0 : 4) +
    (context === undefined ? 0 : 8) +
    (question === undefined ? 0 : 16);
  const before = last[optional];
  if (before?.names === names) return before.layout;
  const key = `${optional}${jsonOf(names)}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    if (layouts.size >= MAX_LAYOUTS) layouts.clear();
    layout = jsonOf(configOf(trace, names));
    layouts.set(key, layout);
  }
  last[optional] = { names, layout };
  return layout;
}

/** The layout of a row without input columns and optional columns. */
export const BARE_LAYOUT: string = jsonOf(bareConfig([]));

function configOf(trace: EndedTrace, inputVariableNames: readonly string[]): WireConfig {
  return {
    ...bareConfig(inputVariableNames),
    ...(trace.root.groundTruth !== undefined && { groundTruthColumnName: 'groundTruth' }),
    ...(trace.userId !== undefined && { userIdColumnName: 'user_id' }),
    ...(trace.sessionId !== undefined && { sessionIdColumnName: 'session_id' }),
    ...(trace.context !== undefined && { contextColumnName: 'context' }),
    ...(trace.question !== undefined && { questionColumnName: '_question' }),
  };
}

function bareConfig(inputVariableNames: readonly string[]): WireConfig {
  return {
    outputColumnName: 'output',
    inputVariableNames,
    latencyColumnName: 'latency',
    costColumnName: 'cost',
    timestampColumnName: 'inferenceTimestamp',
    inferenceIdColumnName: 'inferenceId',
    numOfTokenColumnName: 'tokens',
  };
}
