/** The agent: asks the model, runs the tools that it calls, and asks again, until it answers. */

import { step } from '@openlayer-tracing/koa';
import type OpenAI from 'openai';
import { callsIn, callTool, type Tools, toDefinitions } from './tools.js';

type Message = OpenAI.ChatCompletionMessageParam;

export interface Agent {
  /** A traced client. */
  readonly openai: OpenAI;
  readonly model: string;
  readonly tools: Tools;
  /** Stops the agent. */
  readonly signal: AbortSignal;
}

const MAX_TURNS = 6;

/** Answers the last message of the conversation. Appends the model's messages and the results of tools. */
export function answer(agent: Agent, conversation: Message[]): Promise<string> {
  return step({ name: 'library_desk', type: 'agent', agentType: 'tools' }, async (own) => {
    for (let turn = 1; turn <= MAX_TURNS; turn++) {
      const reply = await ask(agent, conversation);
      conversation.push(reply);
      const calls = callsIn(reply);
      if (calls.length === 0) {
        own.update({ metadata: { turns: turn } });
        return reply.content ?? '';
      }
      conversation.push(...(await Promise.all(calls.map((call) => callTool(agent.tools, call)))));
    }
    throw new Error(`no answer after ${MAX_TURNS} turns`);
  });
}

/** Calls the model once. */
async function ask(
  { openai, model, tools, signal }: Agent,
  messages: readonly Message[],
): Promise<OpenAI.ChatCompletionMessage> {
  const completion = await openai.chat.completions.create(
    { model, messages: [...messages], tools: toDefinitions(tools) },
    { signal },
  );
  const message = completion.choices[0]?.message;
  if (message === undefined) throw new Error('the model returned no message');
  return message;
}
