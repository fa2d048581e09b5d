/** Writes an ended trace as a row, by concatenating its JSON texts. */

import type { EndedStep, EndedTrace } from '../../trace/model/ended-trace.js';
import { FIELDS, type Field } from '../../trace/model/step-fields.js';
import { UsageSum } from '../../trace/usage/usage.js';
import type { JsonMembers } from '../../values/json/json-members.js';
import { quote, quoteName } from '../../values/json/json-text.js';
import { integerText, roundedText, thousandthsText } from '../../values/json/number-text.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import type { StepType } from '../../wire.js';
import { isReserved, layoutOf, withoutReservedNames } from './layout.js';
import { QueuedRow } from './queued-row.js';

/** The row of an ended trace. @param redactor masks names */
export function rowOf(trace: EndedTrace, redactor: Redactor): QueuedRow {
  const { inferenceId } = trace;
  const columns = withoutReservedNames(trace.columns.inputs);
  const text = rowText(trace, columns, redactor);
  return new QueuedRow(inferenceId, layoutOf(trace, columns.keys), text);
}

function rowText(trace: EndedTrace, columns: JsonMembers, redactor: Redactor): string {
  const { root, columns: ownColumns } = trace;
  const { userId, sessionId, context: passages, question } = ownColumns;
  const { metadata } = root;
  const columnsText = columns.toText();
  const metadataText = metadataOf(root, trace.unrecordedSteps, redactor);
  const usage = new UsageSum();
  const context = { trace, redactor, usage };
  const isInputs = columnsText !== '' && ownColumns.inputs === columns;
  const inputs = isInputs ? `{${columnsText}}` : rootInputs(trace);
  const rootText = stepText(root, inputs, metadataText, context);
  let text = '{"inferenceTimestamp":';
  text += thousandthsText(trace.startedAt);
  text += ',"inferenceId":';
  text += quote(trace.inferenceId);
  text += ',"output":';
  text += root.output ?? 'null';
  text += ',"latency":';
  text += roundedText(root.endMs);
  text += usage.cost === undefined ? ',"cost":null,"tokens":' : `,"cost":${usage.cost},"tokens":`;
  text += usage.tokens ?? 'null';
  if (root.groundTruth !== undefined) text += `,"groundTruth":${root.groundTruth}`;
  if (userId !== undefined) text += `,"user_id":${quote(userId)}`;
  if (sessionId !== undefined) text += `,"session_id":${quote(sessionId)}`;
  if (trace.sharedTraceId !== undefined) text += `,"trace_id":"${trace.sharedTraceId}"`;
  if (passages !== undefined) text += `,"context":${passages}`;
  if (question !== undefined) text += `,"_question":${question}`;
  if (columnsText !== '') {
    text += ',';
    text += columnsText;
  }
  if (metadata !== undefined) text += scalarColumns(metadata, columns);
  text += ',"metadata":';
  text += metadataText;
  text += ',"steps":[';
  text += rootText;
  text += ']}';
  return text;
}

/** The inputs of the root step, for which the platform accepts an object or null. */
function rootInputs({ columns, root }: EndedTrace): string {
  if (columns.inputs !== undefined) return `{${columns.inputs.toText()}}`;
  const inputs = root.inputs ?? 'null';
  return inputs === 'null' || inputs.startsWith('{') ? inputs : `{"input":${inputs}}`;
}

/** Columns for scalar metadata, so that the platform can filter by it, unless the name is taken. */
function scalarColumns(metadata: JsonMembers, columns: JsonMembers): string {
  let text = '';
  for (let i = 0; i < metadata.keys.length; i++) {
    const key = metadata.keys[i] as string;
    const value = metadata.texts[i] as string;
    if (!isScalar(value) || isReserved(key) || columns.has(key)) continue;
    text += `,${quoteName(key)}:${value}`;
  }
  return text;
}

/** Whether a JSON text is a string, number or boolean. */
function isScalar(text: string): boolean {
  const first = text.charCodeAt(0);
  return first !== 123 && first !== 91 && first !== 110;
}

/** What all steps of one row share. */
interface RowContext {
  readonly trace: EndedTrace;
  readonly redactor: Redactor;
  readonly usage: UsageSum;
}

/** `","type":"…","inputs":` for each type. */
const TYPE_PREFIXES = Object.fromEntries(
  Object.keys(FIELDS).map((type) => [type, `","type":"${type}","inputs":`]),
) as Readonly<Record<StepType, string>>;

/**
 * In few parts, each added by `+=`: V8 keeps the parts of a long text apart until it is encoded, and a template literal would
 * convert each to a string.
 */
function stepText(step: EndedStep, inputs: string, metadata: string, context: RowContext): string {
  let text = '{"name":';
  text += context.redactor.quotedLabel(step.name);
  text += ',"id":"';
  text += step.id;
  text += TYPE_PREFIXES[step.type];
  text += inputs;
  text += ',"output":';
  text += step.output ?? 'null';
  text +=
    step.groundTruth === undefined
      ? ',"groundTruth":null,"metadata":'
      : `,"groundTruth":${step.groundTruth},"metadata":`;
  text += metadata;
  if (step.children === undefined) {
    text += ',"steps":[],"latency":';
  } else {
    text += ',"steps":[';
    text += childrenText(step.children, context);
    text += '],"latency":';
  }
  text += timesText(step, context.trace);
  if (step.fields !== undefined) context.usage.add(step);
  const fields = FIELDS[step.type];
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Field;
    const value = step.fields?.[i];
    if (value !== undefined) {
      text += field.prefix;
      text += value;
    } else if (field.isRequired) {
      text += field.absent;
    }
  }
  text += '}';
  return text;
}

function childrenText(children: readonly EndedStep[], context: RowContext): string {
  let text = '';
  for (let i = 0; i < children.length; i++) {
    const child = children[i] as EndedStep;
    if (i > 0) text += ',';
    const metadata = metadataOf(child, 0, context.redactor);
    text += stepText(child, child.inputs ?? 'null', metadata, context);
  }
  return text;
}

/** The value of `latency`, and the times after it. */
function timesText(step: EndedStep, trace: EndedTrace): string {
  const { startMs, latencyMs } = step;
  // A step that has not ended lasts as long as its trace.
  const endMs = step.isRunning ? Math.max(trace.endMs, startMs) : step.endMs;
  let text = roundedText(latencyMs < 0 ? endMs - startMs : latencyMs);
  text += ',"startTime":';
  text += integerText(Math.floor(trace.startedAt + startMs));
  text += ',"endTime":';
  text += integerText(Math.floor(trace.startedAt + endMs));
  return text;
}

/** Whether the error came from a child step, which has the stack. */
function isOfChild(stack: string, { children }: EndedStep): boolean {
  return children?.some(({ error }) => error?.stack === stack) === true;
}

/** The step's metadata, with its error under the keys from which the platform reads errors. */
function metadataOf(step: EndedStep, unrecordedSteps: number, redactor: Redactor): string {
  const { metadata, error } = step;
  let text = metadata === undefined ? '' : metadata.toText();
  if (error === undefined && !step.isRunning && unrecordedSteps === 0) {
    return text === '' ? '{}' : `{${text}}`;
  }
  const add = (key: string, value: string) => {
    // A value that the app set under the key wins.
    if (metadata?.has(key) !== true) text += `${text === '' ? '' : ','}"${key}":${value}`;
  };
  if (error !== undefined) {
    add('error', quote(error.message));
    add('errorType', quote(redactor.label(error.name)));
    add('Exceptions', quote(error.message));
    if (error.stack !== undefined && !isOfChild(error.stack, step))
      add('errorStack', quote(error.stack));
  }
  if (step.isRunning) add('unfinished', 'true');
  if (unrecordedSteps > 0) add('unrecordedSteps', String(unrecordedSteps));
  return `{${text}}`;
}
