/** Feedback as a sign and a word. */

import assert from 'node:assert/strict';
import { feedbackText, thumbOf } from '../src/reading/feedback-text.ts';

const feedback = (value: unknown, isPositive: boolean | null) => ({
  value,
  isPositive,
  comment: null,
  groundTruth: null,
  at: 0,
});

describe('feedback', () => {
  it('has the thumb that the filter "Feedback" uses, whatever the app sent', () => {
    for (const value of ['helpful', 'correct', '1', '4/5', 5, true]) {
      assert.equal(thumbOf(feedback(value, true)), 'up');
      assert.equal(thumbOf(feedback(value, false)), 'down');
      assert.equal(thumbOf(feedback(value, null)), undefined);
    }
  });

  it('is a word for a thumb, and as it was sent for a rating or a text', () => {
    for (const value of [true, 1, '1', 'thumbs_up', 'Thumbs up', 'up', '👍']) {
      assert.equal(feedbackText(feedback(value, true)), 'good');
    }
    for (const value of [false, 0, -1, '0', 'thumbs-down', '👎']) {
      assert.equal(feedbackText(feedback(value, false)), 'bad');
    }
    assert.equal(feedbackText(feedback('4/5', true)), '4/5');
    assert.equal(feedbackText(feedback(2, false)), '2');
    assert.equal(feedbackText(feedback('helpful', true)), 'helpful');
    assert.equal(feedbackText(feedback(null, null)), 'comment');
    assert.equal(feedbackText(feedback({ stars: 3 }, null)), '{"stars":3}');
  });
});
