/** The page's API does not depend on core, so its list of step types is a copy. */

import assert from 'node:assert/strict';
import type { StepType as WireStepType } from '@openlayer-tracing/core/wire';
import type { StepType } from '../../src/page-api.ts';

describe('the step types of the page', () => {
  it("are those of the platform's contract", () => {
    // The compiler checks both directions.
    const types: Readonly<Record<WireStepType, StepType>> &
      Readonly<Record<StepType, WireStepType>> = {
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
    };
    for (const [name, type] of Object.entries(types)) assert.equal(type, name);
  });
});
