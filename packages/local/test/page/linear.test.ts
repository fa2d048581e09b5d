import assert from 'node:assert/strict';
import type { DataStreamRequest, WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import { boundedTest } from '../../../../test/support/bounded-test.ts';
import { dataStreamFaults } from '../../src/checks/cross-field.ts';
import { lenientRequest } from '../../src/checks/lenient.ts';
import { profileNotes } from '../../src/checks/profile-notes.ts';
import { asReadBack } from '../../src/reading/columns.ts';
import { questionPreview } from '../../src/reading/preview.ts';
import { placedSteps } from '../../src/reading/steps.ts';
import { rowFilterOf } from '../../src/routes/row-filter.ts';
import type { StoredRow } from '../../src/storage/stored-row.ts';

/** Each of these took half a minute and more when its time grew with the square of the length. */
const MAX_MS = 4000;

function withinTime<T>(fn: () => T): T {
  const startedAt = performance.now();
  const result = fn();
  const ms = performance.now() - startedAt;
  assert.ok(ms < MAX_MS, `it took ${Math.round(ms)} ms`);
  return result;
}

const names = (count: number, prefix = '') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('the time that a long row takes', () => {
  boundedTest('grows linearly with steps that stand beside their parent', () => {
    const steps = [{ id: 'root' }, ...names(80_000).map(() => ({ parentId: 'root' }))];
    const placed = withinTime(() => placedSteps({ steps }));
    assert.equal(placed.length, 80_001);
    assert.deepEqual(placed.at(-1), { step: steps.at(-1), parent: 0, depth: 1, problem: null });
  });

  boundedTest('does not double with each level of its inputs', () => {
    let inputs: unknown = names(500_000).map(() => []);
    for (const _ of names(7)) inputs = { messages: inputs };
    withinTime(() => questionPreview(inputs));
  });

  boundedTest('grows linearly with its columns when it is returned', () => {
    const inputVariableNames = names(100_000, 'input');
    const row = Object.fromEntries(names(100_000, 'column').map((name) => [name, 1]));
    const stored = { number: 1, inferenceId: 'a', row, config: { inputVariableNames } };
    withinTime(() => asReadBack(stored as unknown as StoredRow));
  });

  boundedTest('grows linearly with its input variables, even if a name is repeated', () => {
    const config = { outputColumnName: 'a', inputVariableNames: Array(300_000).fill('a') };
    const rows = Array.from({ length: 100_000 }, () => ({ a: 1 }));
    withinTime(() => lenientRequest({ config, rows }));
  });

  boundedTest('grows linearly with its input variables in the strict checks', () => {
    const config = { inputVariableNames: names(60_000) } as unknown as WireConfig;
    withinTime(() => profileNotes({} as WireRow, config));
  });

  boundedTest('grows linearly with the rows that lack a column', () => {
    const config = { inputVariableNames: names(20_000) };
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ inferenceId: `${index}` }));
    const request = { config, rows } as unknown as DataStreamRequest;
    const faults = withinTime(() => dataStreamFaults(request));
    assert.equal(faults.length, 20_000);
  });

  boundedTest('grows linearly with the lists of a filter', () => {
    const ids = names(80_000).map(Number);
    const filters = [
      { rowIdList: ids },
      { excludeRowIdList: ids },
      ...['contains_any', 'contains_all', 'contains_none', 'one_of', 'none_of'].map((operator) => ({
        columnFilters: [{ measurement: 'tags', operator, value: names(100_000) }],
      })),
    ];
    const row = { tags: names(100_000, 'tag') };
    for (const filter of filters) {
      withinTime(() => {
        const matches = rowFilterOf(filter);
        const isFew = Object.hasOwn(filter, 'columnFilters');
        const end = 1e6 + (isFew ? 1 : 100_000);
        for (let number = 1e6; number < end; number += 1) matches?.({ number, row, columns: row });
      });
    }
  });
});
