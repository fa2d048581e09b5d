/** The inputs, the output and the other fields of a step, as its span states them, by the type of the step. */

import {
  definedFields,
  isModelCall,
  type JsonObject,
  type StepType,
} from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import { hasMessages } from '../messages/chat-messages.js';
import { callFields, callMetadata, retrieverFields, toolFields } from './call-fields.js';
import {
  conversationFields,
  embeddingFields,
  isMessageArray,
  modelFields,
} from './model-fields.js';
import { requestModelOf } from './model-of-span.js';

/** Undefined fields are not known. */
interface Fields {
  readonly metadata?: JsonObject | undefined;
  readonly [field: string]: unknown;
}

/** The fields of a step of this type, with a part of its metadata. */
export function fieldsOf(facts: FoundFacts, type: StepType): Fields {
  const { metadata, ...fields } = byType(facts, type);
  return {
    ...fields,
    ...definedFields({ inputs: facts.get('stepInputs'), output: facts.get('stepOutput') }),
    metadata: {
      ...metadata,
      ...callMetadata(facts, type),
      requestModel: isModelCall(type) ? requestModelOf(facts) : undefined,
      agentName: agentNameOf(facts, type),
    },
  };
}

function byType(facts: FoundFacts, type: StepType): Fields {
  switch (type) {
    case 'chat_completion':
      return { ...modelFields(facts), ...conversationFields(facts, hasMessages) };
    case 'embedding':
      return { ...modelFields(facts), ...embeddingFields(facts) };
    case 'tool':
      return toolFields(facts);
    case 'retriever':
      return retrieverFields(facts);
    case 'function_call':
      return callFields(facts);
    default:
      return conversationFields(facts, isMessageArray);
  }
}

/** The name of the agent or entity, unless it is the name of the tool. */
function agentNameOf(facts: FoundFacts, type: StepType): string | undefined {
  const isOfTool = type === 'tool' && facts.get('functionName') === undefined;
  return isOfTool ? undefined : facts.get('agentName');
}
