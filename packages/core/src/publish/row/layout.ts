/** The columns of a row: its input columns, and the `config` that names all columns to the platform. */

import type { EndedTrace } from '../../trace/model/ended-trace.js';
import { JsonMembers } from '../../values/json/json-members.js';
import { jsonOf, parseJson } from '../../values/json/json-text.js';
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
export function withoutReservedNames(inputs: JsonMembers | undefined): JsonMembers {
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

/** The columns that some rows lack: the bit that stands for each of them, and its part of the `config`. */
const OPTIONAL = {
  groundTruth: { bit: 1, config: { groundTruthColumnName: 'groundTruth' } },
  userId: { bit: 2, config: { userIdColumnName: 'user_id' } },
  sessionId: { bit: 4, config: { sessionIdColumnName: 'session_id' } },
  context: { bit: 8, config: { contextColumnName: 'context' } },
  question: { bit: 16, config: { questionColumnName: '_question' } },
} as const satisfies Readonly<
  Record<string, { readonly bit: number; readonly config: Partial<WireConfig> }>
>;

/** Cached layouts: rows of one layout share one string, so that comparing them is cheap. */
const layouts = new Map<string, string>();
const MAX_LAYOUTS = 1000;

/** The last layout of each choice of optional columns, reused for the same array of input names. */
const last: { readonly names: readonly string[]; readonly layout: string }[] = [];

/** The JSON text of the `config` of a trace's row. @param names of the input columns */
export function layoutOf(trace: EndedTrace, names: readonly string[]): string {
  const optional = optionalOf(trace);
  const before = last[optional];
  if (before?.names === names) return before.layout;
  const key = `${optional}${jsonOf(names)}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    if (layouts.size >= MAX_LAYOUTS) layouts.clear();
    layout = jsonOf(configOf(optional, names));
    layouts.set(key, layout);
  }
  last[optional] = { names, layout };
  return layout;
}

/** The layout with these input columns. */
export function layoutWithInputs(layout: string, inputVariableNames: readonly string[]): string {
  return jsonOf({ ...(parseJson(layout) as WireConfig), inputVariableNames });
}

/** The layout of a row without input columns and optional columns. */
export const BARE_LAYOUT: string = jsonOf(bareConfig([]));

/** The bits of the optional columns that the row has. Not a loop over the table, which would take longer than the rest. */
function optionalOf({ root, columns }: EndedTrace): number {
  const { userId, sessionId, context, question } = columns;
  return (
    (root.groundTruth === undefined ? 0 : OPTIONAL.groundTruth.bit) +
    (userId === undefined ? 0 : OPTIONAL.userId.bit) +
    (sessionId === undefined ? 0 : OPTIONAL.sessionId.bit) +
    (context === undefined ? 0 : OPTIONAL.context.bit) +
    (question === undefined ? 0 : OPTIONAL.question.bit)
  );
}

/** @param optional bits of the optional columns */
function configOf(optional: number, inputVariableNames: readonly string[]): WireConfig {
  let config = bareConfig(inputVariableNames);
  for (const column of Object.values(OPTIONAL)) {
    if ((optional & column.bit) !== 0) config = { ...config, ...column.config };
  }
  return config;
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
