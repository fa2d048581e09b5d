/** Runs of Anthropic's agent SDK without its program: a `query` that yields the messages of a script. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { rowsOf } from './stage.ts';

export type Json = Record<string, unknown>;
export type Options = Parameters<typeof traceClaudeAgent>[1];

export interface Asked {
  readonly prompt: string | AsyncIterable<unknown>;
  readonly options?: Json & { abortController?: AbortController };
}

/** What the SDK's `query` returns: an object around a generator of its own, which `for await` reads. */
export class FakeQuery {
  readonly #messages: AsyncGenerator<Json, void>;
  interrupted = false;
  closed = false;

  constructor(messages: AsyncGenerator<Json, void>) {
    this.#messages = messages;
  }

  next(...args: [] | [unknown]): Promise<IteratorResult<Json, void>> {
    return this.#messages.next(...args);
  }

  async return(): Promise<IteratorResult<Json, void>> {
    return this.#messages.return();
  }

  async throw(error: unknown): Promise<IteratorResult<Json, void>> {
    return this.#messages.throw(error);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Json, void> {
    return this.#messages;
  }

  close(): void {
    this.closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
  }

  async interrupt(): Promise<void> {
    this.interrupted = true;
  }
}

/** A `query` that yields these messages; a function among them is called, and may throw. */
export function agentOf(...script: readonly (Json | (() => unknown))[]) {
  return function query(asked: Asked): FakeQuery {
    async function* messages(): AsyncGenerator<Json, void> {
      if (typeof asked.prompt !== 'string') for await (const _ of asked.prompt);
      for (const each of script) {
        if (typeof each !== 'function') yield each;
        else await each();
      }
    }
    return new FakeQuery(messages());
  };
}

let uuid = 0;
export const from = (message: Json): Json => ({ uuid: `u${uuid++}`, session_id: 's1', ...message });
export const INIT = from({
  type: 'system',
  subtype: 'init',
  model: 'claude-sonnet-4-6',
  tools: ['Bash'],
  cwd: '/app',
  claude_code_version: '2.1.0',
});
export const usage = (input: number, output: number): Json => ({
  input_tokens: input,
  output_tokens: output,
  cache_read_input_tokens: 100,
});

export function assistant(id: string, content: readonly Json[], over: Json = {}): Json {
  const message = {
    id,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-6',
    content,
    stop_reason: null,
    usage: usage(10, 2),
    ...(over.message as Json | undefined),
  };
  return from({ type: 'assistant', parent_tool_use_id: null, ...over, message });
}

export const said = (text: string): Json => ({ type: 'text', text });
export const call = (id: string, name: string, input: Json): Json => ({
  type: 'tool_use',
  id,
  name,
  input,
});

export function toolResult(id: string, content: unknown, over: Json = {}): Json {
  const { is_error, ...rest } = over;
  return from({
    type: 'user',
    parent_tool_use_id: null,
    message: {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: id, content, is_error: is_error ?? false }],
    },
    ...rest,
  });
}

export const MODEL_USAGE = {
  'claude-sonnet-4-6': {
    inputTokens: 20,
    outputTokens: 4,
    cacheReadInputTokens: 200,
    cacheCreationInputTokens: 0,
    webSearchRequests: 0,
    costUSD: 0.03,
    contextWindow: 200_000,
    maxOutputTokens: 32_000,
  },
};

export const result = (over: Json = {}): Json =>
  from({
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: 'It is fixed.',
    num_turns: 2,
    stop_reason: 'end_turn',
    duration_ms: 900,
    duration_api_ms: 700,
    total_cost_usd: 0.03,
    usage: usage(20, 4),
    modelUsage: MODEL_USAGE,
    permission_denials: [],
    ...over,
  });

export const SCRIPT = [
  INIT,
  assistant('msg_1', [said('I look.')]),
  assistant('msg_1', [call('t1', 'Bash', { command: 'npm test' })]),
  toolResult('t1', 'all green'),
  assistant('msg_2', [said('It is fixed.')]),
  result(),
];

/** The steps of the one trace that is made. */
export async function recorded(
  query: ReturnType<typeof agentOf>,
  run: (query: ReturnType<typeof agentOf>) => Promise<unknown>,
  options?: Options,
): Promise<WireStep> {
  using captured = captureTraces();
  await run(traceClaudeAgent(query, options)).catch(() => {});
  const [row] = await rowsOf(captured, 1);
  const [step] = row?.steps ?? [];
  assert.ok(step);
  return step;
}

export async function read(
  query: ReturnType<typeof agentOf>,
  asked: Asked = { prompt: 'Fix it.' },
) {
  const messages: unknown[] = [];
  for await (const message of query(asked)) messages.push(message);
  return messages;
}
