/** What the form for feedback sends. */

import assert from 'node:assert/strict';
import { feedbackUpdate, formOf, isWhole, wholeFeedback } from '../src/reading/feedback-update.ts';

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

  it('keeps the type of a ground truth that is no string, and all of its digits', () => {
    for (const [groundTruth, from, to, expected] of [
      [{ answer: 42 }, '42', '43', { answer: 43 }],
      [42, '42', '43', 43],
      [['a'], '"a"', '"b", null', ['b', null]],
      [{ answer: 42 }, '42', '1234567890123456789', { answer: 1234567890123456789n }],
      [{ answer: 42 }, '42', 'none,', '{\n  "answer": none,\n}'],
      ['42', '42', '43', '43'],
      [null, '', '{"a":1}', '{"a":1}'],
    ] as const) {
      const feedback = { ...GIVEN, groundTruth };
      const form = formOf(feedback);
      assert.ok(form.truth.includes(from) && (groundTruth === null || form.truth !== ''));
      const truth = from === '' ? to : form.truth.replace(from, to);
      const update = feedbackUpdate({ feedback, columns }, { ...form, truth });
      assert.deepEqual(update, {
        row: { groundTruth: expected },
        config: { groundTruthColumnName: 'groundTruth' },
      });
    }
  });

  it('has whole texts, of the row where the summary has their beginning', () => {
    const long = 'x'.repeat(5000);
    const cut = 'x'.repeat(1000);
    assert.equal(isWhole(null), true);
    assert.equal(isWhole(GIVEN), true);
    assert.equal(isWhole({ ...GIVEN, groundTruth: { long } }), true);
    assert.equal(isWhole({ ...GIVEN, comment: 'x'.repeat(998) }), true);
    for (const beginning of [cut, cut.slice(1)]) {
      assert.equal(isWhole({ ...GIVEN, comment: beginning }), false);
      assert.equal(isWhole({ ...GIVEN, groundTruth: beginning }), false);
    }
    const row = { comment: long, groundTruth: { long } };
    const whole = wholeFeedback({ ...GIVEN, comment: cut, groundTruth: cut }, row, columns);
    assert.deepEqual(whole, { value: 'thumbs_up', ...row });
    const { comment, truth } = formOf(whole);
    assert.deepEqual(
      feedbackUpdate({ feedback: whole, columns }, { value: false, comment: `${comment}!`, truth }),
      {
        row: { humanFeedback: false, comment: `${long}!` },
        config: { humanFeedbackColumnName: 'humanFeedback' },
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
