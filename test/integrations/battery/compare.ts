/** Runs a battery in a process of its own, and tells what was seen on both sides of the client. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { type Asked, startLlmServer } from '../../support/llm-server/index.ts';
import { HUNG, type Seen } from './check.ts';
import { commandOf, isElsewhere, runtimeName } from './runtime.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('run.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export type Variant = 'bare' | 'traced' | 'silent' | 'masked';

export interface Ran {
  readonly seen: readonly Seen[];
  readonly asked: readonly Asked[];
  /** By the name of the check. */
  readonly rows: readonly WireRow[];
}

/**
 * A client that hangs on another runtime than Node's is run once more: one run of Deno in a few hundred did,
 * on a machine that was busy. What hangs twice is seen as a difference.
 */
export async function runBattery(
  battery: string,
  packageName: string,
  variant: Variant,
): Promise<Ran> {
  const first = await runOnce(battery, packageName, variant);
  const hung = first.seen.filter(({ error }) => error === HUNG).map(({ name }) => name);
  if (hung.length === 0 || !isElsewhere) return first;
  console.error(`${runtimeName} hung in ${hung.join(', ')} of ${packageName}, ${variant}`);
  return await runOnce(battery, packageName, variant);
}

async function runOnce(battery: string, packageName: string, variant: Variant): Promise<Ran> {
  await using llm = await startLlmServer();
  await using collector = await startCollector();
  const [program, ...flags] = commandOf(SCRIPT);
  const { stdout, stderr } = await run(program, [...flags, battery, packageName, variant], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      LLM_URL: llm.url,
      LLM_HTTP2_URL: llm.http2Url,
      OPENLAYER_API_KEY: 'test-key',
      OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE,
      OPENLAYER_BASE_URL: collector.server.url,
    },
  });
  assert.equal(stderr.replace(/^.*(Warning|--trace).*\n/gm, ''), '');
  return {
    seen: JSON.parse(stdout) as Seen[],
    asked: llm.asked.filter(({ headers }) => headers['x-case'] !== undefined),
    rows: collector.server.rows(),
  };
}

/** What a provider was asked: everything but the case and the wording of the connection. */
export function comparable(asked: readonly Asked[]): unknown[] {
  return asked
    .map(({ path, headers, body, bytes }) => {
      const {
        'x-case': name,
        'amz-sdk-invocation-id': chance,
        ':authority': authority,
        host,
        connection,
        ...rest
      } = headers;
      const kept = { ...rest };
      // A form's boundary is chance, and as long each time.
      if (kept['content-type']?.startsWith('multipart/')) kept['content-type'] = 'multipart';
      return { name: String(name).replace(/^\w+:/, ''), path, headers: kept, body, bytes };
    })
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** By case, and calls that are made at once by what they ask. */
function orderOf(asked: { readonly name: string; path: string; body: unknown }): string {
  const { name, path, body } = asked;
  return `${name} ${path} ${JSON.stringify(body)}`;
}
