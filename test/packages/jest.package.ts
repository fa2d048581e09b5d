/** The test runners in which apps with tracing are tested, with their defaults. */

import assert from 'node:assert/strict';
import { entryPointsOf, publishedPackages } from '../house/repository.ts';
import { type App, type AppName, createApp } from './apps.ts';
import { chatTest } from './chat.ts';

const TO_COMMONJS = { module: 'commonjs', esModuleInterop: true, target: 'es2022', allowJs: true };

interface Setup {
  readonly files: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
}

const BABEL = `module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };`;

const SETUPS: Readonly<Record<string, Setup>> = {
  'CommonJS, with all defaults': {
    files: { 'chat.test.js': chatTest('require') },
    config: {},
  },
  'babel-jest to CommonJS': {
    files: { 'chat.test.js': chatTest('import'), 'babel.config.js': BABEL },
    config: {},
  },
  'ts-jest to CommonJS': {
    files: { 'chat.test.ts': chatTest('import') },
    config: {
      transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false, tsconfig: TO_COMMONJS }] },
    },
  },
  'CommonJS under jsdom, which a server is given the globals of Node in': {
    files: {
      'chat.test.js': chatTest('require'),
      // What supertest, Express and jsdom's own crypto need.
      'node-globals.js': `
        const { TextDecoder, TextEncoder } = require('node:util');
        const { setImmediate } = require('node:timers');
        const { webcrypto } = require('node:crypto');
        Object.assign(globalThis, { TextDecoder, TextEncoder, setImmediate });
        Object.defineProperty(globalThis, 'crypto', { value: webcrypto });
      `,
    },
    config: { testEnvironment: 'jsdom', setupFiles: ['./node-globals.js'] },
  },
  'ES modules': {
    files: { 'chat.test.mjs': chatTest('import') },
    config: { testMatch: ['**/*.test.mjs'], transform: {} },
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
  },
};

const doors = () => publishedPackages().flatMap(entryPointsOf);

async function jest(app: App, config: object, env?: NodeJS.ProcessEnv): Promise<string> {
  await app.write({ 'jest.config.json': JSON.stringify(config) });
  // With one process; what is left open is reported.
  const args = ['--config', 'jest.config.json', '--runInBand', '--detectOpenHandles'];
  return app.node('jest/bin/jest.js', args, env);
}

for (const name of ['jest29', 'jest30'] as const satisfies readonly AppName[]) {
  describe(`in ${name}`, function () {
    this.timeout(300_000);

    for (const [what, { files, config, env }] of Object.entries(SETUPS)) {
      it(`apps are tested as ${what}`, async () => {
        await using app = await createApp(name);
        await app.write(files);
        const output = await jest(app, config, env);
        assert.match(output, /Tests: +4 passed, 4 total/);
        assert.doesNotMatch(output, /open handle|did not exit|internal_error/i);
      });
    }

    it('every entry point loads', async () => {
      await using app = await createApp(name);
      const loads = doors().map((door) => `expect(typeof require('${door}')).toBe('object');`);
      await app.write({ 'loads.test.js': `test('loads', () => {\n${loads.join('\n')}\n});` });
      assert.match(await jest(app, {}), /Tests: +1 passed, 1 total/);
    });

    it('code that traces its functions loads and runs under jsdom as it is', async () => {
      await using app = await createApp(name);
      const loads = doors()
        .filter((door) => !door.startsWith('@openlayer-tracing/local'))
        .map((door) => `require('${door}');`);
      await app.write({
        'functions.test.js': `
          ${loads.join('\n')}
          const { trace, step, currentTrace } = require('@openlayer-tracing/core');
          test('a function', async () => {
            const search = trace(async (text) => step('split', () => text.split(' ')));
            expect(await search('late fees')).toEqual(['late', 'fees']);
            expect(currentTrace()).toBe(undefined);
          });
        `,
      });
      const output = await jest(app, { testEnvironment: 'jsdom' });
      assert.match(output, /Tests: +1 passed, 1 total/);
    });
  });
}
