import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

for (const packageName of ['genai2', 'genai3']) {
  batterySuite({ battery: 'google-genai', packageName, atLeast: 32, expected: packageName });
}

contentSuite({ battery: 'google-genai', packageName: 'genai3' });
