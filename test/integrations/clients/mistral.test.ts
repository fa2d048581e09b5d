import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({ battery: 'mistral', packageName: 'mistral2', atLeast: 33, expected: 'mistral' });

contentSuite({ battery: 'mistral', packageName: 'mistral2' });
