import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({
  battery: 'langchain',
  packageName: '@langchain/core',
  atLeast: 31,
  expected: 'langchain',
});

batterySuite({
  battery: 'langchain-alone',
  packageName: '@langchain/core',
  atLeast: 2,
  expected: 'langchain-alone',
});

contentSuite({ battery: 'langchain', packageName: '@langchain/core' });
