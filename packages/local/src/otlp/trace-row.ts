import type { WireConfig, WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { childSteps } from '../reading/steps.js';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { nodeOfStep, type TraceFacts, type TraceNode } from './trace-node.js';
import { rankOf, STAND_IN_ID, treeOf } from './trace-tree.js';

/** Steps and bytes of one row; further spans are counted, but for one that stands for the whole trace. */
const MAX_STEPS = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** A row of a trace as it is stored. */
export interface TraceRow {
  readonly inferenceId: string;
  readonly row: WireRow;
  readonly config: WireConfig;
}

/** The row that a trace has so far. */
export interface EarlierRow extends TraceRow {
  /** Bytes of the row's JSON text. */
  readonly bytes: number;
  /** The columns that updates have set; undefined if that is not known. */
  readonly updatedColumns?: readonly string[] | undefined;
}

/**
 * The row of a trace.
 * @param nodes the spans that have come since the earlier row was written, by span id; at least one
 */
export function traceRowOf(
  traceId: string,
  nodes: ReadonlyMap<string, TraceNode>,
  earlier?: EarlierRow,
): TraceRow {
  const { all, unrecorded } = merged(traceId, nodes, earlier);
  const { root, main, tokens, cost } = treeOf(all);
  const facts = factsOf(main, nodes, earlier);
  const inferenceId = facts.inferenceId ?? traceId;
  const inputs = inputsOf(root);
  const added = addedColumns(earlier);
  const columns = inputColumns(inputs ?? {}, added, earlier);
  const metadata: WireStep['metadata'] = {
    ...root.metadata,
    ...(facts.tags && { tags: facts.tags }),
    trace_id: traceId,
    ...(unrecorded > 0 && { unrecordedSteps: unrecorded }),
  };
  const row: WireRow = {
    ...scalarColumns(metadata, columns),
    ...columns,
    inferenceTimestamp: root.startTime / 1000,
    output: root.output,
    latency: root.latency,
    cost,
    tokens,
    ...(facts.userId !== undefined && { user_id: facts.userId }),
    ...(facts.sessionId !== undefined && { session_id: facts.sessionId }),
    trace_id: traceId,
    ...(root.metadata.error !== undefined && { status: 'error' }),
    metadata,
    steps: [{ ...root, inputs: (inputs ?? null) as WireStep['inputs'], metadata }],
    ...added,
    inferenceId,
  };
  const config: WireConfig = {
    outputColumnName: 'output',
    inputVariableNames: Object.keys(columns),
    latencyColumnName: 'latency',
    costColumnName: 'cost',
    timestampColumnName: 'inferenceTimestamp',
    inferenceIdColumnName: 'inferenceId',
    numOfTokenColumnName: 'tokens',
    ...(facts.userId !== undefined && { userIdColumnName: 'user_id' }),
    ...(facts.sessionId !== undefined && { sessionIdColumnName: 'session_id' }),
  };
  return { inferenceId, row, config };
}

/** The spans of the earlier row and the new ones, of which the later wins. */
function merged(
  traceId: string,
  nodes: ReadonlyMap<string, TraceNode>,
  earlier: EarlierRow | undefined,
) {
  const all = new Map<string, TraceNode>();
  let unrecorded = 0;
  let bytes = earlier?.bytes ?? 0;
  let best = Number.POSITIVE_INFINITY;
  if (earlier) {
    for (const node of stepsOf(earlier.row, traceId)) {
      all.set(node.spanId, node);
      best = Math.min(best, rankOf(node));
    }
    const before = rootMetadataOf(earlier.row).unrecordedSteps;
    if (typeof before === 'number') unrecorded = before;
    // An update has replaced the steps: no further span is added to them.
    if (earlier.updatedColumns?.includes('steps')) unrecorded += nodes.size;
  }
  for (const node of nodes.values()) {
    const isFull = all.size >= MAX_STEPS || bytes + node.bytes > MAX_BYTES;
    const rank = rankOf(node);
    // The root ends last, so that it mostly comes last.
    if (isFull && rank >= best && !all.has(node.spanId)) unrecorded += 1;
    else {
      best = Math.min(best, rank);
      all.set(node.spanId, node);
      bytes += node.bytes;
    }
  }
  return { all, unrecorded };
}

/** The spans that the steps of a row stand for. */
function* stepsOf(row: WireRow, traceId: string): Generator<TraceNode> {
  // An update of the row may have set the column to anything.
  const root: unknown = Array.isArray(row.steps) ? row.steps[0] : undefined;
  const stack = isJsonObject(root) ? [root] : [];
  for (let step = stack.pop(); step; step = stack.pop()) {
    for (const child of childSteps(step)) stack.push(child);
    if (step.id === STAND_IN_ID) continue;
    yield nodeOfStep(step === root ? withoutRootFacts(step) : step, traceId);
  }
}

/** The step without the members that `traceRowOf` adds to the metadata of a root. */
function withoutRootFacts(step: JsonObject): JsonObject {
  if (!isJsonObject(step.metadata)) return step;
  const { trace_id: _, tags: __, unrecordedSteps: ___, ...metadata } = step.metadata;
  return { ...step, metadata };
}

/** What the main span states comes first, then what the row has already, then what any span states. */
function factsOf(
  main: TraceNode,
  nodes: ReadonlyMap<string, TraceNode>,
  earlier: EarlierRow | undefined,
): TraceFacts {
  const others = [...nodes.values()].map(({ facts }) => facts);
  const any = <K extends keyof TraceFacts>(name: K) =>
    others.find((facts) => facts?.[name] !== undefined)?.[name];
  const before = earlier?.row;
  const tags = before && rootMetadataOf(before).tags;
  return {
    inferenceId: main.facts?.inferenceId ?? earlier?.inferenceId,
    userId: main.facts?.userId ?? before?.user_id ?? any('userId'),
    sessionId: main.facts?.sessionId ?? before?.session_id ?? any('sessionId'),
    tags: main.facts?.tags ?? (Array.isArray(tags) ? tags.map(String) : any('tags')),
  };
}

/** The metadata of the root step, else of the row: updates may have set either to anything. */
function rootMetadataOf(row: WireRow): JsonObject {
  const root: unknown = Array.isArray(row.steps) ? row.steps[0] : undefined;
  if (isJsonObject(root) && isJsonObject(root.metadata)) return root.metadata;
  return isJsonObject(row.metadata) ? row.metadata : {};
}

/** The inputs of the root, for which the platform accepts an object or null. */
function inputsOf({ inputs }: WireStep): JsonObject | undefined {
  if (inputs === null) return undefined;
  return isJsonObject(inputs) ? inputs : { input: inputs };
}

/** Columns that `traceRowOf` writes: those that core reserves, and `status`. Names from spans never replace them. */
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
  'status',
  'context',
  '_question',
]);

/** The inputs as columns. If a name is reserved, or an update has added a column of that name, it gets the prefix `input_`. */
function inputColumns(
  inputs: JsonObject,
  added: JsonObject,
  earlier: EarlierRow | undefined,
): Record<string, WireStep['inputs']> {
  const before = new Set(namesIn(earlier?.config.inputVariableNames));
  const isTaken = (name: string) =>
    RESERVED.has(name) || (Object.hasOwn(added, name) && !before.has(name));
  const entries = Object.entries(inputs).map(([name, value]) => {
    let column = isTaken(name) ? `input_${name}` : name;
    while (column !== name && Object.hasOwn(inputs, column)) column = `${column}_`;
    return [column, value] as const;
  });
  return Object.fromEntries(entries) as Record<string, WireStep['inputs']>;
}

/** Columns for scalar metadata, by which rows can be filtered, unless the name is taken. */
function scalarColumns(
  metadata: JsonObject,
  columns: JsonObject,
): Record<string, WireStep['inputs']> {
  const entries = Object.entries(metadata).filter(
    ([name, value]) =>
      !(typeof value === 'object' || RESERVED.has(name) || Object.hasOwn(columns, name)),
  );
  return Object.fromEntries(entries) as Record<string, WireStep['inputs']>;
}

/** The names in a column list that an update may have replaced by anything. */
function namesIn(names: unknown): readonly unknown[] {
  return Array.isArray(names) ? names : [];
}

/** The columns of the earlier row that updates have set, such as feedback. Later spans do not change them. */
function addedColumns(earlier: EarlierRow | undefined): Record<string, WireStep['inputs']> {
  if (!earlier) return {};
  const { row, updatedColumns } = earlier;
  const isUpdated = updatedColumns ? isIn(updatedColumns) : isOtherColumn(earlier);
  const entries = Object.entries(row).filter(([name, value]) => isUpdated(name, value));
  return Object.fromEntries(entries) as Record<string, WireStep['inputs']>;
}

function isIn(names: readonly string[]): (name: string) => boolean {
  const all = new Set(names);
  return (name) => all.has(name);
}

/** Reserved columns that `traceRowOf` never writes. */
const ONLY_UPDATED: ReadonlySet<string> = new Set(['groundTruth', 'context', '_question']);

/** Whether a column is neither an input nor from the metadata. Of those, some are from updates. */
function isOtherColumn({ row, config }: EarlierRow): (name: string, value: unknown) => boolean {
  const inputs = new Set(namesIn(config.inputVariableNames));
  const metadata = row.metadata ?? {};
  return (name, value) =>
    (!RESERVED.has(name) || ONLY_UPDATED.has(name)) &&
    !inputs.has(name) &&
    metadata[name] !== value;
}
