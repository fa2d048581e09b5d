/** The keys that steps and traces take, and the diagnostic for any other. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { unknownKeyMessage } from '../../diagnostics/unknown-key.js';
import type { StepType } from '../../wire.js';
import { FIELDS } from './step-fields.js';
import type { FinishedStep, StepFields, StepOptions, StepUpdate } from './step-types.js';
import type { TraceUpdate } from './trace-api.js';

/** The keys of one kind of options. */
export interface KnownKeys {
  /** What they belong to, for messages: `update of a trace`. */
  readonly owner: string;
  readonly keys: ReadonlySet<string>;
}

/** Keys that all step types share. The compiler checks that each list is complete. */
type Common<Options> = Readonly<Record<Exclude<keyof Options, keyof StepFields[StepType]>, true>>;

const STEP_OPTIONS: Common<StepOptions> = {
  name: true,
  type: true,
  inputs: true,
  metadata: true,
};
const STEP_UPDATE: Common<StepUpdate> = {
  name: true,
  inputs: true,
  output: true,
  metadata: true,
  groundTruth: true,
  error: true,
};
const FINISHED_STEP: Common<FinishedStep> = {
  ...STEP_OPTIONS,
  output: true,
  groundTruth: true,
  error: true,
  startTime: true,
  endTime: true,
  latency: true,
};
const TRACE_UPDATE: Readonly<Record<keyof TraceUpdate, true>> = {
  inferenceId: true,
  name: true,
  userId: true,
  sessionId: true,
  tags: true,
  metadata: true,
  input: true,
  output: true,
  groundTruth: true,
  context: true,
  question: true,
  error: true,
};

export const stepOptionKeys = byType(STEP_OPTIONS, (type) => `a ${type} step`);
export const finishedStepKeys = byType(FINISHED_STEP, (type) => `addStep of a ${type} step`);
export const stepUpdateKeys = byType(STEP_UPDATE, (type) => `update of a ${type} step`);
export const traceUpdateKeys: KnownKeys = {
  owner: 'update of a trace',
  keys: new Set(Object.keys(TRACE_UPDATE)),
};

function byType(
  common: Readonly<Record<string, true>>,
  owner: (type: string) => string,
): Readonly<Record<StepType, KnownKeys>> {
  const entries = Object.entries(FIELDS).map(([type, fields]) => [
    type,
    {
      owner: owner(type),
      keys: new Set([...Object.keys(common), ...fields.map(({ name }) => name)]),
    },
  ]);
  return Object.fromEntries(entries) as Record<StepType, KnownKeys>;
}

/** Reports the first key that is not known, as `unknown_option`: once a minute for each kind of call. */
export function reportUnknownKeys(
  options: object,
  known: KnownKeys,
  diagnostics: Diagnostics,
): void {
  for (const key in options) {
    if (!known.keys.has(key) && hasValue(options, key)) {
      reportKey(key, known, diagnostics);
      return;
    }
  }
}

/** Whether the options themselves have a value under the key. */
function hasValue(options: object, key: string): boolean {
  const found = Object.getOwnPropertyDescriptor(options, key);
  return found !== undefined && !('value' in found && found.value === undefined);
}

function reportKey(key: string, { owner, keys }: KnownKeys, diagnostics: Diagnostics): void {
  diagnostics.report(
    'warn',
    'unknown_option',
    `${owner}: ${unknownKeyMessage(key.slice(0, 64), [...keys], owner)}; it has no effect`,
    undefined,
    owner,
  );
}
