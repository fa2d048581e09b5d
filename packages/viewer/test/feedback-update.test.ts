/** What the form for feedback sends. */

import assert from 'node:assert/strict';
import { feedbackUpdate, formOf } from '../src/reading/feedback-update.ts';

const GIVEN = {
  value: 'thumbs_up',
  isPositive: true,
  comment: 'first line\r\nsecond line ',
  groundTruth: 'Twice.',
  at: 0,
};

describe('an update of feedback', () => {
  it('has the changed fields alone, and names their columns', () => {
    assert.deepEqual(feedbackUpdate(null, { value: '4/5', comment: ' why ', truth: '' }), {
      row: { humanFeedback: '4/5', comment: 'why' },
      config: { humanFeedbackColumnName: 'humanFeedback' },
    });
    assert.deepEqual(feedbackUpdate(GIVEN, { ...formOf(GIVEN), truth: 'Once.' }), {
      row: { groundTruth: 'Once.' },
      config: { groundTruthColumnName: 'groundTruth' },
    });
  });

  it('has null for a field that was emptied', () => {
    assert.deepEqual(feedbackUpdate(GIVEN, { ...formOf(GIVEN), comment: '  ' }), {
      row: { comment: null },
      config: {},
    });
  });

  it('is undefined if nothing was changed, even if the form has other line ends', () => {
    assert.equal(feedbackUpdate(null, formOf(null)), undefined);
    assert.equal(feedbackUpdate(GIVEN, formOf(GIVEN)), undefined);
    const comment = 'first line\nsecond line';
    assert.equal(feedbackUpdate(GIVEN, { ...formOf(GIVEN), comment }), undefined);
    const json = { ...GIVEN, groundTruth: { answer: 42 } };
    assert.equal(feedbackUpdate(json, formOf(json)), undefined);
  });
});
