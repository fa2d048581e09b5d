/** Reads the content of Mistral's messages: a string, or an array of parts. */

import { encryptedPlaceholder } from '../../common/content/media.js';
import { arrayOrEmpty, isJsonObject, type JsonObject, objectOrEmpty } from '../../common/json.js';
import type { Message } from '../reading/message.js';

/** Adds a string or parts to a message. Parts other than text and thinking are added unchanged. */
export function readMistralContent(message: Message, content: unknown): void {
  if (typeof content === 'string') message.text.add(content);
  else
    for (const part of Array.isArray(content) ? content : [content])
      readPart(message, objectOrEmpty(part));
}

function readPart(message: Message, part: JsonObject): void {
  const { type, text, thinking, signature, closed: _closed, ...unknown } = part;
  if (typeof text === 'string' && (type === undefined || type === 'text')) message.text.add(text);
  else if (text !== undefined) Object.assign(unknown, { text });
  for (const thought of typeof thinking === 'string'
    ? [{ text: thinking }]
    : arrayOrEmpty(thinking)) {
    const { text: thoughtText, ...unknownOfThought } = objectOrEmpty(thought);
    if (typeof thoughtText === 'string') message.reasoning.add(thoughtText);
    else if (isJsonObject(thought)) message.addPart({ thinking: unknownOfThought });
  }
  if (typeof signature === 'string' && signature !== '') {
    Object.assign(unknown, { signature: encryptedPlaceholder(signature) });
  }
  if (Object.keys(unknown).length > 0) message.addPart({ type, ...unknown });
}
