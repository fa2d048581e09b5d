/** An Express app whose handlers ask models, with a server of models and a collector of traces. */

import type { TracerOptions } from '@openlayer-tracing/core';
import type { CapturedTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { express5 } from '../contract/express/frameworks.ts';
import type { App } from '../contract/harness/frameworks.ts';
import { type Stage, stageOf } from '../contract/harness/stage.ts';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';

export interface LlmStage extends AsyncDisposable {
  readonly stage: Stage;
  readonly llm: LlmServer;
  readonly openai: OpenAI;
}

export interface LlmSetup {
  readonly define: (app: App, openai: OpenAI, llm: LlmServer) => void;
  readonly options?: Parameters<typeof traceOpenAI>[1];
  readonly tracer?: TracerOptions;
  readonly diagnostics?: readonly string[];
}

export async function llmStage({ define, options, ...settings }: LlmSetup): Promise<LlmStage> {
  const llm = await startLlmServer();
  const openai = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` }), {
    provider: 'openai',
    ...options,
  });
  const stage = await stageOf(express5, {
    define: (app) => define(app, openai, llm),
    ...settings,
  });
  return {
    stage,
    llm,
    openai,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await llm[Symbol.asyncDispose]();
    },
  };
}

export const ask = (content = 'hi there') => ({
  model: 'gpt-5-mini',
  messages: [{ role: 'user' as const, content }],
});

/** Asks the app for a path, and reads its answer. */
export async function get(stage: Stage, path: string, id?: string): Promise<string> {
  const headers = id === undefined ? undefined : { 'x-request-id': id };
  const response = await fetch(`${stage.url}${path}`, { ...(headers && { headers }) });
  return response.text();
}

/** The rows that were captured, once there are so many. */
export async function rowsOf(captured: CapturedTraces, n: number): Promise<readonly WireRow[]> {
  for (let waited = 0; waited < 60_000; waited += 10) {
    const rows = await captured.rows();
    if (rows.length >= n) return rows;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`there are ${(await captured.rows()).length} rows, not ${n}`);
}
