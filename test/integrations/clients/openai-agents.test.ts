import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({
  battery: 'agents',
  packageName: '@openai/agents',
  atLeast: 19,
  expected: 'agents',
});

contentSuite({ battery: 'agents', packageName: '@openai/agents' });
