import assert from 'node:assert/strict';
import { startLocalServer } from '@openlayer-tracing/local';
import type { TraceNotes } from '../../src/page-api.ts';
import { fixture, fixtureNames, requestOf, send } from '../client.js';
import { got } from './read.js';

describe("a trace's notes", () => {
  const notesOf = async (body: unknown) => {
    await using server = await startLocalServer({ checks: 'lenient' });
    assert.equal((await send(server, body)).status, 200);
    return (await got<TraceNotes>(server, 'traces/1/notes')).notes;
  };

  it('are empty for a row that satisfies the strict profile', async () => {
    for (const name of fixtureNames('valid', /^\d\d-/)) {
      assert.deepEqual(await notesOf(fixture(name)), [], name);
    }
  });

  it('say where rows of the official SDKs do not satisfy it', async () => {
    assert.deepEqual(await notesOf(fixture('official-shape/typescript-sdk.json')), [
      'the row lacks "cost"',
      'the row lacks "tokens"',
      'the row: costColumnName names the missing column "cost"',
      'the row: numOfTokenColumnName names the missing column "tokens"',
    ]);
    assert.deepEqual(await notesOf(fixture('official-shape/python-sdk.json')), [
      'the row: step "Embedding" ends before it starts',
      'a step: startTime must be >= 946684800000 (2 times)',
      'a step: endTime must be >= 946684800000 (2 times)',
    ]);
  });

  it('count faults of steps alone, since there is one row', async () => {
    const notes = await notesOf({
      config: { outputColumnName: 'answer' },
      rows: [{ answer: 'a' }],
    });
    assert.ok(notes.includes('the row lacks "latency"'), notes.join('\n'));
    assert.deepEqual(
      notes.filter((note) => note.includes('times)')),
      [],
    );
  });

  it('are at most 20, for steps of any depth', async () => {
    const steps = Array.from({ length: 40 }, (_, n) => ({ [`key${n}`]: n }));
    const notes = await notesOf(requestOf('many', { steps }));
    assert.equal(notes.length, 20);
    assert.match(notes.at(-1) ?? '', /^\.\.\. and \d+ more$/);

    const step = JSON.stringify(requestOf('x').rows[0]?.steps[0]);
    const [head = '', tail = ''] = step.replace('"steps":[]', '"steps":[@]').split('@');
    const deep = JSON.stringify(requestOf('deep', { steps: ['@'] })).replace(
      '"@"',
      head.repeat(20_000) + tail.repeat(20_000),
    );
    assert.deepEqual(await notesOf(deep), ['a step is nested too deeply to be checked']);
  });
});
