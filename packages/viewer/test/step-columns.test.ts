/** The steps of a trace, out of the columns that the server sends. */

import assert from 'node:assert/strict';
import { addSteps } from '../src/reading/step-columns.ts';

type Steps = Parameters<typeof addSteps>[0];

describe('steps in columns', () => {
  it('become steps, response by response, each with its depth and facts', () => {
    const steps: Steps = [];
    addSteps(steps, {
      from: 0,
      texts: ['root', 'chain', 'call', 'chat_completion', 'gpt-5'],
      parent: [-1, 0],
      name: [0, 2],
      type: [1, 3],
      start: [0, 1.5],
      duration: [10, null],
      others: [[1, { model: 4, tokens: 7, chunks: [1, 2], isUnfinished: true, problem: 'no-end' }]],
    });
    addSteps(steps, {
      from: 2,
      texts: ['tool', 'failed'],
      parent: [1, -1],
      name: [0, 0],
      type: [0, 0],
      start: [null, null],
      duration: [null, null],
      others: [[1, { error: 1, problem: 'cycle' }]],
    });
    assert.deepEqual(
      steps.map(({ index, depth, name, type }) => `${index} ${depth} ${name} ${type}`),
      ['0 0 root chain', '1 1 call chat_completion', '2 2 tool tool', '3 0 tool tool'],
    );
    const { model, provider, tokens, chunks, isUnfinished, problem, start, duration, error } =
      steps[1] ?? {};
    assert.deepEqual(
      [model, provider, tokens, chunks, isUnfinished, problem, start, duration, error],
      ['gpt-5', null, 7, [1, 2], true, 'no-end', 1.5, null, null],
    );
    assert.deepEqual([steps[3]?.error, steps[3]?.problem], ['failed', 'cycle']);
    assert.deepEqual([steps[2]?.start, steps[2]?.chunks, steps[2]?.cost], [null, [], null]);
  });
});
