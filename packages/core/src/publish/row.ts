/** A settled trace as the flat record that the platform keeps, put together from the texts that it holds. */

import { inThousandths, quote, quoteName, rounded, whole } from '../trace/json-text.js';
import type { Members } from '../trace/members.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { FIELDS, type Field } from '../trace/step-fields.js';
import { UsageSum } from '../trace/usage.js';
import { inputColumns, isReserved, layoutOf } from './layout.js';
import type { InSlab, Slabs } from './slabs.js';
import type { SpoolEntry } from './spool/segment.js';

/** One row, ready to be sent with others of the same layout. */
export interface Row extends InSlab {
  readonly inferenceId: string;
  /** JSON text of the `config` that names its columns. Rows of one call share one. */
  readonly layout: string;
  /** UTF-8 JSON. */
  readonly bytes: Uint8Array;
}

/** A row as it waits to be sent. */
export interface QueuedRow extends Row {
  /** Where it stands on disk. */
  readonly entry?: SpoolEntry | undefined;
  /** Whether it has arrived, where a send that failed leaves that open. */
  arrival?: 'unknown' | 'arrived' | undefined;
}

/** The row of a trace that has ended. */
export function rowOf(trace: RecordedTrace, slabs: Slabs): Row {
  const { inferenceId } = trace;
  const columns = inputColumns(trace.columns);
  const { bytes, slab } = slabs.write(rowText(trace, columns));
  return { inferenceId, layout: layoutOf(trace, columns.keys), bytes, slab };
}

function rowText(trace: RecordedTrace, columns: Members): string {
  const root = trace.root as RecordedStep;
  const { metadata } = root;
  const columnsText = columns.toText();
  const metadataText = metadataOf(root, trace.unrecordedSteps);
  const usage = new UsageSum();
  const isInputs = columnsText !== '' && trace.columns === columns;
  const inputs = isInputs ? `{${columnsText}}` : rootInputs(trace);
  const rootText = stepText(root, inputs, metadataText, usage);
  let text = '{"inferenceTimestamp":';
  text += inThousandths(trace.startedAt);
  text += ',"inferenceId":';
  text += quote(trace.inferenceId);
  text += ',"output":';
  text += root.output ?? 'null';
  text += ',"latency":';
  text += rounded(root.endMs);
  text += ',"cost":';
  text += usage.cost ?? 'null';
  text += ',"tokens":';
  text += usage.tokens ?? 'null';
  if (root.groundTruth !== undefined) text += `,"groundTruth":${root.groundTruth}`;
  if (trace.userId !== undefined) text += `,"user_id":${quote(trace.userId)}`;
  if (trace.sessionId !== undefined) text += `,"session_id":${quote(trace.sessionId)}`;
  if (trace.context !== undefined) text += `,"context":${trace.context}`;
  if (trace.question !== undefined) text += `,"_question":${trace.question}`;
  if (columnsText !== '') text += `,${columnsText}`;
  if (metadata !== undefined) text += scalarColumns(metadata, columns);
  text += ',"metadata":';
  text += metadataText;
  text += ',"steps":[';
  text += rootText;
  text += ']}';
  return text;
}

/** The platform takes an object or nothing as the inputs of a root step. */
function rootInputs({ columns, root }: RecordedTrace): string {
  if (columns !== undefined) return `{${columns.toText()}}`;
  const inputs = root.inputs ?? 'null';
  return inputs === 'null' || inputs.startsWith('{') ? inputs : `{"input":${inputs}}`;
}

/** Metadata that the platform can filter by, as columns of their own, where their names are free. */
function scalarColumns(metadata: Members, columns: Members): string {
  let text = '';
  for (let i = 0; i < metadata.keys.length; i++) {
    const key = metadata.keys[i] as string;
    const value = metadata.texts[i] as string;
    if (!isScalar(value) || isReserved(key) || columns.has(key)) continue;
    text += `,${quoteName(key)}:${value}`;
  }
  return text;
}

/** Texts, numbers and booleans: neither a list, an object nor null. */
function isScalar(text: string): boolean {
  const first = text.charCodeAt(0);
  return first !== 123 && first !== 91 && first !== 110;
}

/** The texts are added one by one: a template would ask of each whether it is one. */
function stepText(step: RecordedStep, inputs: string, metadata: string, usage: UsageSum): string {
  let text = '{"name":';
  text += step.trace.recorder.redactor.quotedLabel(step.name);
  text += ',"id":"';
  text += step.id;
  text += '","type":"';
  text += step.type;
  text += '","inputs":';
  text += inputs;
  text += ',"output":';
  text += step.output ?? 'null';
  text += ',"groundTruth":';
  text += step.groundTruth ?? 'null';
  text += ',"metadata":';
  text += metadata;
  text += ',"steps":[';
  text += childrenText(step, usage);
  text += '],"latency":';
  text += timesText(step);
  if (step.fields !== undefined) usage.add(step);
  const fields = FIELDS[step.type];
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    const value = step.fields?.[i];
    if (value !== undefined) {
      text += field.prefix;
      text += value;
    } else if (field.always) {
      text += field.absent;
    }
  }
  text += '}';
  return text;
}

function childrenText({ children }: RecordedStep, usage: UsageSum): string {
  let text = '';
  if (children === undefined) return text;
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as RecordedStep;
    if (i > 0) text += ',';
    text += stepText(child, child.inputs ?? 'null', metadataOf(child, 0), usage);
  }
  return text;
}

/** What stands behind `"latency":` in a step. */
function timesText(step: RecordedStep): string {
  const { trace, startMs, latencyMs } = step;
  // What still runs when its trace is published is closed there.
  const endMs = step.isRunning ? Math.max(trace.elapsedMs(), startMs) : step.endMs;
  let text = rounded(latencyMs < 0 ? endMs - startMs : latencyMs);
  text += ',"startTime":';
  text += whole(Math.floor(trace.startedAt + startMs));
  text += ',"endTime":';
  text += whole(Math.floor(trace.startedAt + endMs));
  return text;
}

/** The step's metadata, with what went wrong under the names that the platform reads errors from. */
function metadataOf(step: RecordedStep, unrecordedSteps: number): string {
  const { metadata, error } = step;
  let text = metadata === undefined ? '' : metadata.toText();
  if (error === undefined && !step.isRunning && unrecordedSteps === 0) return `{${text}}`;
  const add = (key: string, value: string) => {
    // What the app says itself under a key wins.
    if (metadata?.has(key) !== true) text += `${text === '' ? '' : ','}"${key}":${value}`;
  };
  if (error !== undefined) {
    add('error', quote(error.message));
    add('errorType', quote(step.trace.recorder.redactor.label(error.name)));
    add('Exceptions', quote(error.message));
  }
  if (step.isRunning) add('unfinished', 'true');
  if (unrecordedSteps > 0) add('unrecordedSteps', String(unrecordedSteps));
  return `{${text}}`;
}
