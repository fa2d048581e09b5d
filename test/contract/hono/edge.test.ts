/** What a bundler for Workers makes of the Hono adapter: it reaches nothing of Node's but AsyncLocalStorage. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const APP = `
import { Hono } from 'hono';
import { flush, openlayerTracing } from '@openlayer-tracing/hono';
const app = new Hono();
app.use(openlayerTracing());
app.get('/', (c) => c.text(c.var.trace.inferenceId));
export { flush };
export default app;
`;

/** By the conditions that wrangler bundles with, or none where the platform is unknown. */
async function bundleFor(conditions: readonly string[]): Promise<Metafile> {
  const { metafile } = await build({
    stdin: { contents: APP, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*'],
    conditions: [...conditions],
    absWorkingDir: ROOT,
    minify: true,
    logLevel: 'silent',
  });
  return metafile;
}

function externalsOf({ outputs }: Metafile): readonly string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  return [...new Set(imports.map(({ path }) => path))].sort();
}

/** What a Worker's bundle holds of us, minified. With the spool it would be about 20,000 more. */
const MAX_WORKER_BYTES = 222_000;

describe('the Hono adapter, bundled', () => {
  for (const conditions of [
    ['workerd', 'worker', 'browser'],
    ['edge-light'],
    ['worker'],
    ['browser'],
    [],
  ]) {
    it(`for ${conditions.join(', ') || 'a platform that is unknown'}, imports AsyncLocalStorage and nothing else`, async () => {
      const metafile = await bundleFor(conditions);
      assert.deepEqual(externalsOf(metafile), ['node:async_hooks']);
      const inputs = Object.keys(metafile.inputs);
      assert.ok(inputs.includes('packages/core/dist/platform/web/platform.js'), String(inputs));
      assert.deepEqual(
        inputs.filter((path) => /platform\/node|\/spool\/(?!no-spool)/.test(path)),
        [],
      );
    });
  }

  it(`for a Worker, takes at most ${MAX_WORKER_BYTES} bytes, minified`, async () => {
    const { outputs } = await bundleFor(['workerd', 'worker', 'browser']);
    const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
    const ours = inputs.filter(([path]) => path.startsWith('packages/'));
    const bytes = ours.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
    assert.ok(bytes <= MAX_WORKER_BYTES, `${bytes} bytes`);
  });

  for (const condition of ['node', 'bun', 'deno']) {
    it(`for ${condition}, takes Node’s side`, async () => {
      const metafile = await bundleFor([condition]);
      const inputs = Object.keys(metafile.inputs);
      assert.ok(inputs.includes('packages/core/dist/platform/node/platform.js'), String(inputs));
      assert.ok(externalsOf(metafile).includes('node:http'));
    });
  }
});
