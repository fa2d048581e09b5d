import assert from 'node:assert/strict';
import { startProcess } from '../../../../test/support/child.ts';
import { idSpaceOf, isInferenceId, registerId } from '../../src/trace/ids/inference-id.ts';

describe('an inference ID', () => {
  for (const id of ['a', '7', 'req-1', 'a'.repeat(128), 'A._:=@+/-z', crypto.randomUUID()]) {
    it(`may be ${id}`, () => assert.equal(isInferenceId(id), true));
  }
  for (const id of [
    '',
    '-a',
    '.a',
    'a b',
    'a\n',
    'ä',
    'a'.repeat(129),
    'a://u:p@h',
    'a,b',
    7,
    null,
  ]) {
    it(`may not be ${JSON.stringify(id)}`, () => assert.equal(isInferenceId(id), false));
  }
});

describe('an id that comes again', () => {
  let spaces = 0;
  /** Nobody else's. */
  const newSpace = () => idSpaceOf(`https://host/${++spaces}/${crypto.randomUUID()}`);

  it('gets the number of its attempt', () => {
    const space = newSpace();
    const ids = Array.from({ length: 4 }, () => registerId('retry', space));
    assert.deepEqual(ids, ['retry', 'retry:2', 'retry:3', 'retry:4']);
  });

  it('is another one in another place', () => {
    const [one, other] = [newSpace(), newSpace()];
    assert.equal(registerId('same', one), 'same');
    assert.equal(registerId('same', other), 'same');
    assert.equal(registerId('same', one), 'same:2');
    assert.equal(registerId('same', other), 'same:2');
  });

  it('is told apart from the number that an earlier one got, when that is sent on', () => {
    const space = newSpace();
    const ids = ['a', 'a:2', 'a', 'a:3', 'a:3', 'a'].map((id) => registerId(id, space));
    assert.deepEqual(ids, ['a', 'a:2', 'a:3', 'a:3:2', 'a:3:3', 'a:4']);
  });

  it('is known again, however often it and others have come', () => {
    const space = newSpace();
    for (let i = 0; i < 100; i++) {
      const ids = Array.from({ length: 200 }, () => registerId(`often-${i}`, space));
      assert.equal(new Set(ids).size, 200);
    }
  });

  it('stays within 128 characters', () => {
    const space = newSpace();
    const long = 'x'.repeat(128);
    registerId(long, space);
    assert.equal(registerId(long, space), `${'x'.repeat(126)}:2`);
  });

  it('is not taken for another one, however much they are alike', () => {
    const space = newSpace();
    const ids = Array.from({ length: 5000 }, (_, i) => `id-${i}`);
    for (const id of ids) assert.equal(registerId(id, space), id);
    for (const id of ['ab', 'ba', 'aab', 'aba', 'baa', 'A', 'a']) {
      assert.equal(registerId(id, space), id);
    }
  });

  it('is known again, whatever it is', () => {
    const space = newSpace();
    for (let i = 0; i < 1000; i++) {
      assert.equal(registerId(`id-${i}`, space), `id-${i}`);
      assert.equal(registerId(`id-${i}`, space), `id-${i}:2`);
    }
  });

  it('is not one that comes for the first time, whatever its fingerprint', async () => {
    // Of all fingerprints, these have the least: an empty register must not seem to have it.
    const least = [
      ['id-22334', 3_586_747_811],
      ['id-900074', 652_307_156],
    ];
    const { href } = new URL('../../src/trace/ids/inference-id.ts', import.meta.url);
    const program = `import { registerId } from ${JSON.stringify(href)};
      console.log(${JSON.stringify(least)}.map((each) => registerId(...each)).join());`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module'] as const;
    const { stdout, stderr } = await startProcess([...node, '--eval', program]).ended;
    assert.equal(stdout, 'id-22334,id-900074\n', stderr);
  });

  it('is remembered among some thousands', () => {
    const space = newSpace();
    registerId('first', space);
    for (let i = 0; i < 200; i++) registerId(`between-${i}`, space);
    assert.equal(registerId('first', space), 'first:2');
  });
});

describe('the place that rows go to', () => {
  it('is the same for one address, and for one transport', () => {
    assert.equal(idSpaceOf('https://a'), idSpaceOf('https://a'));
    assert.notEqual(idSpaceOf('https://a'), idSpaceOf('https://b'));
    const [one, other] = [{}, {}];
    assert.equal(idSpaceOf(one), idSpaceOf(one));
    assert.notEqual(idSpaceOf(one), idSpaceOf(other));
  });
});
