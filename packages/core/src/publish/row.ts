/** A settled trace as the flat record that the platform keeps, in one pass from texts to text. */

import { quote, rounded } from '../trace/json-text.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { FIELDS } from '../trace/step-fields.js';
import type { WireConfig } from '../wire.js';

/** One row, ready to be sent with others of the same layout. */
export interface Row {
  readonly inferenceId: string;
  /** JSON text of the `config` that names its columns. Rows of one call share one. */
  readonly layout: string;
  /** JSON text of the row. */
  readonly text: string;
}

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

/** The row of a trace that has ended. */
export function rowOf(trace: RecordedTrace): Row {
  const { root } = trace;
  const columns = inputColumns(trace);
  const inputs = trace.columns === undefined ? (root.inputs ?? 'null') : objectText(trace.columns);
  const metadata = metadataText(root as RecordedStep, trace.unrecordedSteps);
  const usage = trace.usage;
  let text = `{"inferenceTimestamp":${trace.startedAt / 1000},"inferenceId":${quote(trace.inferenceId)},"output":${
    root.output ?? 'null'
  },"latency":${latencyText(root as RecordedStep)},"cost":${usage.cost ?? 'null'},"tokens":${usage.tokens ?? 'null'}`;
  if (root.groundTruth !== undefined) text += `,"groundTruth":${root.groundTruth}`;
  if (trace.userId !== undefined) text += `,"user_id":${quote(trace.userId)}`;
  if (trace.sessionId !== undefined) text += `,"session_id":${quote(trace.sessionId)}`;
  if (trace.context !== undefined) text += `,"context":${trace.context}`;
  if (trace.question !== undefined) text += `,"_question":${trace.question}`;
  for (const [name, value] of columns) text += `,${quote(name)}:${value}`;
  if (root.metadata !== undefined) {
    for (const [key, value] of root.metadata) {
      if (isScalar(value) && !RESERVED.has(key) && !columns.has(key))
        text += `,${quote(key)}:${value}`;
    }
  }
  text += `,"metadata":${metadata},"steps":[${stepText(root as RecordedStep, inputs, metadata)}]}`;
  return { inferenceId: trace.inferenceId, layout: layoutOf(trace, columns), text };
}

/** An input that would shadow a column of ours gets another name. */
function inputColumns(trace: RecordedTrace): ReadonlyMap<string, string> {
  const given = trace.columns;
  if (given === undefined) return NO_COLUMNS;
  for (const name of given.keys()) if (RESERVED.has(name)) return renamed(given);
  return given;
}

const NO_COLUMNS: ReadonlyMap<string, string> = new Map();

function renamed(given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const columns = new Map<string, string>();
  for (const [name, value] of given) {
    let free = RESERVED.has(name) ? `input_${name}` : name;
    while (columns.has(free) || (free !== name && given.has(free))) free = `${free}_`;
    columns.set(free, value);
  }
  return columns;
}

/** Layouts are few: the same text each time spares comparing them by content. */
const layouts = new Map<string, string>();

function layoutOf(trace: RecordedTrace, columns: ReadonlyMap<string, string>): string {
  const { root } = trace;
  const has = [root.groundTruth, trace.userId, trace.sessionId, trace.context, trace.question];
  let key = '';
  for (const value of has) key += value === undefined ? '-' : '+';
  for (const name of columns.keys()) key += `\n${name}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    if (layouts.size >= 1000) layouts.clear();
    layout = JSON.stringify(configOf(trace, [...columns.keys()]));
    layouts.set(key, layout);
  }
  return layout;
}

function configOf(trace: RecordedTrace, inputVariableNames: readonly string[]): WireConfig {
  return {
    outputColumnName: 'output',
    inputVariableNames,
    latencyColumnName: 'latency',
    costColumnName: 'cost',
    timestampColumnName: 'inferenceTimestamp',
    inferenceIdColumnName: 'inferenceId',
    numOfTokenColumnName: 'tokens',
    ...(trace.root.groundTruth !== undefined && { groundTruthColumnName: 'groundTruth' }),
    ...(trace.userId !== undefined && { userIdColumnName: 'user_id' }),
    ...(trace.sessionId !== undefined && { sessionIdColumnName: 'session_id' }),
    ...(trace.context !== undefined && { contextColumnName: 'context' }),
    ...(trace.question !== undefined && { questionColumnName: '_question' }),
  };
}

function stepText(step: RecordedStep, inputs: string, metadata: string): string {
  const { trace } = step;
  // The root is always ended here, and nothing in its tree counts past its end but work that was waited for.
  const endMs = step.endMs < 0 ? trace.elapsedMs() : step.endMs;
  let text = `{"name":${quote(step.name)},"id":"${step.id}","type":"${step.type}","inputs":${inputs},"output":${
    step.output ?? 'null'
  },"groundTruth":${step.groundTruth ?? 'null'},"metadata":${metadata},"steps":[`;
  if (step.children !== undefined) {
    let separator = '';
    for (const child of step.children) {
      text += separator + stepText(child, child.inputs ?? 'null', metadataText(child, 0));
      separator = ',';
    }
  }
  const latency = step.latencyMs < 0 ? rounded(endMs - step.startMs) : rounded(step.latencyMs);
  text += `],"latency":${latency},"startTime":${Math.floor(trace.startedAt + step.startMs)},"endTime":${Math.floor(
    trace.startedAt + endMs,
  )}`;
  for (const field of FIELDS[step.type]) {
    const value = step.fields?.get(field.name);
    if (value !== undefined) text += `,"${field.name}":${value}`;
    else if (field.always) text += `,"${field.name}":null`;
  }
  return `${text}}`;
}

function latencyText(root: RecordedStep): string {
  return rounded(Math.max(0, root.endMs - root.startMs));
}

/** The step's metadata, with what went wrong under the names that the platform reads errors from. */
function metadataText(step: RecordedStep, unrecordedSteps: number): string {
  const { metadata, error } = step;
  let text = metadata === undefined ? '' : membersText(metadata);
  const add = (key: string, value: string) => {
    if (metadata?.has(key)) return;
    text += `${text === '' ? '' : ','}"${key}":${value}`;
  };
  if (error !== undefined) {
    const message = quote(error.message);
    add('error', message);
    add('errorType', quote(error.name));
    add('Exceptions', message);
  }
  if (step.endMs < 0) add('unfinished', 'true');
  if (unrecordedSteps > 0) add('unrecordedSteps', String(unrecordedSteps));
  return `{${text}}`;
}

function objectText(members: ReadonlyMap<string, string>): string {
  return `{${membersText(members)}}`;
}

function membersText(members: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [key, value] of members) {
    text += text === '' ? `${quote(key)}:${value}` : `,${quote(key)}:${value}`;
  }
  return text;
}

/** Texts, numbers and booleans: neither a list, an object nor null. */
function isScalar(text: string): boolean {
  const first = text.charCodeAt(0);
  return first !== 123 && first !== 91 && first !== 110;
}
