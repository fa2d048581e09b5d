/** A relative spool folder where the working directory is deleted, as old releases are at a deploy. */

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCollector } from '../../support/collector.ts';
import { ask, publishingTo, refusingUrl, start } from './support.ts';

describe('a working directory that is deleted', () => {
  const given: [how: string, variables: Record<string, string>][] = [
    ['an option', {}],
    ['the environment', { OPENLAYER_SPOOL_DIR: 'spool' }],
  ];
  for (const [how, variables] of given) {
    it(`in use hangs no server whose spool folder is relative by ${how}`, async () => {
      const { port, ended } = start('moved.mts', {
        ...publishingTo(await refusingUrl()),
        ...variables,
      });
      const address = await port;
      assert.equal(await ask(address, '/ok'), 200);
      assert.equal(await ask(address, '/leave'), 200);
      for (let i = 0; i < 5; i++) {
        await sleep(400);
        assert.equal(await ask(address, '/ok'), 200);
      }
      assert.equal(await ask(address, '/close'), 200);
      const { code, stderr } = await ended;
      assert.equal(code, 0, stderr);
    });

    it(`before the start is said where the spool folder is relative by ${how}, and traces are published`, async () => {
      await using collector = await startCollector();
      const { port, ended } = start('moved.mts', {
        ...publishingTo(collector.server.url),
        ...variables,
        GONE: 'before',
      });
      const address = await port;
      assert.equal(await ask(address, '/ok'), 200);
      await collector.exactly(1);
      assert.equal(await ask(address, '/close'), 200);
      const { code, stderr } = await ended;
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^\[openlayer-tracing\] error spool_refused: .*no working directory to find spool in; name it by an absolute path\)\n/,
      );
    });
  }
});
