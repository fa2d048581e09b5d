import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

for (const packageName of ['ai5', 'ai6', 'ai7']) {
  // Up to 6 models trace themselves; from 7 on the SDK tells of its operations and tools, too.
  const expected = packageName === 'ai7' ? 'ai7' : 'ai';
  batterySuite({ battery: 'ai', packageName, atLeast: 26, expected });
}

contentSuite({ battery: 'ai', packageName: 'ai6' });
contentSuite({ battery: 'ai', packageName: 'ai7' });
