import { traceAISDK, traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import type * as openai7 from 'ai7-openai';
import { type AIKit, type AIModule, aiChecks } from './ai-checks.ts';
import type { DoorOptions } from './check.ts';

export async function load(packageName: string, traced: DoorOptions | undefined, url: string) {
  const ai = (await import(packageName)) as AIModule;
  const { createOpenAI } = (await import(`${packageName}-openai`)) as typeof openai7;
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  const major = Number(packageName.slice('ai'.length));
  if (traced && major >= 7) traceAISDK(traced);
  return {
    checks: aiChecks,
    kit(name: string): AIKit {
      const provider = createOpenAI({
        apiKey: 'sk-test',
        baseURL: `${url}/v1`,
        headers: { 'x-case': `${traced !== undefined}:${name}` },
        // What the SDK records is not recorded once more by its provider.
        ...(traced && name.includes('traced client') && { fetch: tracedFetch(traced) }),
      });
      const prepared = <Model extends object>(model: Model): Model =>
        traced && major < 7 ? traceModel(model, traced) : model;
      return {
        ai,
        major,
        model: () => prepared(provider.chat('gpt-5-mini')),
        // From 7 on the SDK tells of its tools, and they are recorded once all the same.
        tools: (tools) => (traced ? traceTools(tools, traced) : tools),
        responses: () => prepared(provider.responses('gpt-5')),
        embedder: () => prepared(provider.textEmbeddingModel('text-embedding-3-small')),
        scenario: (scenario) => ({ headers: { 'x-scenario': scenario } }),
      };
    },
  };
}
