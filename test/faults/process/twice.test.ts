import assert from 'node:assert/strict';
import { renderTrace } from '@openlayer-tracing/local';
import { startCollector } from '../../support/collector.ts';
import { publishingTo, start } from './support.ts';

describe('an app that imports us, requires us and mounts both', () => {
  it('has one trace per request, with the steps of both', async () => {
    await using collector = await startCollector();
    const { ended } = start('twice.mts', publishingTo(collector.server.url));
    const { code, stdout, stderr } = await ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /"isOne":(true|false)/);
    const [row] = await collector.exactly(1);
    assert.ok(row);
    assert.equal(
      `\n${renderTrace(row, { timings: false }).replace(/"isOne":\w+/, '"isOne":…')}`,
      `
once  completed  200
└─ GET / [user_call]  → {"isOne":…}
   └─ by the required one [user_call]
      └─ by the imported one [user_call]
         └─ by the request [user_call]`,
    );
  });
});
