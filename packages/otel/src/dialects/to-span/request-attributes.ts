/** The request that a root step stands for, as attributes of its span. */

import { isJsonObject, objectOrEmpty } from '@openlayer-tracing/core/integration';
import type { Attributes } from '../data/span-data.js';
import type { StepData } from '../data/step-data.js';
import { hasMessages } from '../messages/chat-messages.js';
import { genAIMessagesOf } from '../messages/gen-ai-messages.js';
import { methodAttributes } from '../vocabulary/http-method.js';
import { definedAttributes, isPresent } from './attribute-values.js';

/** Facts of a request for which its root step has no field. */
export interface RequestFacts {
  /** The id of the trace's row. */
  readonly inferenceId?: string | undefined;
  /** The session of the trace. */
  readonly sessionId?: string | undefined;
  /** The user of the trace. */
  readonly userId?: string | undefined;
  /** Tags of the trace. */
  readonly tags?: readonly string[] | undefined;
  /**
   * Whether the span also has its inputs and output as messages of a conversation: platforms for LLM applications read nothing else
   * of a root span.
   * @default false
   */
  readonly asConversation?: boolean | undefined;
}

/** The attributes of the HTTP request in `metadata.http` of a step that stands for one. */
export function httpAttributes({ metadata }: StepData): Attributes {
  const { method, scheme, route, path, status, bytes } = objectOrEmpty(metadata.http);
  return definedAttributes({
    ...methodAttributes(method),
    'url.scheme': scheme,
    'http.route': route,
    'url.path': path,
    'http.response.status_code': status,
    'http.response.body.size': bytes,
  });
}

/** The attributes of the facts of a request. */
export function requestAttributes(request: RequestFacts | undefined): Attributes {
  if (request === undefined || !isJsonObject(request)) return {};
  return definedAttributes({
    'openlayer.inference_id': request.inferenceId,
    'session.id': request.sessionId,
    'user.id': request.userId,
    'openlayer.tags': request.tags,
  });
}

/** Inputs and output of a request as messages: the question or the body of the user, and the answer. */
export function conversationAttributes({ inputs, output }: StepData): Attributes {
  const { body = inputs } = objectOrEmpty(inputs);
  const { question, message, prompt, messages } = objectOrEmpty(body);
  const asked = messages ?? question ?? message ?? prompt ?? body;
  return definedAttributes({
    'gen_ai.input.messages': messagesOrText(asked, 'user'),
    'gen_ai.output.messages': messagesOrText(output, 'assistant'),
  });
}

function messagesOrText(value: unknown, role: string): unknown {
  if (!isPresent(value)) return undefined;
  if (hasMessages(value)) return genAIMessagesOf(value, role);
  const content = typeof value === 'string' ? value : JSON.stringify(value);
  return [{ role, parts: [{ type: 'text', content }] }];
}
