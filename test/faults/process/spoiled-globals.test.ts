import assert from 'node:assert/strict';
import { startCollector } from '../../support/collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { hostileNames, spoils, withoutHttp } from './apps/spoils.mts';
import { publishingTo, startBundle } from './support.ts';

const CALLS = ['nothing', 'values', 'update', 'steps', 'generator'];
const REQUESTS = ['json', 'events', 'throws'];

/** The rows of an app that records while something is not as it should be. They arrive in one batch that is valid. */
async function rowsOf(variables: Record<string, string>, kinds = [...CALLS, ...REQUESTS]) {
  await using collector = await startCollector();
  const { ended } = startBundle('spoiled.mts', {
    ...publishingTo(collector.server.url),
    ...variables,
    KINDS: kinds.join(' '),
  });
  const { code, stdout, stderr } = await ended;
  assert.deepEqual([code, stdout.includes('done')], [0, true], stderr);
  const rows = collector.server.rows();
  assert.deepEqual(
    rows.map(({ inferenceId }) => inferenceId).sort(),
    ['good-after', 'good-before', ...kinds.map((kind) => `spoiled-${kind}`)].sort(),
    stderr,
  );
  return { row: (id: string) => rows.find(({ inferenceId }) => inferenceId === id), stderr };
}

describe('what is recorded while a process has', () => {
  for (const spoil of Object.keys(spoils)) {
    // Node itself cannot send anything under what Express fails under.
    for (const until of withoutHttp.has(spoil) ? ['recorded'] : ['recorded', 'sent']) {
      it(`${spoil} until all is ${until} arrives, and so do its neighbours`, async () => {
        const kinds = withoutHttp.has(spoil) ? CALLS : [...CALLS, ...REQUESTS];
        using folder = temporaryFolder();
        const spool = until === 'sent' && { OPENLAYER_SPOOL_DIR: folder.path };
        const { row } = await rowsOf({ SPOIL: spoil, UNTIL: until, ...spool }, kinds);
        assert.equal(row('good-after')?.steps[0]?.name, 'nothing');
        assert.equal(row('spoiled-values')?.steps[0]?.name, 'values');
        if (kinds.includes('events')) assert.equal(row('spoiled-events')?.output, 'Late');
        assert.deepEqual(row('spoiled-update')?.question, 'why?');
      });
    }
  }
});

describe('a request whose function for metadata returns', () => {
  for (const hostile of hostileNames) {
    it(`${hostile} is recorded without what cannot be read`, async () => {
      const { row } = await rowsOf({ HOSTILE: hostile });
      assert.equal(row('spoiled-json')?.user_id, 'ann');
      assert.deepEqual(row('spoiled-json')?.output, { said: 'object' });
    });
  }
});
