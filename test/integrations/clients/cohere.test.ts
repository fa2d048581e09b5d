import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({ battery: 'cohere', packageName: 'cohere8', atLeast: 33, expected: 'cohere' });

contentSuite({ battery: 'cohere', packageName: 'cohere8' });
