/** Many texts that are formatted. */

import assert from 'node:assert/strict';
import { FormatTurns } from '../src/content/format-turns.ts';

describe('texts that are formatted', () => {
  /** Starts texts of some lengths. @returns the characters of each turn, and the order in which they started */
  const run = async (lengths: readonly number[]) => {
    const turns = new FormatTurns();
    const order: number[] = [];
    const chars: number[] = [0];
    const start = (place: number) => {
      order.push(place);
      chars[chars.length - 1] = (chars.at(-1) ?? 0) + (lengths[place] ?? 0);
    };
    for (const [place, length] of lengths.entries()) {
      if (turns.take(length)) start(place);
      else turns.wait(length, () => start(place));
    }
    const end = Date.now() + 5000;
    while (order.length < lengths.length && Date.now() < end) {
      // Turns are at least 16 ms apart.
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (chars.at(-1) !== 0) chars.push(0);
    }
    return { order, chars: chars.filter((each) => each > 0) };
  };

  it('are formatted at once if they are short', async () => {
    const { order, chars } = await run([1500, 1500, 2000]);
    assert.deepEqual([order, chars], [[0, 1, 2], [5000]]);
  });

  it('take turns in their order, of so many characters or of one longer text', async () => {
    const lengths = [...Array.from({ length: 30 }, () => 1500), 50_000, 100, 45_000, 5000];
    const { order, chars } = await run(lengths);
    assert.deepEqual(
      order,
      lengths.map((_, place) => place),
    );
    assert.ok(
      chars.every((each) => each <= 5000 || each === 50_000 || each === 45_000),
      `${chars}`,
    );
    assert.ok(chars.length >= 13);
  });

  it('wait no more if they are gone', async () => {
    const turns = new FormatTurns();
    const started: string[] = [];
    assert.equal(turns.take(5000), true);
    const leave = turns.wait(5000, () => started.push('gone'));
    turns.wait(10, () => started.push('there'));
    leave();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(started, ['there']);
    assert.equal(turns.take(5000), true);
  });
});
