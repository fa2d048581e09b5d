/** Which texts are formatted. */

import assert from 'node:assert/strict';
import { isParsable, isRenderable } from '../src/content/markdown-limits.ts';

describe('a text', () => {
  for (const { title, text, isShown } of [
    { title: 'with a few levels', text: '> - 1. deep\n\n'.repeat(100), isShown: true },
    { title: 'with a long line', text: `${'-'.repeat(500)}\n${'* '.repeat(99)}`, isShown: true },
    { title: 'as long as a text may be', text: 'x'.repeat(50_000), isShown: true },
    { title: 'longer than that', text: 'x'.repeat(50_001), isShown: false },
    { title: 'of nested quotes', text: `Hello\n${'> '.repeat(100)}x`, isShown: false },
    { title: 'of nested quotes without spaces', text: '>'.repeat(4000), isShown: false },
    { title: 'of nested items', text: `  ${'-   '.repeat(100)}x`, isShown: false },
    { title: 'of nested numbers', text: '1. '.repeat(100), isShown: false },
  ]) {
    it(`${title} is ${isShown ? 'parsed' : 'not parsed'}`, () => {
      assert.equal(isParsable(text), isShown);
    });
  }

  it('is judged at once, whatever it has', () => {
    const began = performance.now();
    for (const part of [' ', '- ', '>  ', '1. ', '\t*', '1']) {
      isParsable(part.repeat(49_000 / part.length));
      isParsable(`${part.repeat(99)}x\n`.repeat(150).slice(0, 49_000));
    }
    assert.ok(performance.now() - began < 1000);
  });

  it('is rendered up to 200 levels', () => {
    const nested = (levels: number) => {
      let node: Parameters<typeof isRenderable>[0] = {};
      for (let level = 0; level < levels; level++) node = { children: [{}, node] };
      return node;
    };
    assert.deepEqual(
      [200, 201, 100_000].map((levels) => isRenderable(nested(levels))),
      [true, false, false],
    );
  });
});
