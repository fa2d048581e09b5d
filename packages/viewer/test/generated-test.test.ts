/** What is copied out of a trace. */

import assert from 'node:assert/strict';
import { testOf } from '../src/trace/head/generated-test.ts';

type Detail = Parameters<typeof testOf>[0];
type Root = Parameters<typeof testOf>[1];

/** The steps that a generated test expects of a trace with these depths, and what it does to the names that it has. */
function expectedOf(depths: readonly number[]): { steps: string[]; cut: string } {
  const steps = depths.map((depth, place) => ({ name: `step ${place}`, depth }));
  const trace = { name: 'job', method: null, status: null, route: null, marks: [] };
  const detail = { trace, metadata: {}, steps, totalSteps: steps.length };
  // Only what a test is made of is here.
  const text = testOf(detail as unknown as Detail, { inputs: null } as unknown as Root);
  const [, cut = '', list = ''] = /outline\(row\.steps\[0\]\)(.*), \[\n([^\]]*)\]/.exec(text) ?? [];
  return { steps: JSON.parse(`[${list.trim().replace(/,$/, '')}]`) as string[], cut };
}

describe('a trace as a test', () => {
  it('expects all steps, with their depths', () => {
    assert.deepEqual(expectedOf([0, 1, 1]), {
      steps: ['step 0', '  step 1', '  step 2'],
      cut: '',
    });
    const deep = expectedOf(Array.from({ length: 60 }, (_, depth) => depth));
    assert.equal(deep.steps.at(-1), `${'  '.repeat(59)}step 59`);
  });

  it('expects the first 200 steps alone if there are more', () => {
    const all = expectedOf([0, ...Array.from({ length: 199 }, () => 1)]);
    assert.deepEqual([all.steps.length, all.cut], [200, '']);
    const many = expectedOf([0, ...Array.from({ length: 200 }, () => 1)]);
    assert.deepEqual([many.steps.length, many.cut], [200, '.slice(0, 200)']);
  });
});
