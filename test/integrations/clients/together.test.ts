import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({
  battery: 'openai-like',
  packageName: 'together-ai',
  atLeast: 32,
  expected: 'together',
});

contentSuite({ battery: 'openai-like', packageName: 'together-ai' });
