/** What handlers call in the bare app: functions that run what they are given, written without the library. */

import type { RequestTrace, Step } from '@openlayer-tracing/core';
import type { Tools } from './case.ts';

const NOTHING_USED = {
  promptTokens: undefined,
  completionTokens: undefined,
  tokens: undefined,
  cost: undefined,
  estimatedCost: undefined,
  unpricedCalls: 0,
  unpriced: {},
};

// One object stands in for the steps of all types: nobody reads a field of theirs.
const plainStep = {
  id: '',
  name: '',
  type: 'user_call',
  update() {},
  step: (_options: unknown, fn: (step: Step) => unknown) => fn(plainStep),
  startStep: () => plainStep,
  addStep() {},
  run: (fn: () => unknown) => fn(),
  end() {},
  toJSON: () => ({ id: '', name: '', type: 'user_call' }),
  [Symbol.dispose]() {},
} as Step;

export function plainTrace(inferenceId = ''): RequestTrace {
  return {
    inferenceId,
    traceId: '0'.repeat(32),
    root: plainStep as Step<'user_call'>,
    current: plainStep,
    signal: new AbortController().signal,
    usage: NOTHING_USED,
    update() {},
    step: plainStep.step,
    startStep: plainStep.startStep,
    addStep() {},
    updateStep() {},
    run: (fn) => fn(),
    bind: (fn) => fn,
    recordError() {},
    waitUntil: (promise) => promise,
    headers: () => ({}),
    toJSON: () => ({ inferenceId }),
  };
}

export const plainTools: Tools = {
  addStep() {},
  currentStep: () => undefined,
  currentTrace: () => undefined,
  logFields: () => ({}),
  startStep: plainStep.startStep,
  step: plainStep.step,
  trace: (fn) => fn,
  // A decorator that leaves its method alone.
  traced: () => (() => undefined) as unknown as ReturnType<Tools['traced']>,
  updateCurrentStep() {},
  updateCurrentTrace() {},
};
