import { contentSuite } from '../battery/content-suite.ts';
import { batterySuite } from '../battery/suite.ts';

batterySuite({ battery: 'ollama', packageName: 'ollama0-6', atLeast: 28, expected: 'ollama' });

contentSuite({ battery: 'ollama', packageName: 'ollama0-6' });
