/** Files with traces. */

import assert from 'node:assert/strict';
import { readTraceFile } from '../src/reading/trace-file.ts';

const row = { inferenceId: 'a', output: 'b', steps: [] };
const config = { outputColumnName: 'answer' };

describe('a file with traces', () => {
  it('has a call, a row with its config, a row alone or several', () => {
    for (const value of [
      { config, rows: [row] },
      { config, row, notes: [] },
    ]) {
      assert.deepEqual(readTraceFile(JSON.stringify(value)), { config, rows: [row] });
    }
    assert.deepEqual(readTraceFile(JSON.stringify(row)).rows, [row]);
    assert.deepEqual(readTraceFile(JSON.stringify([row, row])).rows, [row, row]);
    assert.equal(readTraceFile(JSON.stringify(row)).config.outputColumnName, 'output');
  });

  it('is refused with the reason if it has none', () => {
    assert.throws(() => readTraceFile('{'), /not JSON/);
    for (const text of ['null', '1', '[]', '{}', '[1]', '{"rows":[]}', '{"steps":1}', '[[]]']) {
      assert.throws(() => readTraceFile(text), /no traces/, text);
    }
  });
});
