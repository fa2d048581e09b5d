import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

const CONTENT = ['model', 'messages', 'system', 'tools'];
const VERSIONS = [
  // Brings a fetch of its own, and neither tool runner nor copies.
  ['anthropic0-30', 'anthropic0-30'],
  ['anthropic0-60', 'anthropic0-60'],
  ['anthropic0-100', 'anthropic0-100'],
  ['anthropic0-137', 'anthropic0-100'],
  // Its tool runner names the thread.
  ['anthropic1', 'anthropic'],
] as const;

for (const [packageName, expected] of VERSIONS) {
  batterySuite({ battery: 'anthropic', packageName, atLeast: 16, expected, content: CONTENT });
}

contentSuite({ battery: 'anthropic', packageName: 'anthropic1' });
