/** Which keys steps and traces take, and what is said of others. */

import { unknownKey } from '../config/unknown-key.js';
import type { Diagnostics } from '../diagnostics.js';
import type { StepType } from '../wire.js';
import { FIELDS } from './step-fields.js';
import type { FinishedStep, StepFields, StepOptions, StepUpdate } from './step-types.js';
import type { TraceUpdate } from './types.js';

/** What is named by a key, for a message, and the keys that it takes. */
export interface Known {
  readonly taker: string;
  readonly keys: ReadonlySet<string>;
}

/** What is the same for all types of steps. The compiler holds each list to be complete. */
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

export const ofStepOptions = byType(STEP_OPTIONS, (type) => `a ${type} step`);
export const ofFinishedStep = byType(FINISHED_STEP, (type) => `addStep of a ${type} step`);
export const ofStepUpdate = byType(STEP_UPDATE, (type) => `update of a ${type} step`);
export const ofTraceUpdate: Known = {
  taker: 'update of a trace',
  keys: new Set(Object.keys(TRACE_UPDATE)),
};

function byType(
  common: Readonly<Record<string, true>>,
  taker: (type: string) => string,
): Readonly<Record<StepType, Known>> {
  const known = Object.entries(FIELDS).map(([type, fields]) => [
    type,
    {
      taker: taker(type),
      keys: new Set([...Object.keys(common), ...fields.map(({ name }) => name)]),
    },
  ]);
  return Object.fromEntries(known) as Record<StepType, Known>;
}

/** Names a key that is not known in a diagnostic; the known ones have their effect. */
export function reportUnknown(given: object, known: Known, diagnostics: Diagnostics): void {
  for (const key in given) {
    if (known.keys.has(key)) continue;
    // One that an enumerable property of Object.prototype puts there is nobody's mistake here.
    const found = Object.getOwnPropertyDescriptor(given, key);
    if (found === undefined || ('value' in found && found.value === undefined)) continue;
    const { taker, keys } = known;
    diagnostics.report(
      'warn',
      'unknown_option',
      `${taker}: ${unknownKey(key.slice(0, 64), [...keys], taker)}; it has no effect`,
    );
    return;
  }
}
