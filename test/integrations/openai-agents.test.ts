import { batterySuite } from './battery/suite.ts';

batterySuite({
  battery: 'agents',
  packageName: '@openai/agents',
  atLeast: 14,
  expected: 'agents',
});
