import assert from 'node:assert/strict';
import { assertConserved } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { quickTracer, sleep } from './support.ts';

/** A text that tells its number, and is none of another's. */
function answerOf(i: number): string {
  return `${i}:${String.fromCharCode(97 + (i % 26)).repeat((i * 37) % 9000)}`;
}

describe('memory that is used again', () => {
  it('never shows in another row, whatever becomes of the calls that it was sent in', async () => {
    await using server = await startFaultyCollector({
      // Hangs up before it has read, so that a call is over while its body is still on its way.
      connection: (socket, n) => {
        if (n % 7 !== 3) return false;
        socket.once('data', () => socket.destroy());
        return true;
      },
      call: (response, _arrival, n) => {
        if (n % 5 === 1) response.destroy();
        else if (n % 5 === 3) response.writeHead(503).end();
        else return false;
        return true;
      },
    });
    const { tracer } = quickTracer(server.url, { batch: { maxBatchRows: 25 } });
    const rows = 3000;
    for (let i = 0; i < rows; i++) {
      const trace = tracer.startTrace({ name: 'ask', inferenceId: `r-${i}`, input: { i } });
      trace.update({ output: answerOf(i) });
      trace.end();
      if (i % 50 === 49) await sleep(1);
    }
    await server.takes(rows);
    await tracer.flush();
    for (const { body } of server.arrivals) {
      for (const { inferenceId, output, i } of body.rows) {
        assert.equal(inferenceId, `r-${i}`);
        assert.equal(output, answerOf(Number(i)));
      }
    }
    assertConserved(tracer.stats());
  });
});
