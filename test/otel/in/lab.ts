/** Runs an app with an SDK of OpenTelemetry and our span processor in a process of its own. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { renderTrace } from '@openlayer-tracing/local';
import { libraries } from '../../packages/apps.ts';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { type Asked, startLlmServer } from '../../support/llm-server/index.ts';

const run = promisify(execFile);

/** A script without types. */
const RUNTIMES: string = new URL('../../../scripts/runtimes.mjs', import.meta.url).href;

export async function programOf(name: string): Promise<string> {
  const runtimes = (await import(RUNTIMES)) as { programOf(name: string): string };
  return runtimes.programOf(name);
}
const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url));

/** A version of the SDK on a version of Node. */
export interface Setup {
  readonly sdk: 2 | 3;
  readonly node: 'Node 20' | 'Node 24' | 'Node 26';
}

/** Where the SDKs run that are in use. */
export const SETUPS: readonly Setup[] = [
  { sdk: 2, node: 'Node 20' },
  { sdk: 2, node: 'Node 24' },
  { sdk: 3, node: 'Node 24' },
  { sdk: 3, node: 'Node 26' },
];

export const DEFAULT_SETUP: Setup = { sdk: 2, node: 'Node 20' };

export interface LabSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
  readonly scope: string;
}

export interface Ran {
  /** What the case returned. */
  readonly seen: unknown;
  /** The spans that ended, as an exporter of the app's own gets them. */
  readonly spans: readonly LabSpan[];
  readonly diagnostics: readonly {
    readonly level: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly counts: {
    readonly started: number;
    readonly published: number;
    readonly queued: number;
    readonly spooled: number;
    readonly quarantined: number;
    readonly sampledOut: number;
    readonly open: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly unhandled: readonly string[];
  readonly rows: readonly WireRow[];
  readonly asked: readonly Asked[];
}

const folders = new Map<string, Promise<string>>();

/** A folder with the programs, in which the packages of the app are found. */
export function folderOf(app: 'otel-2' | 'otel-3' | 'otel-auto' | 'otel-claude'): Promise<string> {
  const known = folders.get(app);
  if (known !== undefined) return known;
  const made = libraries(app).then((installed) => {
    const folder = mkdtempSync(join(installed, 'run-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    cpSync(PROGRAMS, folder, { recursive: true });
    return folder;
  });
  folders.set(app, made);
  return made;
}

export interface LabOptions {
  readonly setup?: Setup;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/**
 * Runs one case of a file of `programs`.
 * @returns what it saw, and the rows that it published
 */
export async function runLab(
  file: string,
  name: string,
  { setup = DEFAULT_SETUP, env = {}, flags = [] }: LabOptions = {},
): Promise<Ran> {
  const folder = await folderOf(`otel-${setup.sdk}`);
  await using llm = await startLlmServer();
  await using collector = await startCollector();
  const { NODE_OPTIONS: _options, ...inherited } = process.env;
  const { stdout, stderr } = await run(
    await programOf(setup.node),
    [...flags, join(folder, 'lab.cjs'), file, name],
    {
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 100_000,
      env: {
        ...inherited,
        SDK: String(setup.sdk),
        LLM_URL: llm.url,
        LLM_HTTP2_URL: llm.http2Url,
        COLLECTOR_URL: collector.server.url,
        PIPELINE,
        // AWS's client warns of Node 20 on stderr.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...env,
      },
    },
  );
  assert.equal(stderr.replace(/^.*(Warning|--trace|cannot instrument).*\n/gm, ''), '');
  const ran = JSON.parse(stdout) as Omit<Ran, 'rows' | 'asked'>;
  assert.deepEqual(ran.unhandled, []);
  assertSum(ran.counts);
  return { ...ran, rows: collector.server.rows(), asked: llm.asked };
}

/** Every started trace is somewhere. */
function assertSum(counts: Ran['counts']): void {
  const { started, published, queued, spooled, quarantined, sampledOut, open, dropped } = counts;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(started, published + queued + spooled + quarantined + sampledOut + open + lost);
}

/** The row's steps as a tree, without times. */
export function tree(row: WireRow | undefined): string {
  assert.ok(row !== undefined, 'no row');
  return renderTrace(row, { timings: false });
}

/** All steps below the root. */
export function stepsBelow(row: WireRow | undefined): WireStep[] {
  const all = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(all)];
  return (row?.steps ?? []).flatMap(({ steps }) => steps.flatMap(all));
}

export function stepNamed(row: WireRow | undefined, name: string): WireStep {
  const found = stepsBelow(row).find((step) => step.name === name);
  assert.ok(found !== undefined, `no step ${name} in\n${tree(row)}`);
  return found;
}
