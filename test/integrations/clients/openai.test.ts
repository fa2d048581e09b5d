import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

/** How vectors travel is the client's choice. */
const CONTENT = 'model messages tools input instructions prompt encoding_format'.split(' ');

for (const packageName of ['openai5', 'openai6', 'openai7']) {
  batterySuite({
    battery: 'openai',
    packageName,
    atLeast: 42,
    expected: 'openai',
    content: CONTENT,
  });
}

// Version 4 brings a fetch of its own, which words its failures differently, and on Node forms that only it can read.
batterySuite({
  battery: 'openai',
  packageName: 'openai4',
  atLeast: 42,
  expected: 'openai4',
  content: CONTENT,
  offNode: [
    '"usage":{"input_tokens":14,"output_tokens":3}',
    '"parameters":{"language":"en"},"usage":{"input_tokens":14,"output_tokens":3}',
  ],
});

contentSuite({ battery: 'openai', packageName: 'openai7' });
