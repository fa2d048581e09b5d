import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({
  battery: 'openai-like',
  packageName: 'groq-sdk',
  atLeast: 32,
  expected: 'groq',
});

contentSuite({ battery: 'openai-like', packageName: 'groq-sdk' });
