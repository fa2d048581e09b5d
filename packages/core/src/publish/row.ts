/** A settled trace as the flat record that the platform keeps, in one pass from texts to bytes. */

import { quote } from '../trace/json-text.js';
import type { Members } from '../trace/members.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { FIELDS, type Field } from '../trace/step-fields.js';
import { sumOf } from '../trace/usage.js';
import type { JsonBytes } from './json-bytes.js';
import { inputColumns, isReserved, layoutOf } from './layout.js';
import type { SpoolEntry } from './spool/segment.js';

/** One row, ready to be sent with others of the same layout. */
export interface Row {
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

/** Writes the row of a trace that has ended. */
export function writeRow(trace: RecordedTrace, out: JsonBytes): Row {
  const { inferenceId } = trace;
  const root = trace.root as RecordedStep;
  const columns = inputColumns(trace.columns);
  out.begin();
  out.ascii('{"inferenceTimestamp":');
  out.thousandths(trace.startedAt);
  out.ascii(',"inferenceId":');
  out.quoted(inferenceId);
  out.ascii(',"output":');
  out.json(root.output ?? 'null');
  out.ascii(',"latency":');
  out.rounded(root.endMs);
  out.ascii(',"cost":');
  out.json(numberText(sumOf(root, 'cost')));
  out.ascii(',"tokens":');
  out.json(numberText(sumOf(root, 'tokens')));
  if (root.groundTruth !== undefined) writeColumn(out, ',"groundTruth":', root.groundTruth);
  if (trace.userId !== undefined) writeIdentity(out, ',"user_id":', trace.userId);
  if (trace.sessionId !== undefined) writeIdentity(out, ',"session_id":', trace.sessionId);
  if (trace.context !== undefined) writeColumn(out, ',"context":', trace.context);
  if (trace.question !== undefined) writeColumn(out, ',"_question":', trace.question);
  if (columns.size > 0) out.ascii(',');
  const columnsAt = out.length;
  writeMembers(out, columns);
  const columnsEnd = out.length;
  if (root.metadata !== undefined) writeScalarColumns(out, root.metadata, columns);
  out.ascii(',"metadata":');
  const metadataAt = out.length;
  writeMetadata(out, root, trace.unrecordedSteps);
  const metadataEnd = out.length;
  out.ascii(',"steps":[');
  writeHead(out, root);
  if (columns.size > 0 && trace.columns === columns) {
    out.ascii('{');
    out.again(columnsAt, columnsEnd);
    out.ascii('}');
  } else {
    writeRootInputs(out, trace);
  }
  writeResults(out, root);
  out.again(metadataAt, metadataEnd);
  writeRest(out, root);
  out.ascii(']}');
  return { inferenceId, layout: layoutOf(trace, columns.keys), bytes: out.end() };
}

function numberText(value: number | undefined): string {
  return value === undefined ? 'null' : String(value);
}

function writeColumn(out: JsonBytes, prefix: string, text: string): void {
  out.ascii(prefix);
  out.json(text);
}

function writeIdentity(out: JsonBytes, prefix: string, id: string): void {
  out.ascii(prefix);
  out.quoted(id);
}

function writeMembers(out: JsonBytes, members: Members): void {
  const { keys, texts } = members;
  for (let i = 0; i < keys.length; i++) {
    if (i > 0) out.ascii(',');
    writeMember(out, keys[i] as string, texts[i] as string);
  }
}

function writeMember(out: JsonBytes, key: string, text: string): void {
  out.quoted(key);
  out.ascii(':');
  out.json(text);
}

/** The platform takes an object or nothing as the inputs of a root step. */
function writeRootInputs(out: JsonBytes, trace: RecordedTrace): void {
  const inputs = trace.root.inputs ?? 'null';
  if (trace.columns !== undefined) {
    out.ascii('{');
    writeMembers(out, trace.columns);
    out.ascii('}');
  } else if (inputs === 'null' || inputs.startsWith('{')) {
    out.json(inputs);
  } else {
    writeColumn(out, '{"input":', inputs);
    out.ascii('}');
  }
}

/** Metadata that the platform can filter by, as columns of their own, where their names are free. */
function writeScalarColumns(out: JsonBytes, metadata: Members, columns: Members): void {
  for (let i = 0; i < metadata.keys.length; i++) {
    const key = metadata.keys[i] as string;
    const text = metadata.texts[i] as string;
    if (!isScalar(text) || isReserved(key) || columns.has(key)) continue;
    out.ascii(',');
    writeMember(out, key, text);
  }
}

/** Texts, numbers and booleans: neither a list, an object nor null. */
function isScalar(text: string): boolean {
  const first = text.charCodeAt(0);
  return first !== 123 && first !== 91 && first !== 110;
}

function writeStep(out: JsonBytes, step: RecordedStep): void {
  writeHead(out, step);
  out.json(step.inputs ?? 'null');
  writeResults(out, step);
  writeMetadata(out, step, 0);
  writeRest(out, step);
}

/** What stands before a step's inputs. */
function writeHead(out: JsonBytes, step: RecordedStep): void {
  out.ascii('{"name":');
  out.quoted(step.name);
  out.ascii(',"id":"');
  out.ascii(step.id);
  out.ascii('","type":"');
  out.ascii(step.type);
  out.ascii('","inputs":');
}

/** What stands between a step's inputs and its metadata. */
function writeResults(out: JsonBytes, step: RecordedStep): void {
  out.ascii(',"output":');
  out.json(step.output ?? 'null');
  out.ascii(',"groundTruth":');
  out.json(step.groundTruth ?? 'null');
  out.ascii(',"metadata":');
}

/** What stands behind a step's metadata: its children, its times, and the fields of its type. */
function writeRest(out: JsonBytes, step: RecordedStep): void {
  const { trace, children } = step;
  out.ascii(',"steps":[');
  if (children !== undefined) {
    for (let i = 0; i < children.length; i++) {
      if (i > 0) out.ascii(',');
      writeStep(out, children[i] as RecordedStep);
    }
  }
  // What still runs when its trace is published is closed there.
  const endMs = step.isRunning ? Math.max(trace.elapsedMs(), step.startMs) : step.endMs;
  out.ascii('],"latency":');
  out.rounded(step.latencyMs < 0 ? endMs - step.startMs : step.latencyMs);
  out.ascii(',"startTime":');
  out.whole(Math.floor(trace.startedAt + step.startMs));
  out.ascii(',"endTime":');
  out.whole(Math.floor(trace.startedAt + endMs));
  const fields = FIELDS[step.type];
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    const value = step.fields?.[i];
    if (value !== undefined) writeColumn(out, field.prefix, value);
    else if (field.always) out.ascii(field.absent);
  }
  out.ascii('}');
}

/** The step's metadata, with what went wrong under the names that the platform reads errors from. */
function writeMetadata(out: JsonBytes, step: RecordedStep, unrecordedSteps: number): void {
  const { metadata, error } = step;
  out.ascii('{');
  const first = out.length;
  if (metadata !== undefined) writeMembers(out, metadata);
  if (error !== undefined) {
    addOwn(out, step, 'error', error.message, first);
    addOwn(out, step, 'errorType', error.name, first);
    addOwn(out, step, 'Exceptions', error.message, first);
  }
  if (step.isRunning) addOwn(out, step, 'unfinished', true, first);
  if (unrecordedSteps > 0) addOwn(out, step, 'unrecordedSteps', unrecordedSteps, first);
  out.ascii('}');
}

/** What the app says itself under a key wins. */
function addOwn(
  out: JsonBytes,
  step: RecordedStep,
  key: string,
  value: string | number | true,
  first: number,
): void {
  if (step.metadata?.has(key)) return;
  if (out.length > first) out.ascii(',');
  writeMember(out, key, typeof value === 'string' ? quote(value) : String(value));
}
