/** What holds for frameworks beside their batteries: traces of their own, tokens and parameters, content that is kept out. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, run, setTraceProcessors } from '@openai/agents';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { renderTrace } from '@openlayer-tracing/local';
import * as ai6 from 'ai6';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import { generateText, streamText } from 'ai7';
import { createOpenAI } from 'ai7-openai';
import OpenAI from 'openai7';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { rowsOf } from './stage.ts';

describe('frameworks outside a request', () => {
  let llm: LlmServer;
  const settings = () => ({ apiKey: 'k', baseURL: `${llm.url}/v1` });
  before(async () => {
    llm = await startLlmServer();
    traceAISDK();
    traceLangChain(CallbackManager);
    setTraceProcessors([agentsTraceProcessor()]);
  });
  after(() => llm[Symbol.asyncDispose]());

  it('are separate traces', async () => {
    using captured = captureTraces();
    const prompt = 'hi there';
    await generateText({ model: createOpenAI(settings()).chat('gpt-5'), prompt });
    await new ChatOpenAI({ model: 'gpt-5', apiKey: 'k', configuration: settings() }).invoke(prompt);
    // The SDK brings a copy of the same client, whose private members make it another type.
    const model = new OpenAIChatCompletionsModel(new OpenAI(settings()) as never, 'gpt-5');
    await run(new Agent({ name: 'Helper', model }), prompt);
    const trees = (await rowsOf(captured, 3)).map((row) =>
      renderTrace(row, { timings: false }).split('\n').slice(1),
    );
    const said = '"You said: hi there — ça va?"';
    assert.deepEqual(trees, [
      [
        `└─ AI SDK generateText [chain]  → ${said}`,
        `   └─ AI SDK Chat Completion [chat_completion]  gpt-5-2026  5+7 tokens  → ${said}`,
      ],
      [`└─ LangChain Chat Completion [chat_completion]  gpt-5-2026  5+7 tokens  → ${said}`],
      [
        `└─ Agent workflow [chain]  → ${said}`,
        `   └─ Helper [agent]  → ${said}`,
        `      └─ OpenAI Agents Chat Completion [chat_completion]  gpt-5-2026  5+7 tokens  → ${said}`,
      ],
    ]);
  });

  it('record a call once if their models are traced too', async () => {
    using captured = captureTraces();
    const model = traceModel(createOpenAI(settings()).chat('gpt-5'));
    await generateText({ model, prompt: 'hi there' });
    const { textStream } = streamText({ model, prompt: 'hi there' });
    for await (const _text of textStream);
    const rows = await rowsOf(captured, 2);
    assert.deepEqual(
      rows.map(({ steps }) =>
        steps[0]?.steps.map(({ type, steps: below }) => [type, below.length]),
      ),
      [[['chat_completion', 0]], [['chat_completion', 0]]],
    );
  });

  it('record parameters, and tokens by price', async () => {
    using captured = captureTraces();
    const model = traceModel(createOpenAI6(settings()).chat('gpt-4o'));
    await ai6.generateText({ model, prompt: 'hi', temperature: 0.5, maxOutputTokens: 9 });
    const [row] = await rowsOf(captured, 1);
    const step = row?.steps[0];
    assert.equal(step?.provider, 'openai');
    assert.deepEqual(step?.modelParameters, { max_output_tokens: 9, temperature: 0.5 });
    assert.deepEqual(step?.usageDetails, { input_tokens: 2, output_tokens: 6, cached_tokens: 2 });
  });

  it('have no content with content: false', async () => {
    using captured = captureTraces();
    const model = traceModel(createOpenAI6(settings()).chat('gpt-4o'), { content: false });
    await ai6.generateText({ model, prompt: 'a secret' });
    const [row] = await rowsOf(captured, 1);
    assert.equal(row?.tokens, 12);
    assert.ok(!JSON.stringify(row).includes('secret'));
  });

  it('throw for a wrong argument, with what they take', () => {
    assert.throws(() => traceModel({}), /traceModel\(model\) takes a model/);
    assert.throws(() => traceLangChain({}), {
      name: 'TypeError',
      message:
        'traceLangChain(class) takes CallbackManager, BaseChatModel or a class of embeddings, such as OpenAIEmbeddings',
    });
    assert.throws(() => agentsTraceProcessor({ content: 'no' as never }), /true or false/);
  });
});
