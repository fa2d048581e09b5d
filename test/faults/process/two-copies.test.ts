import assert from 'node:assert/strict';
import { startCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { publishingTo, start, startHungEnd } from './support.ts';

const COPIES = ['imported', 'required'] as const;

describe('two copies of core in one process', () => {
  for (const FIRST of COPIES) {
    const ends = [
      ['process.exit()', { END: 'exit' }, { code: 3, signal: null }],
      ['an empty event loop', { END: 'natural' }, { code: 0, signal: null }],
      ['a signal', { END: 'SIGTERM' }, { code: null, signal: 'SIGTERM' }],
      ...['imported', 'required', 'imported required'].map(
        (HANDLING) =>
          [
            `a signal that is handled for the ${HANDLING}`,
            { END: 'SIGTERM', HANDLING },
            { code: null, signal: 'SIGTERM' },
          ] as const,
      ),
    ] as const;
    for (const [what, variables, expected] of ends) {
      it(`deliver each trace once after ${what}, the ${FIRST} loaded first`, async () => {
        await using collector = await startCollector();
        using folder = temporaryFolder();
        const { code, signal } = await start('two-copies.mts', {
          ...publishingTo(collector.server.url),
          OPENLAYER_INFERENCE_PIPELINE_ID: collector.tracer.inferencePipelineId ?? '',
          ...variables,
          FIRST,
          SPOOL: folder.path,
        }).ended;
        assert.deepEqual({ code, signal }, expected);
        const heir = collector.createTracer({ spool: { dir: folder.path } });
        const rows = await collector.exactly(4);
        await heir.shutdown();
        const outputs = Object.fromEntries(rows.map((row) => [row.inferenceId, row.output]));
        // Without a handler, the signal ends the process before anything can be written.
        const soFar = expected.signal !== null && !('HANDLING' in variables) ? null : 'so far';
        assert.deepEqual(outputs, {
          'ended-imported': null,
          'ended-required': null,
          'open-imported': soFar,
          'open-required': soFar,
        });
      });
    }
  }

  it('delay the end of the process no longer than one does', async () => {
    await using hung = await startHungEnd();
    const { stdout } = await start('two-copies.mts', {
      ...publishingTo(hung.url),
      END: 'natural',
    }).ended;
    const at = (what: string) => Number(new RegExp(`${what} at (\\d+)`).exec(stdout)?.[1]);
    const ms = at('exit') - at('end');
    assert.ok(ms >= 140 && ms < 290, `${ms} ms`);
  });
});
