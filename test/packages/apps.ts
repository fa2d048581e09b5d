/**
 * Apps that use the packed packages with tools that we do not: test runners, bundlers, compilers. What each has installed
 * stands here alone, in exact versions.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publishedPackages, ROOT } from '../house/repository.ts';

export const run = promisify(execFile);

const FRAMEWORKS = { express: '5.3.0', hono: '4.13.19', koa: '3.3.0', 'cls-hooked': '4.2.2' };
const TYPES = {
  '@types/cls-hooked': '4.3.9',
  '@types/express': '5.0.6',
  '@types/koa': '3.0.3',
  '@types/node': '20.19.43',
};
const BABEL = { '@babel/core': '7.29.13', '@babel/preset-env': '7.29.14' };

/** By the name of the app: what it has installed beside our packages. */
export const APPS = {
  jest29: {
    ...FRAMEWORKS,
    ...BABEL,
    jest: '29.7.0',
    'jest-environment-jsdom': '29.7.0',
    supertest: '7.3.2',
    'ts-jest': '29.4.15',
    typescript: '5.9.3',
  },
  jest30: {
    ...FRAMEWORKS,
    ...BABEL,
    jest: '30.5.2',
    'jest-environment-jsdom': '30.5.2',
    supertest: '7.3.2',
    'ts-jest': '29.4.15',
    typescript: '5.9.3',
  },
  nest: {
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/platform-express': '11.2.10',
    '@nestjs/testing': '11.2.6',
    '@types/express': '5.0.6',
    '@types/jest': '30.0.0',
    '@types/node': '20.19.43',
    '@types/supertest': '7.2.1',
    jest: '30.5.2',
    'reflect-metadata': '0.2.2',
    rxjs: '7.8.2',
    supertest: '7.3.2',
    'ts-jest': '29.4.15',
    typescript: '5.9.3',
  },
  bundlers: {
    ...FRAMEWORKS,
    esbuild: '0.28.2',
    supertest: '7.3.2',
    vite: '8.4.0',
    vitest: '5.1.2',
    webpack: '5.113.0',
  },
  'claude-agent-sdk': { '@anthropic-ai/claude-agent-sdk': '0.3.332' },
  mastra: {
    '@ai-sdk/openai': '4.0.118',
    '@mastra/core': '1.71.0',
    '@mastra/observability': '1.17.9',
    zod: '4.6.7',
  },
  next: { hono: '4.13.19', next: '16.4.6', react: '19.3.1', 'react-dom': '19.3.1' },
  types: {
    ...FRAMEWORKS,
    ...TYPES,
    openai: '7.57.0',
    'typescript-5.4': 'npm:typescript@5.4.5',
    'typescript-5.9': 'npm:typescript@5.9.3',
    'typescript-6.0': 'npm:typescript@6.0.3',
    'typescript-7.0': 'npm:typescript@7.0.2',
  },
  'other-clients': {
    '@cerebras/cerebras_cloud_sdk': '1.91.0',
    '@fal-ai/client': '1.10.1',
    '@genkit-ai/compat-oai': '1.42.0',
    '@genkit-ai/google-genai': '1.42.0',
    '@huggingface/inference': '4.13.30',
    '@llamaindex/openai': '0.4.22',
    '@openrouter/sdk': '1.3.19',
    '@tanstack/ai': '0.58.0',
    '@tanstack/ai-openai': '0.23.1',
    '@types/node': '20.19.43',
    genkit: '1.42.0',
    llamaindex: '0.12.1',
    openai: '7.57.0',
    'portkey-ai': '3.1.0',
    replicate: '1.4.0',
    typescript: '5.9.3',
    voyageai: '0.4.0',
  },
  // The last SDK of OpenTelemetry that runs on Node 20, and instrumentations of three conventions for it.
  'otel-2': {
    '@ai-sdk/openai': '4.0.118',
    '@ai-sdk/otel': '1.0.173',
    '@anthropic-ai/sdk': '0.100.0',
    '@arizeai/openinference-instrumentation-anthropic': '0.2.8',
    '@arizeai/openinference-instrumentation-bedrock': '0.5.1',
    '@arizeai/openinference-instrumentation-langchain': '4.1.1',
    '@arizeai/openinference-instrumentation-mcp': '0.2.33',
    '@arizeai/openinference-instrumentation-openai': '4.2.7',
    '@aws-sdk/client-bedrock-runtime': '3.1164.0',
    '@google/genai': '3.1.0',
    '@langchain/core': '1.4.0',
    '@langchain/openai': '1.6.0',
    '@mistralai/mistralai': '2.7.0',
    '@modelcontextprotocol/sdk': '1.32.2',
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/context-async-hooks': '2.12.1',
    '@opentelemetry/core': '2.12.1',
    '@opentelemetry/instrumentation': '0.223.0',
    '@opentelemetry/instrumentation-aws-sdk': '0.78.0',
    '@opentelemetry/instrumentation-express': '0.71.1',
    '@opentelemetry/instrumentation-http': '0.223.0',
    '@opentelemetry/instrumentation-openai': '0.21.0',
    '@opentelemetry/instrumentation-pg': '0.76.0',
    '@opentelemetry/instrumentation-undici': '0.33.0',
    '@opentelemetry/sdk-trace-base': '2.12.1',
    '@traceloop/instrumentation-anthropic': '0.27.0',
    '@traceloop/instrumentation-bedrock': '0.27.0',
    '@traceloop/instrumentation-cohere': '0.27.0',
    '@traceloop/instrumentation-langchain': '0.27.0',
    '@traceloop/instrumentation-mcp': '0.27.0',
    '@traceloop/instrumentation-openai': '0.27.0',
    '@traceloop/instrumentation-together': '0.27.0',
    ai: '7.0.173',
    'api-older': 'npm:@opentelemetry/api@1.8.0',
    'cohere-ai': '8.1.0',
    express: '5.3.0',
    'groq-sdk': '1.6.0',
    ollama: '0.6.4',
    openai: '6.49.0',
    pg: '8.16.3',
    'together-ai': '0.52.0',
    zod: '4.6.7',
  },
  'otel-claude': {
    '@anthropic-ai/claude-agent-sdk': '0.3.332',
    '@arizeai/openinference-instrumentation-claude-agent-sdk': '0.3.1',
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/context-async-hooks': '2.12.1',
    '@opentelemetry/core': '2.12.1',
    '@opentelemetry/sdk-trace-base': '2.12.1',
    zod: '4.6.7',
  },
  'otel-3': {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/context-async-hooks': '3.1.1',
    '@opentelemetry/core': '3.1.1',
    '@opentelemetry/instrumentation': '0.301.0',
    '@opentelemetry/instrumentation-express': '0.72.0',
    '@opentelemetry/instrumentation-http': '0.301.0',
    '@opentelemetry/instrumentation-openai': '0.22.0',
    '@opentelemetry/instrumentation-undici': '0.34.0',
    '@opentelemetry/sdk-trace': '3.1.1',
    '@arizeai/openinference-instrumentation-openai': '4.2.7',
    express: '5.3.0',
    openai: '7.57.0',
  },
  // What sends traces beside OpenTelemetry's SDK 3, which needs Node 22.
  'otel-3-exporters': {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/context-async-hooks': '3.1.1',
    '@opentelemetry/exporter-trace-otlp-http': '0.301.0',
    '@opentelemetry/exporter-trace-otlp-proto': '0.301.1',
    '@opentelemetry/instrumentation': '0.301.0',
    '@opentelemetry/instrumentation-http': '0.301.0',
    '@opentelemetry/instrumentation-undici': '0.34.0',
    '@opentelemetry/sdk-trace': '3.1.1',
  },
  // All instrumentations of OpenTelemetry that run on Node 20. They take about 110 MB.
  'otel-auto': {
    '@electric-sql/pglite': '0.5.14',
    '@electric-sql/pglite-socket': '0.2.17',
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/auto-instrumentations-node': '0.81.2',
    '@opentelemetry/sdk-node': '0.223.0',
    express: '5.3.0',
    'gpt-tokenizer': '4.0.0',
    openai: '6.49.0',
    pg: '8.23.1',
    'wink-eng-lite-web-model': '1.8.1',
    'wink-nlp': '2.4.0',
  },
  'old-node': {
    ...FRAMEWORKS,
    'node-16': 'npm:node@16.20.2',
    'node-18': 'npm:node@18.20.8',
  },
} satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type AppName = keyof typeof APPS;

/** Apps without the programs that their libraries bring along for each machine, since no test starts these. */
const WITHOUT_PROGRAMS: ReadonlySet<AppName> = new Set(['claude-agent-sdk', 'otel-claude']);

const IS_WINDOWS = process.platform === 'win32';

/** Runs npm, which is a script on Windows, that only a shell can run. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(IS_WINDOWS ? 'npm.cmd' : 'npm', args, { cwd, shell: IS_WINDOWS });
  return stdout;
}

/** What our packages depend on beside each other: they are unpacked, not installed. */
function ownDependencies(): Readonly<Record<string, string>> {
  const all = publishedPackages().flatMap(({ manifest }) =>
    Object.entries(manifest.dependencies ?? {}),
  );
  return Object.fromEntries(all.filter(([name]) => !name.startsWith('@openlayer-tracing/')));
}

/** The folder in which an app's libraries are installed, once for each state of the table. */
export async function libraries(name: AppName): Promise<string> {
  const dependencies = { ...ownDependencies(), ...APPS[name] };
  const manifest = JSON.stringify({ name: `app-of-${name}`, private: true, dependencies });
  const key = createHash('sha256').update(manifest).digest('hex').slice(0, 12);
  const folder = join(ROOT, '.cache/apps', `${name}-${key}`);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  await writeFile(join(fresh, 'package.json'), manifest);
  // Peers of tools that the tests do not use are left out.
  const omitted = WITHOUT_PROGRAMS.has(name) ? ['--omit=optional'] : [];
  const quiet = ['--no-audit', '--no-fund', '--silent'];
  await npm(fresh, 'install', '--legacy-peer-deps', ...quiet, ...omitted);
  await rename(fresh, folder).catch(async (error: unknown) => {
    if (!existsSync(folder)) throw error;
    await rm(fresh, { recursive: true });
  });
  return folder;
}

let packed: Promise<readonly string[]> | undefined;

/** The paths of the tarballs of all packages. */
async function pack(): Promise<readonly string[]> {
  const into = await mkdtemp(join(tmpdir(), 'openlayer-tarballs-'));
  process.once('exit', () => rmSync(into, { recursive: true, force: true }));
  const chosen = publishedPackages().flatMap(({ manifest }) => ['-w', manifest.name]);
  await npm(ROOT, 'pack', '--silent', '--ignore-scripts', '--pack-destination', into, ...chosen);
  return (await readdir(into)).filter((file) => file.endsWith('.tgz')).map((f) => join(into, f));
}

export interface App extends AsyncDisposable {
  readonly folder: string;
  /** The folder of what it has installed beside our packages. */
  readonly libraries: string;
  /** Writes files, by their paths from the app's folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** What a script of one of its libraries printed. @throws with all of it where the script failed */
  node(script: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
  /** The same of a script of the app's. */
  script(path: string): Promise<string>;
}

/** An app with the packed packages and the libraries that the table names. */
export async function createApp(
  name: AppName,
  manifest: Readonly<Record<string, unknown>> = {},
): Promise<App> {
  const installed = await libraries(name);
  const folder = await mkdtemp(join(installed, 'run-'));
  packed ??= pack();
  for (const tarball of await packed) {
    const [, short = ''] = /openlayer-tracing-(.+)-\d/.exec(tarball) ?? [];
    const to = join(folder, 'node_modules/@openlayer-tracing', short);
    await mkdir(to, { recursive: true });
    await run('tar', ['-xzf', tarball, '-C', to, '--strip-components=1']);
  }
  const write: App['write'] = async (files) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  await write({ 'package.json': JSON.stringify({ name: 'an-app', private: true, ...manifest }) });
  const modules = join(installed, 'node_modules');
  const start = async (path: string, args: readonly string[], env: NodeJS.ProcessEnv) => {
    // Nothing of how these tests themselves are run.
    const { NODE_OPTIONS: _options, ...inherited } = process.env;
    try {
      const { stdout, stderr } = await run(process.execPath, [path, ...args], {
        cwd: folder,
        env: { ...inherited, OPENLAYER_LOG: 'error', NO_COLOR: '1', ...env },
        maxBuffer: 64 * 1024 * 1024,
      });
      return `${stdout}${stderr}`;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${path} ${args.join(' ')} failed:\n${stdout}${stderr}`);
    }
  };
  return {
    folder,
    libraries: modules,
    write,
    node: (script, args, env = {}) => start(join(modules, script), args, env),
    script: (path) => start(join(folder, path), [], {}),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
