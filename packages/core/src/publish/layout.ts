/** Which columns a row has: its input columns by name, and the `config` that names them all to the platform. */

import { jsonOf } from '../trace/json-text.js';
import { Members } from '../trace/members.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { WireConfig } from '../wire.js';

/** Columns whose meaning is ours: nothing that a client or a user names may stand in them. */
const RESERVED: ReadonlySet<string> = new Set([
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
  'context',
  '_question',
]);

export function isReserved(column: string): boolean {
  return RESERVED.has(column);
}

const NO_COLUMNS = new Members();

/** The inputs as columns. One that would shadow a column of ours gets another name. */
export function inputColumns(inputs: Members | undefined): Members {
  if (inputs === undefined) return NO_COLUMNS;
  for (const name of inputs.keys) if (RESERVED.has(name)) return renamed(inputs);
  return inputs;
}

function renamed(inputs: Members): Members {
  const columns = new Members();
  for (const [i, name] of inputs.keys.entries()) {
    let free = RESERVED.has(name) ? `input_${name}` : name;
    while (columns.has(free) || (free !== name && inputs.has(free))) free = `${free}_`;
    columns.set(free, inputs.texts[i] as string);
  }
  return columns;
}

/** Layouts are few, and rows of one layout hold the same text, so that comparing them costs nothing. */
const layouts = new Map<string, string>();
const MAX_LAYOUTS = 1000;

/** The last layout of each choice of optional columns, found again where the names are the same list. */
const last: { readonly names: readonly string[]; readonly layout: string }[] = [];

/** The JSON text of the `config` of a trace's row. */
export function layoutOf(trace: RecordedTrace, names: readonly string[]): string {
  const { root, userId, sessionId, context, question } = trace;
  const optional =
    (root.groundTruth === undefined ? 0 : 1) +
    (userId === undefined ? 0 : 2) +
    (sessionId === undefined ? 0 : 4) +
    (context === undefined ? 0 : 8) +
    (question === undefined ? 0 : 16);
  const before = last[optional];
  if (before?.names === names) return before.layout;
  const key = `${optional}\n${names.join('\n')}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    if (layouts.size >= MAX_LAYOUTS) layouts.clear();
    layout = jsonOf(configOf(trace, names));
    layouts.set(key, layout);
  }
  last[optional] = { names, layout };
  return layout;
}

/** The layout of a row without inputs and without optional columns. */
export const BARE_LAYOUT: string = jsonOf(bareConfig([]));

function configOf(trace: RecordedTrace, inputVariableNames: readonly string[]): WireConfig {
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
