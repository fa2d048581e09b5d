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
  it('has the fields that were changed, with the columns that they go to', () => {
    assert.deepEqual(feedbackUpdate(null, { value: '4/5', comment: ' why ', truth: '' }), {
      row: { humanFeedback: '4/5', comment: 'why' },
      config: { humanFeedbackColumnName: 'humanFeedback' },
    });
    assert.deepEqual(feedbackUpdate(GIVEN, { ...formOf(GIVEN), truth: 'Once.' }), {
      row: { groundTruth: 'Once.' },
      config: { groundTruthColumnName: 'groundTruth' },
    });
  });

  it('takes back what was emptied', () => {
    assert.deepEqual(feedbackUpdate(GIVEN, { ...formOf(GIVEN), comment: '  ' }), {
      row: { comment: null },
      config: {},
    });
  });

  it('is none where nothing was changed, also if the form has other ends of lines', () => {
    assert.equal(feedbackUpdate(null, formOf(null)), undefined);
    assert.equal(feedbackUpdate(GIVEN, formOf(GIVEN)), undefined);
    const comment = 'first line\nsecond line';
    assert.equal(feedbackUpdate(GIVEN, { ...formOf(GIVEN), comment }), undefined);
    const json = { ...GIVEN, groundTruth: { answer: 42 } };
    assert.equal(feedbackUpdate(json, formOf(json)), undefined);
  });
});
