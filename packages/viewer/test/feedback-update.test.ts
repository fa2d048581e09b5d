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

const columns = { humanFeedback: 'humanFeedback', comment: 'comment', groundTruth: 'groundTruth' };

describe('an update of feedback', () => {
  it('has the changed fields alone, and names their columns', () => {
    assert.deepEqual(
      feedbackUpdate({ feedback: null, columns }, { value: '4/5', comment: ' why ', truth: '' }),
      {
        row: { humanFeedback: '4/5', comment: 'why' },
        config: { humanFeedbackColumnName: 'humanFeedback' },
      },
    );
    assert.deepEqual(
      feedbackUpdate({ feedback: GIVEN, columns }, { ...formOf(GIVEN), truth: 'Once.' }),
      {
        row: { groundTruth: 'Once.' },
        config: { groundTruthColumnName: 'groundTruth' },
      },
    );
  });

  it('has the columns that it is told', () => {
    const free = { humanFeedback: 'vote', comment: 'comment_', groundTruth: 'truth' };
    const form = { value: true, comment: 'why', truth: 'Once.' };
    assert.deepEqual(feedbackUpdate({ feedback: null, columns: free }, form), {
      row: { vote: true, comment_: 'why', truth: 'Once.' },
      config: { humanFeedbackColumnName: 'vote', groundTruthColumnName: 'truth' },
    });
  });

  it('has null for a field that was emptied', () => {
    assert.deepEqual(
      feedbackUpdate({ feedback: GIVEN, columns }, { ...formOf(GIVEN), comment: '  ' }),
      {
        row: { comment: null },
        config: {},
      },
    );
  });

  it('is undefined if nothing was changed, even if the form has other line ends', () => {
    assert.equal(feedbackUpdate({ feedback: null, columns }, formOf(null)), undefined);
    assert.equal(feedbackUpdate({ feedback: GIVEN, columns }, formOf(GIVEN)), undefined);
    const comment = 'first line\nsecond line';
    assert.equal(
      feedbackUpdate({ feedback: GIVEN, columns }, { ...formOf(GIVEN), comment }),
      undefined,
    );
    const json = { ...GIVEN, groundTruth: { answer: 42 } };
    assert.equal(feedbackUpdate({ feedback: json, columns }, formOf(json)), undefined);
  });
});
