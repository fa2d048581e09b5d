/** A settled trace as the flat record that the platform keeps, in one pass from texts to text. */

import { inThousandths, quote, rounded } from '../trace/json-text.js';
import type { Members } from '../trace/members.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { FIELDS } from '../trace/step-fields.js';
import { sumOf } from '../trace/usage.js';
import { inputColumns, isReserved, layoutOf } from './layout.js';

/** One row, ready to be sent with others of the same layout. */
export interface Row {
  readonly inferenceId: string;
  /** JSON text of the `config` that names its columns. Rows of one call share one. */
  readonly layout: string;
  /** JSON text of the row. */
  readonly text: string;
}

/** The row of a trace that has ended. */
export function rowOf(trace: RecordedTrace): Row {
  const root = trace.root as RecordedStep;
  const columns = inputColumns(trace.columns);
  const columnsText = columns.toText();
  const inputs = trace.columns === columns ? `{${columnsText}}` : rootInputs(trace);
  const metadata = metadataText(root, trace.unrecordedSteps);
  const output = root.output ?? 'null';
  let text = `{"inferenceTimestamp":${inThousandths(trace.startedAt)},"inferenceId":${quote(
    trace.inferenceId,
  )},"output":${output},"latency":${rounded(root.endMs)},"cost":${sumOf(root, 'cost') ?? 'null'},"tokens":${
    sumOf(root, 'tokens') ?? 'null'
  }`;
  if (root.groundTruth !== undefined) text += `,"groundTruth":${root.groundTruth}`;
  if (trace.userId !== undefined) text += `,"user_id":${quote(trace.userId)}`;
  if (trace.sessionId !== undefined) text += `,"session_id":${quote(trace.sessionId)}`;
  if (trace.context !== undefined) text += `,"context":${trace.context}`;
  if (trace.question !== undefined) text += `,"_question":${trace.question}`;
  if (columnsText !== '') text += `,${columnsText}`;
  if (root.metadata !== undefined) text += scalarColumns(root.metadata, columns);
  text += `,"metadata":${metadata},"steps":[${stepText(root, inputs, metadata)}]}`;
  return { inferenceId: trace.inferenceId, layout: layoutOf(trace, columns.keys), text };
}

function rootInputs(trace: RecordedTrace): string {
  if (trace.columns !== undefined) return `{${trace.columns.toText()}}`;
  const inputs = trace.root.inputs ?? 'null';
  // The platform takes an object or nothing as the inputs of a root step.
  return inputs === 'null' || inputs.startsWith('{') ? inputs : `{"input":${inputs}}`;
}

/** Metadata that the platform can filter by, as columns of their own, where their names are free. */
function scalarColumns(metadata: Members, columns: Members): string {
  let text = '';
  for (let i = 0; i < metadata.keys.length; i++) {
    const key = metadata.keys[i] as string;
    const value = metadata.texts[i] as string;
    if (isScalar(value) && !isReserved(key) && !columns.has(key)) text += `,${quote(key)}:${value}`;
  }
  return text;
}

/** Texts, numbers and booleans: neither a list, an object nor null. */
function isScalar(text: string): boolean {
  const first = text.charCodeAt(0);
  return first !== 123 && first !== 91 && first !== 110;
}

function stepText(step: RecordedStep, inputs: string, metadata: string): string {
  const { trace, children } = step;
  // What still runs when its trace is published is closed there.
  const endMs = step.endMs < 0 ? Math.max(trace.elapsedMs(), step.startMs) : step.endMs;
  let text = `{"name":${quote(step.name)},"id":"${step.id}","type":"${step.type}","inputs":${inputs},"output":${
    step.output ?? 'null'
  },"groundTruth":${step.groundTruth ?? 'null'},"metadata":${metadata},"steps":[`;
  if (children !== undefined) {
    for (let i = 0; i < children.length; i++) {
      const child = children[i] as RecordedStep;
      if (i > 0) text += ',';
      text += stepText(child, child.inputs ?? 'null', metadataText(child, 0));
    }
  }
  const latency = rounded(step.latencyMs < 0 ? endMs - step.startMs : step.latencyMs);
  text += `],"latency":${latency},"startTime":${Math.floor(trace.startedAt + step.startMs)},"endTime":${Math.floor(
    trace.startedAt + endMs,
  )}`;
  const fields = FIELDS[step.type];
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as (typeof fields)[number];
    const value = step.fields?.[i];
    if (value !== undefined) text += field.prefix + value;
    else if (field.always) text += field.absent;
  }
  return `${text}}`;
}

/** The step's metadata, with what went wrong under the names that the platform reads errors from. */
function metadataText(step: RecordedStep, unrecordedSteps: number): string {
  const { metadata, error } = step;
  let text = metadata === undefined ? '' : metadata.toText();
  if (error !== undefined) {
    const message = quote(error.message);
    text += member(step, 'error', message, text);
    text += member(step, 'errorType', quote(error.name), text);
    text += member(step, 'Exceptions', message, text);
  }
  if (step.endMs < 0) text += member(step, 'unfinished', 'true', text);
  if (unrecordedSteps > 0) text += member(step, 'unrecordedSteps', String(unrecordedSteps), text);
  return `{${text}}`;
}

/** What the app says itself under a key wins. */
function member(step: RecordedStep, key: string, value: string, before: string): string {
  if (step.metadata?.has(key)) return '';
  return `${before === '' ? '' : ','}"${key}":${value}`;
}
