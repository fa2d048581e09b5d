/** Models of the AI SDK in the forms in which apps pass them on: wrapped, in a registry, as a mock. Each call is recorded once. */

import assert from 'node:assert/strict';
import { traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import * as ai6 from 'ai6';
import { MockLanguageModelV3 } from 'ai6/test';
import { createOpenAI } from 'ai6-openai';
import { z } from 'zod';
import { stepOfCall, stepsOfCalls } from './answering.ts';

const message = { role: 'assistant', content: 'So.' };
const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
const json = {
  id: 'c',
  model: 'gpt-5',
  choices: [{ index: 0, finish_reason: 'stop', message }],
  usage,
};

type Model = Exclude<Parameters<typeof ai6.wrapLanguageModel>[0]['model'], string>;

const settings = ai6.defaultSettingsMiddleware({ settings: { temperature: 0.1 } });
const wrapped = (model: Model) => ai6.wrapLanguageModel({ model, middleware: settings });
const forms: Readonly<Record<string, (model: Model) => Model>> = {
  'in a wrapper': (model) => wrapped(traceModel(model)),
  'as a wrapper': (model) => traceModel(wrapped(model)),
  'in a wrapper that is traced too': (model) => traceModel(wrapped(traceModel(model))),
  'in a registry': (model) => {
    const provider = ai6.customProvider({ languageModels: { fast: wrapped(traceModel(model)) } });
    return ai6.createProviderRegistry({ mine: provider }).languageModel('mine:fast');
  },
};

describe('a model of the AI SDK', () => {
  for (const [form, make] of Object.entries(forms)) {
    it(`is recorded once ${form}`, async () => {
      const step = await stepOfCall({ json }, async (url) => {
        const model = make(createOpenAI({ apiKey: 'k', baseURL: url }).chat('gpt-5'));
        assert.equal((await ai6.generateText({ model, prompt: 'hi' })).text, 'So.');
      });
      assert.deepEqual([step.output, step.tokens], ['So.', 7]);
    });
  }

  it('is recorded as a mock, and counts its calls', async () => {
    const mock = new MockLanguageModelV3({
      doGenerate: {
        content: [{ type: 'text', text: 'mocked' }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: { inputTokens: { total: 1 }, outputTokens: { total: 2 } } as never,
        warnings: [],
      },
    });
    const step = await stepOfCall({ json }, () =>
      ai6.generateText({ model: traceModel(mock), prompt: 'hi' }),
    );
    assert.deepEqual([step.output, step.tokens, mock.doGenerateCalls.length], ['mocked', 3, 1]);
  });

  it('receives a traced tool that is dynamic with all its fields', async () => {
    const toModelOutput = () => ({ type: 'text' as const, value: 'short' });
    const inputSchema = z.object({});
    const find = ai6.dynamicTool({ inputSchema, execute: async () => ({ n: 1 }), toModelOutput });
    const { steps } = await stepsOfCalls({ json }, async () => {
      const tools = traceTools({ find });
      assert.deepEqual(Object.keys(tools.find), Object.keys(find));
      assert.equal(tools.find.toModelOutput, toModelOutput);
      await tools.find.execute?.({}, { toolCallId: 't', messages: [] });
    });
    assert.deepEqual(
      steps.map(({ name, output }) => [name, output]),
      [['find', { n: 1 }]],
    );
  });
});
