/**
 * Records the spans of real SDKs into `test/otel/spans`: `node --import tsx test/otel/record/record.ts [scenario ...]`. Installs the packages of
 * packages.json into a folder of its own, since no other test needs them; for scenarios whose names end in `-sdk-3` those of
 * packages-sdk-3.json, which need a newer Node.
 */

import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLlmServer } from '../../support/llm-server/index.ts';
import { normalized, type Recording } from './normalized.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SPANS = fileURLToPath(new URL('../spans/', import.meta.url));
const WORK =
  process.env.OTEL_RECORD_DIR ??
  fileURLToPath(new URL('../../../node_modules/.cache/otel-record/', import.meta.url));

/** A script without types. */
const RUNTIMES: string = new URL('../../../scripts/runtimes.mjs', import.meta.url).href;

/** A line of OpenTelemetry's SDK, as it is installed. */
interface Sdk {
  readonly folder: string;
  readonly manifest: string;
  /** The path of the Node that it runs on. */
  readonly node: string;
}

async function sdkOf(scenario: string): Promise<Sdk> {
  if (!scenario.endsWith('-sdk-3')) {
    return { folder: join(WORK, 'sdk-2/'), manifest: 'packages.json', node: process.execPath };
  }
  const { programOf } = (await import(RUNTIMES)) as { programOf(name: string): string };
  return {
    folder: join(WORK, 'sdk-3/'),
    manifest: 'packages-sdk-3.json',
    node: programOf('Node 24'),
  };
}

/** Files of the folder that are no scenario. */
const SHARED = ['ai-calls', 'chats', 'langchain', 'web'];

function install({ folder, manifest: file }: Sdk): void {
  mkdirSync(folder, { recursive: true });
  const manifest = readFileSync(join(HERE, file), 'utf8');
  const installed = join(folder, 'package.json');
  const isInstalled =
    existsSync(join(folder, 'node_modules')) &&
    existsSync(installed) &&
    readFileSync(installed, 'utf8') === manifest;
  writeFileSync(installed, manifest);
  cpSync(join(HERE, 'recorder.cjs'), join(folder, 'recorder.cjs'));
  cpSync(join(HERE, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  if (isInstalled) return;
  execFileSync(
    'npm',
    ['install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'],
    {
      cwd: folder,
      stdio: 'inherit',
    },
  );
}

/** Runs one scenario in a process of its own, since instrumentations patch what is loaded after them. */
async function record(scenario: string, { node, folder }: Sdk, url: string): Promise<Recording> {
  const child = spawn(node, ['recorder.cjs', scenario], {
    cwd: folder,
    env: { ...process.env, LLM_URL: url, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const piece of child.stdout.setEncoding('utf8')) output += piece;
  const json = output.slice(output.indexOf('{"versions"'));
  return JSON.parse(json) as Recording;
}

async function main(): Promise<void> {
  await using server = await startLlmServer();
  const all = readdirSync(join(HERE, 'scenarios'))
    .map((file) => basename(file, '.cjs'))
    .filter((name) => !SHARED.includes(name));
  const chosen = process.argv.slice(2);
  for (const scenario of chosen.length > 0 ? chosen : all) {
    try {
      const sdk = await sdkOf(scenario);
      install(sdk);
      const { url } = server;
      const { folder } = sdk;
      const recorded = normalized(await record(scenario, sdk, url), { url, folder });
      writeFileSync(join(SPANS, `${scenario}.json`), `${JSON.stringify(recorded, null, 2)}\n`);
      console.log(`${scenario}: ${recorded.spans.length} spans`);
    } catch (error) {
      console.error(scenario, error);
      process.exitCode = 1;
    }
  }
}

await main();
