/** How much of a body is kept, and what happens when it is full. */

import assert from 'node:assert/strict';
import { BodyCapture } from '../../src/http/body/body-capture.ts';

describe('a captured body that can be condensed', () => {
  /** Keeps the last character of each line. */
  const lastOfLines = (calls: string[]) => ({
    mayCondense: () => true,
    condensed(text: string): string | undefined {
      calls.push(text);
      return text === '' ? undefined : text.replace(/.*(.)\n/g, '$1');
    },
  });

  function captureOf(maxBytes: number): { capture: BodyCapture; calls: string[] } {
    const calls: string[] = [];
    const capture = new BodyCapture(maxBytes);
    capture.condenseBy(lastOfLines(calls));
    return { capture, calls };
  }

  it('is condensed when it is full, and not before', () => {
    const { capture, calls } = captureOf(12);
    for (const line of ['aaa\n', 'bbb\n', 'ccc\n']) capture.addChunk(line, undefined);
    assert.deepEqual(calls, []);
    capture.addChunk('ddd\n', undefined);
    assert.deepEqual(calls, ['aaa\nbbb\nccc\nddd\n']);
    assert.equal(capture.toText(), 'abcd');
    assert.equal(capture.isCut, false);
    assert.equal(capture.bytes, 16);
  });

  it('keeps lines and characters that are not complete', () => {
    const bytes = new TextEncoder().encode('aaa\nbbb\nxé\n');
    const { capture, calls } = captureOf(9);
    capture.addChunk(bytes.subarray(0, 9), undefined);
    capture.addChunk(bytes.subarray(9, 10), undefined);
    assert.deepEqual(calls, ['aaa\nbbb\n']);
    capture.addChunk(bytes.subarray(10), undefined);
    assert.equal(capture.toText(), 'abxé\n');
  });

  it('has twice the room then, so that condensing takes little time', () => {
    const { capture, calls } = captureOf(8);
    for (let i = 0; i < 10; i++) capture.addChunk('aaa\n', undefined);
    assert.deepEqual(calls, ['aaa\n'.repeat(3), `aaa${'aaa\n'.repeat(4)}`]);
    assert.equal(capture.toText(), `a${'a'.repeat(4).slice(1)}${'aaa\n'.repeat(3)}`);
    assert.equal(capture.isCut, false);
  });

  it('takes a first chunk that is larger than the limit', () => {
    const { capture } = captureOf(8);
    capture.addChunk('abcdefghij\nklm', undefined);
    assert.equal(capture.toText(), 'jklm');
  });

  it('is cut where that makes it no shorter', () => {
    const calls: string[] = [];
    const capture = new BodyCapture(8);
    capture.condenseBy({
      mayCondense: () => true,
      condensed(text) {
        calls.push(text);
        return text;
      },
    });
    for (const line of ['aaa\n', 'bbb\n', 'ccc\n', 'ddd\n']) capture.addChunk(line, undefined);
    assert.equal(calls.length, 1);
    assert.equal(capture.toText(), 'aaa\nbbb\n');
    assert.equal(capture.isCut, true);
  });

  it('is cut where it is no text, or where bytes were lost before', () => {
    const binary = captureOf(4);
    binary.capture.addChunk(Uint8Array.of(0xff, 0xfe, 0x0a), undefined);
    binary.capture.addChunk('aaa\n', undefined);
    assert.deepEqual(binary.calls, ['']);
    assert.equal(binary.capture.isCut, true);
    const unseen = captureOf(4);
    unseen.capture.addChunk('a\n', undefined);
    unseen.capture.addUnseen(7);
    unseen.capture.addChunk('bbb\n', undefined);
    assert.deepEqual(unseen.calls, []);
  });

  it('loses the last chunk alone when that is removed', () => {
    const { capture } = captureOf(12);
    for (const line of ['aaa\n', 'bbb\n', 'ccc\n']) capture.addChunk(line, undefined);
    capture.addChunk('ddd\n', undefined);
    capture.removeLast(4);
    assert.equal(capture.toText(), 'aaa\nbbb\nccc\n');
    assert.equal(capture.bytes, 12);
    capture.addChunk('eee\n', undefined);
    assert.equal(capture.toText(), 'aaa\nbbb\nccc\neee\n');
    capture.removeLast(4);
    assert.equal(capture.toText(), 'aaa\nbbb\nccc\n');
    assert.equal(capture.isCut, false);
    const cut = new BodyCapture(4);
    cut.addChunk('abc', undefined);
    cut.addChunk('defg', undefined);
    assert.equal(cut.isCut, true);
    cut.removeLast(4);
    assert.equal(cut.toText(), 'abc');
    assert.equal(cut.isCut, false);
  });
});
