/**
 * Reads the messages to and from a model from the inputs and the output of a step, in the forms of all providers. Parts of an
 * unknown form are kept as JSON.
 */

import { isRecord } from '../../json.js';
import type { Message, Part, ToolCall, ToolResult } from './message.js';
import { messagesIn, questionIn, readInputs } from './read-inputs.js';
import { isMessage, isMessageList } from './read-message.js';
import { readOutput } from './read-output.js';

/** The contents of a step that are read. */
export interface StepContents {
  readonly inputs: unknown;
  readonly output: unknown;
}

/** The messages in order, with results joined to their calls. */
export function readConversation({ inputs, output }: StepContents): readonly Message[] {
  const messages = [...readInputs(inputs), ...readOutput(output)];
  return joined(messages);
}

/** Whether a step is shown as a conversation: it has messages, or it is a model call. */
export function hasConversation({ inputs, output }: StepContents, type: string): boolean {
  if (messagesIn(inputs) !== undefined) return true;
  if (isMessageList(output) || (isRecord(output) && isMessage(output))) return true;
  if (type === 'chat_completion') return readInputs(inputs).length + readOutput(output).length > 0;
  return type === 'user_call' && questionIn(inputs) !== undefined;
}

/** Results go to the calls that they answer: by id, or else by name and order. */
function joined(messages: readonly Message[]): readonly Message[] {
  const byId = new Map<string, ToolCall>();
  const open: ToolCall[] = [];
  const kept: Message[] = [];
  for (const message of messages) {
    const parts: Part[] = [];
    for (const part of message.parts) {
      if (part.kind === 'call') {
        const made = { ...part };
        parts.push(made);
        if (made.id !== undefined) byId.set(made.id, made);
        if (made.result === undefined) open.push(made);
        continue;
      }
      const asked = part.kind === 'result' ? callOf(part, byId, open) : undefined;
      if (part.kind !== 'result' || asked === undefined) {
        parts.push(part);
        continue;
      }
      asked.result = part;
      open.splice(open.indexOf(asked), 1);
    }
    if (parts.length > 0) kept.push({ ...message, parts });
  }
  return kept;
}

function callOf(
  { id, name }: ToolResult,
  byId: ReadonlyMap<string, ToolCall>,
  open: readonly ToolCall[],
): ToolCall | undefined {
  const exact = id === undefined ? undefined : byId.get(id);
  if (exact !== undefined) return exact.result === undefined ? exact : undefined;
  if (name === undefined) return undefined;
  return open.find((each) => each.name === name && (id === undefined || each.id === undefined));
}
