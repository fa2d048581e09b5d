/** Reads the content of Mistral's messages: a string, or an array of parts. */

import { encrypted } from '../../common/content/media.js';
import { arrayOrEmpty, isRecord, type Json, objectOrEmpty } from '../../common/json.js';
import type { Message } from '../reading/message.js';

/** Adds a string or parts to a message. Parts other than text and thinking are added unchanged. */
export function takeMistralContent(message: Message, content: unknown): void {
  if (typeof content === 'string') message.text.add(content);
  else
    for (const part of Array.isArray(content) ? content : [content])
      takePart(message, objectOrEmpty(part));
}

function takePart(message: Message, part: Json): void {
  const { type, text, thinking, signature, closed: _closed, ...others } = part;
  if (typeof text === 'string' && (type === undefined || type === 'text')) message.text.add(text);
  else if (text !== undefined) Object.assign(others, { text });
  for (const thought of typeof thinking === 'string'
    ? [{ text: thinking }]
    : arrayOrEmpty(thinking)) {
    const { text: thoughtText, ...more } = objectOrEmpty(thought);
    if (typeof thoughtText === 'string') message.reasoning.add(thoughtText);
    else if (isRecord(thought)) message.addPart({ thinking: more });
  }
  if (typeof signature === 'string' && signature !== '') {
    Object.assign(others, { signature: encrypted(signature) });
  }
  if (Object.keys(others).length > 0) message.addPart({ type, ...others });
}
