import assert from 'node:assert/strict';
import { httpTransport } from '../../src/publish/openlayer/http-transport.ts';
import type { ApiCall, OpenlayerApi } from '../../src/publish/openlayer/openlayer-api.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';

/** Sends rows of these texts. @returns the bytes of each call's body */
async function sent(batches: readonly (readonly string[])[], { isSentFirst = true } = {}) {
  const bodies: Uint8Array[] = [];
  const texts: string[] = [];
  const api = {
    async call({ body, onBodySent }: ApiCall) {
      assert.ok(body !== undefined);
      bodies.push(body);
      texts.push(new TextDecoder().decode(body));
      if (isSentFirst) onBodySent?.();
    },
  };
  const transport = httpTransport(api as unknown as OpenlayerApi);
  for (const batch of batches) {
    const rows = batch.map((text, i) => new QueuedRow(`row-${i}`, '{"a":1}', JSON.stringify(text)));
    const delivery = await transport.send({ layout: '{"a":1}', rows }, {});
    assert.deepEqual(delivery, { delivered: rows.length, lost: {} });
  }
  return { bodies, texts };
}

describe('the body of a call', () => {
  it('is the config and the rows, whatever their characters are', async () => {
    const batches = [['one'], ['ä€😀', '', 'x'.repeat(100_000)], ['two', 'three']];
    const { texts } = await sent(batches);
    for (const [i, rows] of batches.entries()) {
      assert.deepEqual(JSON.parse(texts[i] as string), { config: { a: 1 }, rows });
    }
  });

  it('is written to memory of one before that has left, and to no other', async () => {
    const again = await sent([['a'], ['b']]);
    assert.equal(again.bodies[0]?.buffer, again.bodies[1]?.buffer);
    const apart = await sent([['a'], ['b']], { isSentFirst: false });
    assert.notEqual(apart.bodies[0]?.buffer, apart.bodies[1]?.buffer);
  });

  it('keeps the memory of the last two that have left', async () => {
    const calls: ApiCall[] = [];
    const api = { call: async (call: ApiCall) => void calls.push(call) };
    const transport = httpTransport(api as unknown as OpenlayerApi);
    const bodyOf = async (bytes: number) => {
      const rows = [new QueuedRow('a', '{}', new Uint8Array(bytes))];
      await transport.send({ layout: '{}', rows }, {});
      return calls.at(-1)?.body?.buffer;
    };
    const [first, second, third] = [await bodyOf(10), await bodyOf(100_000), await bodyOf(200_000)];
    for (const call of calls.slice()) call.onBodySent?.();
    assert.deepEqual(
      [first, second, third].map((each) => each?.byteLength),
      [65_536, 131_072, 262_144],
    );
    assert.equal(await bodyOf(150_000), third);
    assert.equal(await bodyOf(10), second);
    assert.notEqual(await bodyOf(10), first);
  });

  it('keeps memory of up to 2 MiB', async () => {
    const { bodies } = await sent([['x'.repeat(2 ** 21 - 100)], ['y']]);
    assert.equal(bodies[0]?.buffer.byteLength, 2 ** 21);
    assert.equal(bodies[0]?.buffer, bodies[1]?.buffer);
  });

  it('of more than 2 MiB leaves no memory behind', async () => {
    const { bodies } = await sent([['x'.repeat(2 ** 21)], ['y'.repeat(2 ** 21)]]);
    assert.notEqual(bodies[0]?.buffer, bodies[1]?.buffer);
  });
});
