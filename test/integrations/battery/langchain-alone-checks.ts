/** LangChain's core without LangGraph: until somebody asks for it, it carries nothing along with the code that it runs. */

import { tool } from '@langchain/core/tools';
import { step } from '@openlayer-tracing/core';
import { z } from 'zod';
import type { Check } from './check.ts';

const weather = tool(({ city }) => step('look up', () => `sunny in ${city}`), {
  name: 'weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string() }),
});

export const langChainAloneChecks: readonly Check<unknown>[] = [
  { name: 'a tool', run: () => weather.invoke({ city: 'Oslo' }) },
  {
    name: 'a tool with context',
    async run() {
      await import('@langchain/core/context');
      return weather.invoke({ city: 'Oslo' });
    },
  },
];
