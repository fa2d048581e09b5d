/** The app that a page of the guide shows, compiled as it stands there, and run by itself as a user would. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../contract/pause.ts';
import { ROOT } from '../house/repository.ts';
import { filesOfMarkdown } from '../house/snippets.ts';
import { type Collector, PIPELINE, startCollector } from '../support/collector.ts';

const run = promisify(execFile);

export type ModuleType = 'commonjs' | 'module';

/** What users of the page have set, beside what `npx tsc --init` does. */
const COMPILER_OPTIONS = {
  composite: false,
  declaration: false,
  declarationMap: false,
  sourceMap: false,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  verbatimModuleSyntax: false,
  exactOptionalPropertyTypes: false,
  rootDir: '.',
  outDir: 'dist',
};

/**
 * Compiles the files of a page. It fails where the compiler complains.
 * @param stubs files that stand in for what is not installed here
 * @returns the folder that they were compiled into
 */
export async function compiledPage(
  page: string,
  type: ModuleType,
  stubs: Readonly<Record<string, string>> = {},
): Promise<string> {
  // Within the tests' folder, so that the packages of the workspace are found; git does not see it.
  const folder = join(ROOT, 'test/.recipes', page.replaceAll('/', '~'));
  await rm(folder, { recursive: true, force: true });
  const sources = { ...stubs, ...filesOfMarkdown(page) };
  assert.ok(Object.keys(sources).length > 0, `${page} shows no file`);
  for (const [path, code] of Object.entries(sources)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), code);
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
  const tsconfig = {
    extends: '../../../tsconfig.json',
    compilerOptions: COMPILER_OPTIONS,
    references: [],
    include: ['**/*.ts'],
    exclude: ['dist'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const complaints = await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false']).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
  assert.equal(complaints, '');
  // What stays is no source of this repository.
  for (const path of Object.keys(sources)) if (path.endsWith('.ts')) await rm(join(folder, path));
  return join(folder, 'dist');
}

export interface RunningPage extends AsyncDisposable {
  readonly url: string;
  readonly collector: Collector;
  /** What it has printed so far. */
  readonly printed: string;
}

/** Runs a compiled app that listens at `PORT`, with a collector for its traces. */
export async function startPage(
  folder: string,
  entry: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningPage> {
  const collector = await startCollector();
  const port = await freePort();
  const child = spawn(process.execPath, [join(folder, entry)], {
    env: { ...process.env, ...envFor(collector), PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const url = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
  await until(async () => {
    assert.equal(child.exitCode, null, printed);
    return isUp();
  }, `${entry} to listen`);
  return {
    url,
    collector,
    get printed() {
      return printed;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await collector[Symbol.asyncDispose]();
    },
  };
}

/** What an app has in its environment that publishes to the collector. */
export function envFor(collector: Collector): Readonly<Record<string, string>> {
  return {
    OPENLAYER_API_KEY: 'test-key',
    OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE,
    OPENLAYER_BASE_URL: collector.server.url,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
