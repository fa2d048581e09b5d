/** What the tests of this package share: a recording of the process-wide tracer, and trees as text. */

import assert from 'node:assert/strict';
import type { Diagnostic, TracerOptions } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireConfig, WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { violations } from '../../../test/support/wire/validate.ts';

export interface Recording extends Disposable {
  /** Every diagnostic so far, whatever its level. */
  readonly diagnostics: readonly Diagnostic[];
  readonly reasons: readonly string[];
  /** The rows of all traces that have ended, each of which satisfies the contract. */
  rows(): Promise<readonly WireRow[]>;
  /** The only row. */
  row(): Promise<WireRow>;
  /** The only row's tree, without its head and with a line break before it. */
  tree(options?: { readonly metadata?: boolean }): Promise<string>;
  /** The first step of that name in any row. */
  step(name: string): Promise<WireStep>;
}

/** Records what the process-wide tracer would publish until it is disposed of. */
export function record(options: Omit<TracerOptions, 'transport'> = {}): Recording {
  const diagnostics: Diagnostic[] = [];
  const traces = captureTraces({
    logLevel: 'debug',
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
  });
  const rows = async () => {
    const found = await traces.rows();
    for (const row of found) assertValid(row);
    return found;
  };
  const row = async () => {
    const found = await rows();
    assert.equal(found.length, 1, `expected one row, but there are ${found.length}`);
    return found[0] as WireRow;
  };
  return {
    diagnostics,
    get reasons() {
      return diagnostics.map(({ reason }) => reason);
    },
    rows,
    row,
    tree: async (shown = {}) => treeOf(await row(), shown),
    step: async (name) => stepOf(await rows(), name),
    [Symbol.dispose]: () => traces.restore(),
  };
}

/** Fails where the row, sent alone, would violate the platform's contract. */
export function assertValid(row: WireRow): void {
  assert.deepEqual(violations({ config: configOf(row), rows: [row] }), []);
}

/** The row's tree as it is printed, below its first line. */
export function treeOf(row: WireRow, shown: { readonly metadata?: boolean } = {}): string {
  const [, ...lines] = renderTrace(row, { timings: false, ...shown }).split('\n');
  return `\n${lines.join('\n')}\n`;
}

export function stepOf(rows: readonly WireRow[], name: string): WireStep {
  const found = rows
    .flatMap((row) => row.steps)
    .flatMap(allOf)
    .find((step) => step.name === name);
  assert.ok(found, `no step ${name}`);
  return found;
}

/** The step and all below it. */
export function allOf(step: WireStep): WireStep[] {
  return [step, ...step.steps.flatMap(allOf)];
}

/** The root step of a row. */
export function rootOf(row: WireRow): WireStep {
  assert.equal(row.steps.length, 1);
  return row.steps[0] as WireStep;
}

function configOf(row: WireRow): WireConfig {
  const { inputs } = rootOf(row);
  return {
    outputColumnName: 'output',
    inputVariableNames: Object.keys(inputs ?? {}).filter(
      (name) => Object.hasOwn(row, name) && !RESERVED.has(name),
    ),
    latencyColumnName: 'latency',
    costColumnName: 'cost',
    timestampColumnName: 'inferenceTimestamp',
    inferenceIdColumnName: 'inferenceId',
    numOfTokenColumnName: 'tokens',
    ...('groundTruth' in row && { groundTruthColumnName: 'groundTruth' }),
    ...('user_id' in row && { userIdColumnName: 'user_id' }),
    ...('session_id' in row && { sessionIdColumnName: 'session_id' }),
    ...('context' in row && { contextColumnName: 'context' }),
    ...('_question' in row && { questionColumnName: '_question' }),
  };
}

const RESERVED = new Set(['output', 'latency', 'cost', 'tokens', 'steps', 'metadata', 'context']);

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
