/** Instrumentations of OpenTelemetry whose spans stand for work that an integration records too, if the app uses both. */

import { processWide } from '../../platform/process-wide.js';

const instrumentationsOfRuns = processWide('expected-runs.v1', () => new Set<string>());
const replacedInstrumentations = processWide('replaced-spans.v1', () => new Set<string>());

/**
 * Call it when an integration records the runs of agents that an instrumentation makes spans of.
 * @param instrumentation its name
 */
export function expectRuns(instrumentation: string): void {
  instrumentationsOfRuns.add(instrumentation);
}

/** Whether an integration may record the runs that the instrumentation makes spans of. */
export function isOfExpectedRuns(instrumentation: string): boolean {
  return instrumentationsOfRuns.has(instrumentation);
}

/**
 * Call it when an integration records all that an instrumentation makes spans of: its spans become no steps. Spans of model
 * calls add what is missing in the steps of the integration.
 * @param instrumentation its name
 */
export function replaceSpans(instrumentation: string): void {
  replacedInstrumentations.add(instrumentation);
}

/** Whether an integration records all that the instrumentation makes spans of. */
export function hasReplacedSpans(instrumentation: string): boolean {
  return replacedInstrumentations.has(instrumentation);
}
