import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({ battery: 'bedrock', packageName: 'bedrock3', atLeast: 36, expected: 'bedrock' });

contentSuite({ battery: 'bedrock', packageName: 'bedrock3' });
