import { batterySuite } from '../battery/suite.ts';

batterySuite({ battery: 'ollama', packageName: 'ollama0-6', atLeast: 28, expected: 'ollama' });
