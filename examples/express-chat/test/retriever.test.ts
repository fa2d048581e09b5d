import assert from 'node:assert/strict';
import { createRetriever, type Passage, type Retriever, readCorpus } from 'example-express-chat';

/** Questions of visitors, and the passage that answers each. */
const QUESTIONS: [question: string, passage: string][] = [
  ['What does a late book cost per day?', 'late-fees#1'],
  ['Can my dog come in?', 'house-rules#3'],
  ['When is story time for small children?', 'children#1'],
  ['Do I need a deposit to borrow a drill?', 'tool-library#2'],
  ['How much is a colour print?', 'printing#1'],
  ['My book got wet, what now?', 'lost-and-damaged#4'],
  ['How many people can use a study room?', 'study-rooms#1'],
  ['Can I return books at night?', 'opening-hours#4'],
  ['Which seeds are easy to save?', 'seed-library#2'],
  ['Is there a password for the wifi?', 'computers-and-wifi#1'],
  ['I lost my library card, what does a new one cost?', 'library-cards#4'],
  ['What happens if I do not collect a hold?', 'holds#3'],
  ['Can somebody bring books to my home?', 'home-delivery#1'],
  ['How do I renew a loan online?', 'renewals#1'],
  ['Do you take old encyclopedias?', 'donations#2'],
];

describe('the retriever', () => {
  let passages: Passage[];
  let retriever: Retriever;
  before(async () => {
    passages = await readCorpus();
    retriever = createRetriever(passages);
  });

  for (const [question, passage] of QUESTIONS) {
    it(`finds ${passage} for "${question}"`, () => {
      const found = retriever.search(question, 3).map(({ id }) => id);
      assert.ok(found.includes(passage), `found ${found.join(', ')} instead`);
    });
  }

  it('returns the best passages first, at most `limit`', () => {
    const found = retriever.search('What does a late book cost per day?', 4);
    const scores = found.map(({ score }) => score);
    assert.equal(found.length, 4);
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
  });

  it('finds nothing if no article matches', () => {
    assert.deepEqual(retriever.search('What is the capital of France?', 4), []);
    assert.deepEqual(retriever.search('', 4), []);
  });

  it('searches the paragraphs of an article', () => {
    const renewals = passages.filter(({ id }) => id.startsWith('renewals#'));
    assert.deepEqual(
      renewals.map(({ id, title }) => [id, title]),
      [1, 2, 3, 4].map((n) => [`renewals#${n}`, 'Renewals']),
    );
    assert.match(renewals[0]?.text ?? '', /^Most loans can be renewed twice/);
  });
});
