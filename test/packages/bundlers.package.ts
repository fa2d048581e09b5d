/** Bundlers, and the test runner that bundles: what they make of an app with tracing runs, and traces. */

import assert from 'node:assert/strict';
import { createApp } from './apps.ts';
import { chatTest } from './chat.ts';

const SERVER = `
  const app = new Hono();
  app.use(openlayerTracing());
  app.get('/chat', async (c) => c.text(await step('answer', async () => 'yes')));
  async function main() {
    const traces = captureTraces();
    await app.request('/chat');
    const [row] = await traces.rows();
    traces.restore();
    console.log(row.steps[0].name, row.steps[0].steps[0].name);
  }
  main();
`;

const FILES = {
  'app.mjs': `
    import { openlayerTracing, step } from '@openlayer-tracing/hono';
    import { captureTraces } from '@openlayer-tracing/hono/testing';
    import { Hono } from 'hono';
    ${SERVER}
  `,
  'app.cjs': `
    const { openlayerTracing, step } = require('@openlayer-tracing/hono');
    const { captureTraces } = require('@openlayer-tracing/hono/testing');
    const { Hono } = require('hono');
    ${SERVER}
  `,
  // ES modules that a CommonJS file loads beside its own build: a process with both.
  'both.mjs': `
    import { createRequire } from 'node:module';
    import { captureTraces } from '@openlayer-tracing/hono/testing';
    import './app-in-commonjs.cjs';
    const require = createRequire(import.meta.url);
    const { step } = require('@openlayer-tracing/hono');
    import { trace } from '@openlayer-tracing/hono';
    const traces = captureTraces();
    await trace(async () => step('answer', async () => 'yes'), { name: 'GET /chat' })();
    const [row] = await traces.rows();
    console.log(row.steps[0].name, row.steps[0].steps[0].name);
  `,
  'app-in-commonjs.cjs': `require('@openlayer-tracing/hono');`,
};

const EXPECTED = 'GET /chat answer\n';

/** The code of each bundle says which platform is in it. */
const PLATFORMS = { node: /node:zlib/, web: /console\.error\(line\)/ };

describe('bundled', function () {
  this.timeout(300_000);

  for (const entry of ['app.mjs', 'app.cjs', 'both.mjs']) {
    it(`by nobody, ${entry} runs`, async () => {
      await using app = await createApp('bundlers');
      await app.write(FILES);
      assert.equal(await app.script(entry), EXPECTED);
    });
  }

  for (const entry of ['app.mjs', 'app.cjs']) {
    for (const [platform, code] of Object.entries(PLATFORMS)) {
      it(`by esbuild for ${platform}, ${entry} runs`, async () => {
        await using app = await createApp('bundlers');
        await app.write({
          ...FILES,
          'build.js': `
            require('esbuild').buildSync({
              entryPoints: ['${entry}'], bundle: true, outfile: 'out.cjs', format: 'cjs',
              platform: 'node', conditions: ${JSON.stringify(platform === 'web' ? ['workerd'] : [])},
            });
            const code = require('node:fs').readFileSync('out.cjs', 'utf8');
            if (!${code}.test(code)) throw new Error('another platform is in the bundle');
            require('./out.cjs');
          `,
        });
        assert.equal(await app.script('build.js'), EXPECTED);
      });

      it(`by webpack for ${platform}, ${entry} runs`, async () => {
        await using app = await createApp('bundlers');
        await app.write({
          ...FILES,
          'build.js': `
            const compiler = require('webpack')({
              mode: 'production', target: 'node20', entry: './${entry}', context: __dirname,
              optimization: { minimize: false },
              output: { path: __dirname, filename: 'out.cjs' },
              resolve: { conditionNames: ${JSON.stringify(platform === 'web' ? ['edge-light', '...'] : ['...'])} },
            });
            compiler.run((error, stats) => {
              if (error) throw error;
              if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
              const code = require('node:fs').readFileSync('out.cjs', 'utf8');
              if (!${code}.test(code)) throw new Error('another platform is in the bundle');
              require('./out.cjs');
            });
          `,
        });
        assert.equal(await app.script('build.js'), EXPECTED);
      });
    }
  }
});

describe('in vitest', function () {
  this.timeout(300_000);

  for (const [what, config] of Object.entries({
    'with all defaults': {},
    'with our packages inlined': { server: { deps: { inline: [/@openlayer-tracing/] } } },
  })) {
    it(`apps are tested ${what}`, async () => {
      await using app = await createApp('bundlers', { type: 'module' });
      const inline =
        'server' in config ? `, server: { deps: { inline: [/@openlayer-tracing/] } }` : '';
      await app.write({
        'chat.test.js': chatTest('import', `import { expect, test } from 'vitest';`),
        'vitest.config.js': `export default { test: { include: ['*.test.js']${inline} } };`,
      });
      const output = await app.node('vitest/vitest.mjs', ['run']);
      assert.match(output, /Tests +4 passed \(4\)/);
      assert.doesNotMatch(output, /internal_error/);
    });
  }
});
