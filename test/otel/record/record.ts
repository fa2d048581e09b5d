/**
 * Records the spans of real SDKs into `test/otel/spans`: `node --import tsx test/otel/record/record.ts [scenario ...]`. Installs the packages of
 * packages.json into a folder of its own, since no other test needs them.
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

/** Files of the folder that are no scenario. */
const SHARED = ['ai-calls', 'chats', 'langchain', 'web'];

function install(): void {
  mkdirSync(WORK, { recursive: true });
  const manifest = readFileSync(join(HERE, 'packages.json'), 'utf8');
  const installed = join(WORK, 'package.json');
  const isInstalled =
    existsSync(join(WORK, 'node_modules')) &&
    existsSync(installed) &&
    readFileSync(installed, 'utf8') === manifest;
  writeFileSync(installed, manifest);
  cpSync(join(HERE, 'recorder.cjs'), join(WORK, 'recorder.cjs'));
  cpSync(join(HERE, 'scenarios'), join(WORK, 'scenarios'), { recursive: true });
  if (isInstalled) return;
  execFileSync(
    'npm',
    ['install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'],
    {
      cwd: WORK,
      stdio: 'inherit',
    },
  );
}

/** Runs one scenario in a process of its own, since instrumentations patch what is loaded after them. */
async function record(scenario: string, url: string): Promise<Recording> {
  const child = spawn(process.execPath, ['recorder.cjs', scenario], {
    cwd: WORK,
    env: { ...process.env, LLM_URL: url, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const piece of child.stdout.setEncoding('utf8')) output += piece;
  const json = output.slice(output.indexOf('{"versions"'));
  return JSON.parse(json) as Recording;
}

async function main(): Promise<void> {
  install();
  await using server = await startLlmServer();
  const all = readdirSync(join(HERE, 'scenarios'))
    .map((file) => basename(file, '.cjs'))
    .filter((name) => !SHARED.includes(name));
  const chosen = process.argv.slice(2);
  for (const scenario of chosen.length > 0 ? chosen : all) {
    try {
      const recorded = normalized(await record(scenario, server.url), {
        url: server.url,
        folder: WORK,
      });
      writeFileSync(join(SPANS, `${scenario}.json`), `${JSON.stringify(recorded, null, 2)}\n`);
      console.log(`${scenario}: ${recorded.spans.length} spans`);
    } catch (error) {
      console.error(scenario, error);
      process.exitCode = 1;
    }
  }
}

await main();
