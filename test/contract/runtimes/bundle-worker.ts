/** One module of the worker's code, as tools for Workers make it. */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const TESTS = fileURLToPath(new URL('../../', import.meta.url));

/** What the worker itself runs of all that test files import. */
const OF_THE_APP = /^(@openlayer-tracing\/(core|hono|otel)|hono)(\/|$)/;

export async function bundleWorker(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    plugins: [withoutTests],
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * The bodies of tests come along, since they hold the apps, but are not run to their ends: what they alone use is
 * nothing here. What the packages import stays as it is, and would be missed.
 */
const withoutTests: Plugin = {
  name: 'without-tests',
  setup(bundler) {
    bundler.onResolve({ filter: /./ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point' || !importer.startsWith(TESTS)) return undefined;
      const isOfContract = path.startsWith('.') && !path.includes('/support/');
      return isOfContract || OF_THE_APP.test(path) ? undefined : { path, namespace: 'nothing' };
    });
    bundler.onLoad({ filter: /./, namespace: 'nothing' }, () => ({
      contents: 'module.exports = {};',
      resolveDir: dirname(TESTS),
    }));
  },
};
