import assert from 'node:assert/strict';
import type { Health } from '../src/page-api.ts';
import { call, PIPELINE, requestOf } from './client.js';
import { got, lenientServer } from './page/read.js';

const PATH = `/inference-pipelines/${PIPELINE}/data-stream`;

describe('the counts of apps', () => {
  it("are those of each process's latest call, the newest first, even if that call was refused", async () => {
    await using server = await lenientServer();
    const report = (name: string, published: number) => ({
      'x-openlayer-tracing-stats': JSON.stringify({ name, stats: { published } }),
    });
    await call(server, 'POST', PATH, requestOf('a'), report('app.js (process 1)', 0));
    await call(server, 'POST', PATH, requestOf('b'), report('worker.js (process 2)', 7));
    await call(server, 'POST', PATH, { rows: 3 }, report('app.js (process 1)', 1));
    const { apps } = await got<Health>(server, 'health');
    assert.deepEqual(
      apps.map(({ name, stats }) => [name, stats]),
      [
        [`app.js (process 1), pipeline ${PIPELINE}`, { published: 1 }],
        [`worker.js (process 2), pipeline ${PIPELINE}`, { published: 7 }],
      ],
    );
  });

  it('are kept for 20 processes, and a header that is no report is ignored', async () => {
    await using server = await lenientServer();
    for (const text of ['{', '3', '{"name":1,"stats":{}}', '{"name":"a"}', '[]']) {
      const headers = { 'x-openlayer-tracing-stats': text };
      assert.equal((await call(server, 'POST', PATH, requestOf('a'), headers)).status, 200);
    }
    assert.deepEqual((await got<Health>(server, 'health')).apps, []);
    for (let n = 0; n < 25; n += 1) {
      const text = JSON.stringify({ name: `p${n} ${'x'.repeat(300)}`, stats: {} });
      await call(server, 'POST', PATH, requestOf('a'), { 'x-openlayer-tracing-stats': text });
    }
    const { apps } = await got<Health>(server, 'health');
    assert.equal(apps.length, 20);
    assert.match(apps[0]?.name ?? '', /^p24 /);
    assert.ok(apps.every(({ name }) => name.length <= 200));
  });
});
