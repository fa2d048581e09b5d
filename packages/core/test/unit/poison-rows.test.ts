/** Poison rows, told from a platform that fails: through the chain of transports without a spool. */

import assert from 'node:assert/strict';
import { withBreaker } from '../../src/publish/chain/with-breaker.ts';
import { withIsolation } from '../../src/publish/chain/with-isolation.ts';
import { withPoisonDetection } from '../../src/publish/chain/with-poison-detection.ts';
import { withRetry } from '../../src/publish/chain/with-retry.ts';
import { poisoningIn } from '../../src/publish/transport/poison-rows.ts';
import type { RowBatch } from '../../src/publish/transport/row-transport.ts';
import { SendError } from '../../src/publish/transport/send-error.ts';
import { batchOf, row, scripted } from './transports.ts';

const POLICY = { baseMs: 1, capMs: 4, maxElapsedMs: 2000 };
const OPTIONS = {};
const failure = (status = 500) => new SendError('busy', 'failed', { status, isAmbiguous: true });
const ids = (n: number) => Array.from({ length: n }, (_, i) => `row-${i}`);
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a row that fails while the platform is down', () => {
  it('is delivered with all others when the platform works again, though it worked for a moment before', async () => {
    let isDown = true;
    const platform = scripted(() => {
      if (isDown) throw failure();
      return undefined;
    });
    const transport = withIsolation(
      withRetry(
        withBreaker(withPoisonDetection(platform, POLICY), POLICY, { callerWaits: true }),
        POLICY,
      ),
    );
    const sending = transport.send(batchOf(...ids(100)), OPTIONS);
    await later(2);
    isDown = false;
    for (let i = 0; i < 30; i++) await transport.send(batchOf(`good-${i}`), OPTIONS);
    isDown = true;
    setTimeout(() => {
      isDown = false;
    }, 300);
    assert.deepEqual((await sending).lost, {});
  });

  for (const chance of [0.2, 0.5, 0.8]) {
    it(`is never confirmed where the platform fails by chance, ${chance * 100} % of the time`, async () => {
      let seed = 7;
      const random = () => {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      const platform = scripted(() => {
        if (random() < chance) throw failure(502);
        return undefined;
      });
      const transport = withPoisonDetection(platform, { ...POLICY, capMs: 0 });
      for (let i = 0; i < 20_000; i++) {
        await transport.send(batchOf(`row-${i % 50}`), OPTIONS).catch((error: SendError) => {
          assert.notEqual(poisoningIn(error), 'confirmed');
        });
      }
    });
  }
});

describe('a confirmed poison row', () => {
  /** Sends the row until it is confirmed, with good ones in between. @returns how often it was sent */
  async function sendUntilConfirmed(send: (batch: RowBatch) => Promise<unknown>): Promise<number> {
    for (let n = 1; n < 100; n++) {
      const error = await send(batchOf('bad')).then(
        () => undefined,
        (thrown: SendError) => thrown,
      );
      if (error !== undefined && poisoningIn(error) === 'confirmed') return n;
      for (let i = 0; i < 3; i++) await send(batchOf(`good-${n}-${i}`));
    }
    return assert.fail('it is never confirmed');
  }

  function failingFor(inferenceId: string, bytes: number, capMs = 0) {
    const platform = scripted(({ rows }) => {
      if (rows.some((each) => each.inferenceId === inferenceId && each.byteLength === bytes)) {
        throw failure();
      }
      return undefined;
    });
    const transport = withPoisonDetection(platform, { ...POLICY, capMs });
    return (batch: RowBatch) => transport.send(batch, OPTIONS);
  }

  it('has failed ten times', async () => {
    assert.equal(await sendUntilConfirmed(failingFor('bad', 1)), 10);
  });

  it('has failed for as long as the longest wait between retries', async () => {
    const start = performance.now();
    const send = failingFor('bad', 1, 150);
    await sendUntilConfirmed(async (batch) => {
      await later(3);
      return send(batch);
    });
    assert.ok(performance.now() - start >= 150);
  });

  it('condemns neither a later row with its id, nor one of another content', async () => {
    const send = failingFor('bad', 1);
    await sendUntilConfirmed(send);
    const again = await send(batchOf('bad')).catch((error: SendError) => poisoningIn(error));
    assert.equal(again, undefined);
    await send({ layout: 'l', rows: [row('bad', { bytes: 2 })] });
    assert.ok((await sendUntilConfirmed(send)) >= 9);
  });

  it('is not cleared by a good row with its id', async () => {
    const send = failingFor('bad', 1);
    const sent = await sendUntilConfirmed(async (batch) => {
      await send({ layout: 'l', rows: [row('bad', { bytes: 2 })] });
      return send(batch);
    });
    assert.equal(sent, 10);
  });

  it('is counted in a batch with others as well, and once as long as nothing else succeeds', async () => {
    const send = failingFor('bad', 1);
    await assert.rejects(send(batchOf('bad', 'other')));
    assert.equal(await sendUntilConfirmed(send), 10);
  });
});
