import { batterySuite } from './battery/suite.ts';

batterySuite({
  battery: 'langchain',
  packageName: '@langchain/core',
  atLeast: 21,
  expected: 'langchain',
});
