/** What steps of ours say as spans, where the conventions have no attribute. */

import type { Dialect } from '../dialect.js';

const TYPES = {
  user_call: 'user_call',
  chat_completion: 'chat_completion',
  embedding: 'embedding',
  agent: 'agent',
  tool: 'tool',
  retriever: 'retriever',
  chain: 'chain',
  handoff: 'handoff',
  guardrail: 'guardrail',
  function_call: 'function_call',
} as const;

export const openlayer: Dialect = {
  name: 'openlayer',
  types: { 'openlayer.step.type': TYPES },
  attributes: {
    'openlayer.step.name': 'name',
    'openlayer.step.inputs': 'ownInputs',
    'openlayer.step.output': 'ownOutput',
    'openlayer.step.parameters': 'ownParameters',
    'openlayer.step.metadata': 'ownMetadata',
    'openlayer.step.fields': 'fields',
    'openlayer.step.cost': 'cost',
    'openlayer.tags': 'tags',
    'openlayer.inference_id': 'inferenceId',
  },
};
