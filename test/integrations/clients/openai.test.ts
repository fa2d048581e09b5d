import { batterySuite } from '../battery/suite.ts';

for (const packageName of ['openai4', 'openai5', 'openai6', 'openai7']) {
  // Version 4 brings a fetch of its own, which words its failures differently.
  const expected = packageName === 'openai4' ? 'openai4' : 'openai';
  batterySuite({ battery: 'openai', packageName, atLeast: 42, expected });
}
