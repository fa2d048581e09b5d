import assert from 'node:assert/strict';
import { connectModel, LOCAL_MODEL } from 'example-local-model';
import OpenAI from 'openai';
import { asking } from './chat.js';

describe('connectModel', () => {
  it("connects to OpenAI's model if there is a key", async () => {
    await using model = await connectModel({ OPENAI_API_KEY: 'sk-test' });
    assert.deepEqual([model.name, model.provider], ['gpt-4o-mini', 'openai']);
    const openai = new OpenAI(model.client);
    assert.equal(openai.apiKey, 'sk-test');
    assert.match(openai.baseURL, /^https:\/\/api\.openai\.com\//);
  });

  it('takes the name of the model from the environment', async () => {
    await using model = await connectModel({ OPENAI_API_KEY: 'sk-test', OPENAI_MODEL: 'gpt-5' });
    assert.equal(model.name, 'gpt-5');
  });

  it('starts a local model without a key', async () => {
    await using model = await connectModel({});
    assert.deepEqual([model.name, model.provider], [LOCAL_MODEL, 'local']);
    const openai = new OpenAI(model.client);
    const { choices } = await openai.chat.completions.create({
      ...asking('When does the library open?'),
      model: model.name,
    });
    assert.match(choices[0]?.message.content ?? '', /opens at nine/);
  });
});
