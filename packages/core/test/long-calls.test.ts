/** Calls of clients outside a request, each of which is a trace of its own. */

import assert from 'node:assert/strict';
import { startCall } from '@openlayer-tracing/core/integration';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { useLaterClock } from './later-clock.ts';
import { sleep } from './support.ts';

const MINUTE = 60_000;
/** Open traces are checked each second, and after a jump of the clock at the second time. */
const CHECKED_MS = 2500;

describe('a call that is a trace of its own', () => {
  const clock = useLaterClock();

  async function minutesLater(minutes: number): Promise<void> {
    clock.laterMs += minutes * MINUTE;
    await sleep(CHECKED_MS);
  }

  it('stays open for as long as it makes progress', async () => {
    using captured = captureTraces();
    let amount = 0;
    const streamed = startCall(
      { name: 'streamed', type: 'chat_completion' },
      { amount: () => amount },
    );
    const run = startCall({ name: 'run', type: 'agent' });
    await sleep(CHECKED_MS);
    for (let i = 0; i < 3; i++) {
      amount++;
      run?.step.addStep({ name: `tool ${i}`, type: 'tool' });
      await minutesLater(6);
    }
    assert.deepEqual(await captured.rows(), []);
    streamed?.end();
    run?.end();
    const rows = await captured.rows();
    assert.deepEqual(
      rows.map(({ steps }) => [steps[0]?.name, steps[0]?.steps.length]),
      [
        ['streamed', 0],
        ['run', 3],
      ],
    );
  }).timeout(30_000);

  it('stays open for as long as it waits for its provider', async () => {
    using captured = captureTraces();
    const call = startCall({ name: 'slow', type: 'chat_completion' });
    call?.startWaiting();
    await minutesLater(8);
    await minutesLater(8);
    assert.deepEqual(await captured.rows(), []);
    call?.stopWaiting();
    call?.end({ output: 'at last' });
    const [row] = await captured.rows();
    assert.equal(row?.steps[0]?.output, 'at last');
  }).timeout(30_000);

  it('is published when it has made no progress for ten minutes', async () => {
    const messages: string[] = [];
    using captured = captureTraces({
      logLevel: 'debug',
      onDiagnostic: ({ message }) => messages.push(message),
    });
    const call = startCall({ name: 'unread', type: 'chat_completion' });
    call?.update({ output: 'Half an' });
    await sleep(CHECKED_MS);
    await minutesLater(9);
    assert.deepEqual(await captured.rows(), []);
    await minutesLater(2);
    const [row] = await captured.rows();
    assert.equal(row?.steps[0]?.output, 'Half an');
    call?.update({ output: 'Half an answer' });
    assert.match(
      messages.join(),
      /read its result to the end: nothing happened in it for 600000 ms/,
    );
    assert.doesNotMatch(messages.join(), /maxAgeMs|maxOpenTraces/);
  }).timeout(30_000);
});
