/** The messages in the output of a step, which may be the whole response of a provider. */

import { isRecord, type Json } from '../../json.js';
import type { Message } from './message.js';
import {
  isMessage,
  isMessageList,
  readMessage,
  textMessage,
  unknownMessage,
  withParts,
} from './read-message.js';
import { contentParts, isPart } from './read-part.js';

/** Responses nested more deeply than any provider sends them are not unwrapped. */
const MAX_DEPTH = 6;

export function readOutput(output: unknown, depth = 0): Message[] {
  if (output === null || output === undefined || output === '') return [];
  if (typeof output === 'string') return [textMessage('assistant', output, 'output')];
  if (isMessageList(output))
    return output.flatMap((each) => readMessage(each, 'output', 'assistant'));
  if (Array.isArray(output)) {
    if (depth >= MAX_DEPTH) return [unknownMessage('assistant', 'output', output)];
    if (output.every((each) => isRecord(each) && isPart(each))) {
      return withParts('assistant', undefined, 'output', contentParts(output));
    }
    // Several answers to one request.
    return output.flatMap((each, place) => {
      const [first, ...rest] = readOutput(each, depth + 1);
      const name = `answer ${place + 1} of ${output.length}`;
      return first === undefined ? [] : [{ ...first, name: first.name ?? name }, ...rest];
    });
  }
  if (!isRecord(output)) return [unknownMessage('assistant', 'output', output)];
  const inner = innerAnswer(output);
  if (inner !== undefined && depth < MAX_DEPTH) return readOutput(inner, depth + 1);
  return readMessage(output, 'output', 'assistant');
}

/** The answer within a provider's whole response. */
function innerAnswer(output: Json): unknown {
  if (Array.isArray(output.choices)) {
    return alone(
      output.choices.map((choice) =>
        isRecord(choice) ? (choice.message ?? choice.text ?? choice) : choice,
      ),
    );
  }
  if (Array.isArray(output.candidates)) {
    return alone(output.candidates.map((each) => (isRecord(each) ? (each.content ?? each) : each)));
  }
  if (Array.isArray(output.generations))
    return alone(
      output.generations
        .flat()
        .map((each) => (isRecord(each) ? (each.message ?? each.text ?? each) : each)),
    );
  if (Array.isArray(output.output) && isMessageList(output.output)) return output.output;
  if (isRecord(output.output) && isRecord(output.output.message)) return output.output.message;
  if (isRecord(output.message) && isMessage({ role: 'assistant', ...output.message }))
    return { role: 'assistant', ...output.message };
  if (Array.isArray(output.messages) && isMessageList(output.messages)) return output.messages;
  if (typeof output.answer === 'string' && Object.keys(output).length === 1) return output.answer;
  return undefined;
}

function alone(list: readonly unknown[]): unknown {
  return list.length === 1 ? list[0] : list;
}
