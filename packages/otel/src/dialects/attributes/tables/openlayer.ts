/** Attributes of our own, for parts of a step for which the conventions have none. */

import type { Dialect } from './dialect.js';

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
  modelNamespaces: [],
  types: { 'openlayer.step.type': TYPES },
  attributes: {
    'openlayer.step.name': 'name',
    'openlayer.step.inputs': 'stepInputs',
    'openlayer.step.output': 'stepOutput',
    'openlayer.step.parameters': 'stepParameters',
    'openlayer.step.metadata': 'stepMetadata',
    'openlayer.step.fields': 'stepFields',
    'openlayer.step.cost': 'cost',
    'openlayer.tags': 'tags',
    'openlayer.inference_id': 'inferenceId',
  },
};
