import { batterySuite } from '../battery/suite.ts';

batterySuite({ battery: 'mistral', packageName: 'mistral2', atLeast: 33, expected: 'mistral' });
