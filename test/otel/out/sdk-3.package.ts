/** Exports beside OpenTelemetry's SDK 3, which needs Node 22. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { libraries } from '../../packages/apps.ts';
import { startProcess } from '../../support/child.ts';
import { assertUnseen } from './instrumented.ts';
import { startBackend } from './otlp-backend.ts';

const APP = fileURLToPath(new URL('apps/sdk-3.cjs', import.meta.url));

/** The path of a runtime's program. The script that has it has no types. */
async function programOf(name: string): Promise<string> {
  const script = new URL('../../../scripts/runtimes.mjs', import.meta.url).href;
  const runtimes = (await import(script)) as { readonly programOf: (name: string) => string };
  return runtimes.programOf(name);
}

for (const node of ['Node 24', 'Node 26'] as const) {
  describe(`exports beside SDK 3 of OpenTelemetry, on ${node}`, () => {
    it('send by its exporters, whose results decide', async () => {
      await using backend = await startBackend((_, i) => (i === 0 ? { status: 400 } : {}));
      const folder = await libraries('otel-3-exporters');
      await using child = startProcess([await programOf(node), APP, backend.url, folder]);
      const { stdout, stderr, code } = await child.ended;
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {
        refused: 'rejected',
        protobuf: 1,
        json: 1,
        own: 1,
        memory: [
          ['POST /chat', 1, 2],
          ['execute_tool search', 0, 0],
        ],
      });
      const types = backend.requests.map(({ headers }) => headers['content-type']);
      const protobuf = 'application/x-protobuf';
      assert.deepEqual(types, [protobuf, protobuf, 'application/json', protobuf]);
      const [first, ...others] = [1, 2, 3].map((at) => backend.spans().slice(2 * at, 2 * at + 2));
      for (const each of others) {
        assert.deepEqual(
          each.map(({ attributes }) => attributes),
          first?.map(({ attributes }) => attributes),
        );
      }
    });

    it('failure 18: instrumentations make no spans of our own requests', async () => {
      const folder = await libraries('otel-3-exporters');
      await assertUnseen({ node: await programOf(node), folder, sdk: '@opentelemetry/sdk-trace' });
    });
  });
}
