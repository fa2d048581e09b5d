/** Runs an app with instrumentations of HTTP, and looks for spans of our own requests. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { startLocalServer } from '@openlayer-tracing/local';
import { startProcess } from '../../support/child.ts';
import { startBackend } from './otlp-backend.ts';

const APP = fileURLToPath(new URL('apps/instrumented.cjs', import.meta.url));

export interface Instrumented {
  /** Path of the program. */
  readonly node: string;
  /** Where OpenTelemetry's packages are found. */
  readonly folder: string;
  readonly sdk: string;
}

/** @throws AssertionError if a request of ours is a span, or if one of the app's is not */
export async function assertUnseen({ node, folder, sdk }: Instrumented): Promise<void> {
  const platform = await startLocalServer({ checks: 'lenient' });
  await using backend = await startBackend();
  try {
    const ports = [String(platform.port), String(backend.port)];
    const env = { ...process.env, OTEL_SDK: sdk };
    await using child = startProcess([node, APP, ...ports, folder], { env });
    const { stdout, stderr, code } = await child.ended;
    assert.equal(code, 0, stderr);
    const { published, made } = JSON.parse(stdout) as {
      published: number[];
      made: [string, string][];
    };
    assert.deepEqual(published, [3, 3, 3, 3]);
    assert.deepEqual(made, [
      ['@opentelemetry/instrumentation-http', '/app-http'],
      ['@opentelemetry/instrumentation-undici', '/app-fetch'],
      ['app', 'work'],
    ]);
    const ours = backend.requests.filter(({ path }) => !path.startsWith('/app-'));
    assert.equal(ours.length, 9);
    // Nor do they add headers.
    for (const { headers } of ours) assert.equal(headers.traceparent, undefined);
    assert.equal(backend.requests.length - ours.length, 2);
  } finally {
    await platform.close();
  }
}
