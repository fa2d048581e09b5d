/** The messages in the inputs of a step, or the question of a user. */

import { isRecord, type Json } from '../../json.js';
import { addAll, without } from './fields.js';
import type { Message } from './message.js';
import { isMessageList, readMessage, textMessage, withParts } from './read-message.js';
import { contentParts } from './read-part.js';

const SYSTEM_FIELDS = [
  'system',
  'instructions',
  'systemInstruction',
  'system_instruction',
  'preamble',
];

const LIST_FIELDS = ['prompt', 'messages', 'input', 'contents', 'chat_history', 'history'];

/** Fields in which apps receive a user's question. */
const QUESTION_FIELDS = ['question', 'message', 'prompt', 'query', 'input', 'text', 'q'];

export function readInputs(inputs: unknown): Message[] {
  if (typeof inputs === 'string')
    return inputs === '' ? [] : [textMessage('user', inputs, 'input')];
  if (isMessageList(inputs)) return inputs.flatMap((each) => readMessage(each, 'input'));
  if (!isRecord(inputs)) return [];
  const found = messagesIn(inputs);
  const source = found?.source ?? inputs;
  const messages: Message[] = [];
  const used = new Set<string>();
  for (const field of SYSTEM_FIELDS) {
    if (source[field] === undefined || source[field] === null) continue;
    used.add(field);
    addAll(messages, withParts('system', undefined, 'input', contentParts(source[field])));
  }
  if (found !== undefined) {
    used.add(found.field);
    addAll(
      messages,
      found.messages.flatMap((each) => readMessage(each, 'input')),
    );
  }
  // A history has what was said before; the question has a field of its own.
  const isHistory = found?.field === 'chat_history' || found?.field === 'history';
  if (found === undefined || isHistory) {
    const question = questionIn(inputs);
    if (question !== undefined) {
      if (question.source === source) used.add(question.field);
      messages.push(textMessage('user', question.text, 'input'));
    } else if (found === undefined) {
      const field = LIST_FIELDS.find((name) => source[name] !== undefined && source[name] !== null);
      if (field !== undefined) {
        used.add(field);
        addAll(messages, withParts('user', undefined, 'input', contentParts(source[field])));
      }
    }
  }
  const others = without(source, used);
  const hasOthers = Object.keys(others).length > 0;
  const hasOwnQuestion = source === inputs && questionIn(inputs)?.source === inputs;
  if (messages.length > 0 && hasOthers && (found !== undefined || hasOwnQuestion)) {
    messages.push({
      role: 'other inputs',
      name: undefined,
      side: 'input',
      parts: [{ kind: 'unknown', value: others }],
    });
  }
  return messages;
}

interface FoundMessages {
  readonly source: Json;
  readonly field: string;
  readonly messages: readonly unknown[];
}

export function messagesIn(inputs: unknown): FoundMessages | undefined {
  if (isMessageList(inputs)) return { source: {}, field: '', messages: inputs };
  if (!isRecord(inputs)) return undefined;
  for (const source of [inputs, inputs.body]) {
    if (!isRecord(source)) continue;
    for (const field of LIST_FIELDS) {
      const list = source[field];
      if (isMessageList(list)) return { source, field, messages: list };
    }
  }
  // LangChain gives one list for each prompt.
  const { messages } = inputs;
  if (Array.isArray(messages) && messages.length === 1 && isMessageList(messages[0])) {
    return { source: inputs, field: 'messages', messages: messages[0] };
  }
  return undefined;
}

export function questionIn(
  inputs: unknown,
): { readonly source: Json; readonly field: string; readonly text: string } | undefined {
  if (!isRecord(inputs)) return undefined;
  for (const source of [inputs, inputs.body, inputs.query]) {
    if (!isRecord(source)) continue;
    const field = QUESTION_FIELDS.find((name) => typeof source[name] === 'string');
    const text = field === undefined ? undefined : source[field];
    if (field !== undefined && typeof text === 'string' && text !== '')
      return { source, field, text };
  }
  const { body } = inputs;
  return typeof body === 'string' && body !== ''
    ? { source: inputs, field: 'body', text: body }
    : undefined;
}
