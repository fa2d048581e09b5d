/** The messages of each session. A real app would keep them in a database. */

import type OpenAI from 'openai';

type Message = OpenAI.ChatCompletionMessageParam;

const INSTRUCTIONS =
  'You stand at the desk of the city library of Halden Bay. Use the tools, and answer from what they say.';

const MAX_SESSIONS = 1000;

export class Conversations {
  readonly #messages = new Map<string, Message[]>();

  /** The conversation of a session. Different users never share one. */
  of(user: string, session: string): Message[] {
    const key = JSON.stringify([user, session]);
    const messages = this.#messages.get(key) ?? [{ role: 'system', content: INSTRUCTIONS }];
    this.#messages.delete(key);
    this.#messages.set(key, messages);
    for (const oldest of this.#messages.keys()) {
      if (this.#messages.size <= MAX_SESSIONS) break;
      this.#messages.delete(oldest);
    }
    return messages;
  }
}

/** The messages of visitor and agent, without instructions, tool calls and their results. */
export function transcriptOf(messages: readonly Message[]): { role: string; text: string }[] {
  return messages.flatMap(({ role, content }) =>
    (role === 'user' || role === 'assistant') && typeof content === 'string'
      ? [{ role, text: content }]
      : [],
  );
}
