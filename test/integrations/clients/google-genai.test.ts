import { batterySuite } from '../battery/suite.ts';

for (const packageName of ['genai2', 'genai3']) {
  batterySuite({ battery: 'google-genai', packageName, atLeast: 32, expected: packageName });
}
