/** The output of a model call, from the messages that the model answered with. */

import {
  arrayOrEmpty,
  definedFields,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import type { ChatMessage } from './chat-messages.js';
import { isTextAlone, partKindOf } from './message-parts.js';

/** What a model answered, as a step of a model call shows it. */
export interface ChatOutput {
  /**
   * A string if there is only text, else an object with `content`, `tool_calls` and `parts`; an array for several choices. The
   * content is an array of its texts if one of them has further fields.
   */
  readonly output: unknown;
  readonly reasoning: string | undefined;
  readonly finishReasons: readonly string[];
}

/** The output of the messages that a model answered with. */
export function chatOutputOf(messages: readonly ChatMessage[]): ChatOutput {
  // An agent states the messages of all its steps.
  if (messages.some(({ role }) => role !== 'assistant' && role !== 'model' && role !== 'ai')) {
    return { output: messages, reasoning: undefined, finishReasons: [] };
  }
  const read = messages.map(outputOf);
  const reasoning = read.map((each) => each.reasoning).join('');
  return {
    output: read.length === 1 ? read[0]?.output : read.map(({ output }) => output),
    reasoning: reasoning === '' ? undefined : reasoning,
    finishReasons: messages
      .map(({ finish_reason }) => stringOrUndefined(finish_reason))
      .filter((each): each is string => each !== undefined && each !== ''),
  };
}

function outputOf(message: ChatMessage): { readonly output: unknown; readonly reasoning: string } {
  const {
    role: _role,
    content,
    tool_calls,
    finish_reason: _reason,
    index: _index,
    ...fields
  } = message;
  const parts = arrayOrEmpty(content);
  const texts = parts.filter((part) => partKindOf(part) === 'text');
  const others = parts.filter((part) => partKindOf(part) !== 'text').flatMap(besideReasoning);
  const more = definedFields({
    tool_calls,
    parts: others.length > 0 ? others : undefined,
    ...fields,
  });
  const text = Array.isArray(content) ? joined(texts) : content;
  const hasMore = Object.keys(more).length > 0;
  const kept = text === '' && hasMore ? undefined : (text ?? undefined);
  return {
    output: hasMore || Array.isArray(kept) ? definedFields({ content: kept, ...more }) : kept,
    reasoning: parts
      .filter((part) => partKindOf(part) === 'reasoning')
      .map((part) => objectOrEmpty(part).text)
      .join(''),
  };
}

/** The texts as one, or as they are if one of them has further fields. */
function joined(texts: readonly unknown[]): unknown {
  return texts.every(isTextAlone) ? texts.map((each) => objectOrEmpty(each).text).join('') : texts;
}

/** The part. Of reasoning, only the fields beside its text. */
function besideReasoning(part: unknown): readonly unknown[] {
  if (partKindOf(part) !== 'reasoning') return [part];
  const { type, text: _, ...others } = objectOrEmpty(part);
  return Object.keys(others).length > 0 ? [{ type, ...others }] : [];
}
