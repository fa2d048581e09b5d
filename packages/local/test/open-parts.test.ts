import assert from 'node:assert/strict';
import { OpenParts } from '../src/server/open-parts.ts';

describe('the open parts of a server', () => {
  it('are closed, the last one first, although some fail', async () => {
    const closed: string[] = [];
    const parts = new OpenParts();
    const failing = (name: string) => () => {
      closed.push(name);
      throw new Error(`${name} is stuck`);
    };
    parts.add(() => closed.push('store'));
    parts.add(failing('receiver'));
    parts.add(async () => failing('page')());
    parts.add(() => closed.push('port'));
    await assert.rejects(parts.close(), (error: AggregateError) => {
      assert.deepEqual(error.errors.map(String), [
        'Error: page is stuck',
        'Error: receiver is stuck',
      ]);
      return true;
    });
    assert.deepEqual(closed, ['port', 'page', 'receiver', 'store']);
    await parts.close();
    assert.equal(closed.length, 4);
  });
});
