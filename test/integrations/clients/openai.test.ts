import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

/** How vectors travel is the client's choice. */
const CONTENT = 'model messages tools input instructions prompt encoding_format'.split(' ');

for (const packageName of ['openai4', 'openai5', 'openai6', 'openai7']) {
  // Version 4 brings a fetch of its own, which words its failures differently.
  const expected = packageName === 'openai4' ? 'openai4' : 'openai';
  batterySuite({ battery: 'openai', packageName, atLeast: 42, expected, content: CONTENT });
}

contentSuite({ battery: 'openai', packageName: 'openai7' });
