/** The agent: asks the model, runs the tools that it wants, and asks again, until it has an answer. */

import { step } from '@openlayer-tracing/koa';
import type OpenAI from 'openai';
import type { ChatModel } from './chat-model.js';
import { callsIn, callTool, type Tools, toDefinitions } from './tools.js';

type Message = OpenAI.ChatCompletionMessageParam;

export interface Agent {
  readonly chat: ChatModel;
  readonly tools: Tools;
  /** Ends the work when the client leaves. */
  readonly signal: AbortSignal;
}

const MAX_TURNS = 6;

/** Answers the last message of the conversation, to which it adds all that it says and hears. */
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

/** One call of the model, which is a step of its own: the client is traced. */
async function ask(
  { chat, tools, signal }: Agent,
  messages: readonly Message[],
): Promise<OpenAI.ChatCompletionMessage> {
  const completion = await chat.openai.chat.completions.create(
    { model: chat.model, messages: [...messages], tools: toDefinitions(tools) },
    { signal },
  );
  const message = completion.choices[0]?.message;
  if (message === undefined) throw new Error('the model has said nothing');
  return message;
}
