/** What holds for a client of any provider: traced it behaves as it does bare, and its calls are steps. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { comparable, type Ran, runBattery } from './compare.ts';
import { expectedHere, inOneWording, runtimeName } from './runtime.ts';

export interface Suite {
  readonly battery: string;
  /** The client under test, by the name that it is installed under. */
  readonly packageName: string;
  readonly atLeast: number;
  /** The file of printed trees that its steps are compared with. */
  readonly expected: string;
  /** What a request says beside its parameters. */
  readonly content?: readonly string[];
  /** What stands in the file, and what is printed in its place on runtimes other than Node. */
  readonly offNode?: readonly [onNode: string, elsewhere: string];
}

export function batterySuite(suite: Suite): void {
  const { battery, packageName, atLeast, expected, content, offNode } = suite;
  describe(`the battery of ${packageName}, ${runtimeName}`, function () {
    this.timeout(120_000);
    let bare: Ran;
    let traced: Ran;

    before(async () => {
      [bare, traced] = await Promise.all([
        runBattery(battery, packageName, 'bare'),
        runBattery(battery, packageName, 'traced'),
      ]);
    });

    it(`behaves the same in at least ${atLeast} respects`, () => {
      assert.ok(bare.seen.length >= atLeast, `${bare.seen.length} checks`);
      for (const [i, each] of bare.seen.entries())
        assert.deepEqual(traced.seen[i], each, each.name);
      assert.equal(traced.seen.length, bare.seen.length);
    });

    it('asks its provider the same', () => {
      assert.deepEqual(comparable(traced.asked), comparable(bare.asked));
    });

    if (content !== undefined) {
      it('tells the parameters that its provider was asked with', () => {
        const asked = traced.asked.filter(({ body }) => body !== undefined);
        for (const row of traced.rows) {
          const given: string[] = asked
            .filter(({ headers }) => idOf(headers['x-case']) === row.inferenceId)
            .map(({ body }) => inOrder(without(body as object, content)));
          // Forms are not read here.
          if (given.length === 0) continue;
          const told: string[] = row.steps
            .flatMap(recorded)
            .filter(({ type }) => type !== 'user_call')
            .map(({ modelParameters }) => inOrder((modelParameters ?? {}) as object));
          // Tries of one call are one step.
          assert.deepEqual(new Set(told), new Set(given), row.inferenceId);
        }
      });
    }

    it('records the steps that were printed and read', () => {
      const trees = treesOf(traced.rows);
      const file = fileURLToPath(new URL(`../expected/${expected}.txt`, import.meta.url));
      // `UPDATE_SNAPSHOT=1` writes what there is, to be read before it is committed.
      if (process.env.UPDATE_SNAPSHOT) writeFileSync(file, trees);
      assert.ok(existsSync(file), `no ${file} yet`);
      const printed = expectedHere(readFileSync(file, 'utf8'), offNode);
      assert.deepEqual(inOneWording(trees).split('\n\n'), printed.split('\n\n'));
    });
  });
}

/** The id of a check's trace. */
function idOf(name: unknown): string {
  return String(name)
    .replace(/^\w+:/, '')
    .replace(/[^\w-]+/g, '_');
}

function without(body: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !keys.includes(key)));
}

function inOrder(parameters: object): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

/** A step and all below it, each without those below it. */
export function recorded(step: WireStep): WireStep[] {
  return [{ ...step, steps: [] }, ...step.steps.flatMap(recorded)];
}

/** The trees of all checks, but for what is chance. */
function treesOf(rows: readonly WireRow[]): string {
  const trees = rows
    .toSorted((a, b) => (a.inferenceId < b.inferenceId ? -1 : 1))
    .map((row) => ({ ...row, steps: row.steps.map(withFacts) }))
    .map((row) => renderTrace(row, { timings: false, metadata: true }));
  const text = trees.join('\n\n').replace(/127\.0\.0\.1:\d+/g, 'HOST');
  // LangGraph makes the ids of interrupts from times.
  return `${text.replace(/("__interrupt__":\[\{"id":")\w+/g, '$1ID')}\n`;
}

/** The step with all that is known of its call among the metadata, which are printed. */
function withFacts(step: WireStep): WireStep {
  const { provider, modelParameters: parameters, usageDetails: usage } = step;
  // The stack of an error has the paths of the machine.
  const { errorStack: _, ...metadata } = step.metadata;
  const facts = Object.entries({ provider, parameters, usage }).filter(([, fact]) => fact);
  return {
    ...step,
    steps: step.steps.map(withFacts),
    metadata: {
      ...Object.fromEntries(facts),
      ...metadata,
      ...(metadata.timeToFirstToken !== undefined && { timeToFirstToken: 'told' }),
      ...(metadata.agentsTraceId !== undefined && { agentsTraceId: 'told' }),
    },
  };
}
