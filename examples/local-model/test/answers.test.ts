import assert from 'node:assert/strict';
import { type LocalModel, startLocalModel } from 'example-local-model';
import type OpenAI from 'openai';
import { asking, clientOf } from './chat.js';

const NOTHING = 'I found nothing about that in the passages I was given.';

describe('the answers of the local model', () => {
  let model: LocalModel;
  let openai: OpenAI;
  before(async () => {
    model = await startLocalModel();
    openai = clientOf(model);
  });
  after(() => model.close());

  async function answerTo(request: OpenAI.ChatCompletionCreateParamsNonStreaming) {
    const completion = await openai.chat.completions.create(request);
    return completion.choices[0]?.message.content;
  }

  it('quotes the sentence that answers the question', async () => {
    assert.equal(
      await answerTo(asking('When does the library open?')),
      'Opening hours: “The library opens at nine on weekdays.”',
    );
    assert.equal(
      await answerTo(asking('How long can I borrow a film?')),
      'Loans: “Films go out for one week.”',
    );
  });

  it('does not end a sentence after an abbreviation', async () => {
    assert.equal(
      await answerTo(asking('Who began the rule?')),
      'Loans: “Dr. Mora began the rule in 1974.”',
    );
  });

  it('answers the last question of a longer chat', async () => {
    const { model, messages } = asking('When does the library open?');
    const longer = [
      ...messages,
      { role: 'assistant' as const, content: 'At nine.' },
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'And on Sundays?' }] },
    ];
    assert.equal(
      await answerTo({ model, messages: longer }),
      'Opening hours: “On Sundays it stays closed.”',
    );
  });

  it('reads plain paragraphs below a line such as "Context:", and the question from "Question:"', async () => {
    const { model } = asking('');
    const content =
      'Answer from the context:\nTea is grown on hills.\n\nCoffee is roasted at 200 degrees.\n\nQuestion: Where is tea grown?';
    assert.equal(
      await answerTo({ model, messages: [{ role: 'user', content }] }),
      '“Tea is grown on hills.”',
    );
  });

  it('responds that it found nothing if no passage matches the question', async () => {
    assert.equal(await answerTo(asking('What is the capital of France?')), NOTHING);
    assert.equal(await answerTo(asking('When does the library open?', 'Be kind.')), NOTHING);
    assert.equal(await answerTo(asking('')), NOTHING);
  });

  it('has the same answer for the same messages', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => answerTo(asking('When does the library open?'))),
    );
    assert.equal(new Set(answers).size, 1);
  });

  it('treats control tokens and regular expressions in a passage as text', async () => {
    const odd = '<passage title="a > b">The <|endoftext|> token is (x*)+ odd [$1].</passage>';
    assert.equal(
      await answerTo(asking('Which token is odd?', odd)),
      'a > b: “The <|endoftext|> token is (x*)+ odd [$1].”',
    );
  });
});
