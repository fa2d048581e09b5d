/** The example with all of OpenTelemetry's instrumentations, as the packed packages run beside them. */

import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTrace } from '@openlayer-tracing/local';
import { runApp } from '../../examples/opentelemetry-app/test/running-app.ts';
import { ROOT } from '../house/repository.ts';
import { createApp } from './apps.ts';

const EXAMPLE = join(ROOT, 'examples/opentelemetry-app');

describe('an app with @opentelemetry/auto-instrumentations-node', function () {
  this.timeout(300_000);

  it('has the spans of its database and of its HTTP client as steps, and each model call once', async () => {
    await using installed = await createApp('otel-auto', { type: 'module' });
    cpSync(join(EXAMPLE, 'dist'), join(installed.folder, 'dist'), { recursive: true });
    const model = join(installed.folder, 'node_modules/example-local-model');
    cpSync(join(ROOT, 'examples/local-model'), model, { recursive: true });
    const instrumentation = readFileSync(join(EXAMPLE, 'auto-instrumentations.mjs'), 'utf8');
    await installed.write({ 'auto-instrumentations.mjs': instrumentation });
    await using app = await runApp({
      dist: join(installed.folder, 'dist/'),
      instrumentation: join(installed.folder, 'auto-instrumentations.mjs'),
      // Its logs and metrics are not what this is about.
      env: { OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
    });
    const visitors = Array.from({ length: 10 }, (_, n) => `visitor-${n}`);
    const asked = await Promise.all(visitors.map((id) => app.ask(id, 'Which hut has a stove?')));
    assert.ok(asked.every(({ status }) => status === 200));
    const rows = await app.traces.waitForRows(visitors.length);
    assert.deepEqual(rows.map(({ inferenceId }) => inferenceId).sort(), visitors);
    for (const row of rows) {
      assert.equal(
        renderTrace(row, { timings: false }).replace(/^\S+/, 'visitor'),
        `
visitor  completed  200
└─ POST /ask [user_call]  → {"answer":"Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “H…
   ├─ pg-pool.connect [function_call]
   ├─ pg.query:SELECT postgres [function_call]
   ├─ GET [function_call]  → {"status":200}
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  116+34 tokens  → "Cairn Hut: “Cairn Hut has 8 beds and no stove.” Heron Hut: “Heron Hut h…
`.trim(),
      );
    }
    assert.deepEqual(app.traces.problems, []);
    await app.end();
  });
});
