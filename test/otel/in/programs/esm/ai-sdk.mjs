import { createOpenAI } from '@ai-sdk/openai';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { generateText, streamText } from 'ai';

export function callsOf(llm) {
  const openai = createOpenAI({ apiKey: 'sk-test', baseURL: `${llm}/v1` });
  const model = traceModel(openai.chat('gpt-5-mini'));
  const request = { model, prompt: 'hi there', maxRetries: 0 };
  return {
    whole: async () => (await generateText(request)).text,
    stream: async () => {
      let text = '';
      for await (const piece of streamText(request).textStream) text += piece;
      return text;
    },
    error: () => generateText({ ...request, headers: { 'x-scenario': 'status-400' } }),
  };
}
