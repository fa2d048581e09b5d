import assert from 'node:assert/strict';
import { isOnThisMachine } from '../../src/config/base-url.ts';
import { statsHeader } from '../../src/publish/openlayer/stats-header.ts';

describe("the header with the tracer's counts", () => {
  it('is made for a platform on this machine alone', () => {
    const here = ['http://127.0.0.1:4600/v1', 'http://localhost:4600/v1', 'http://[::1]:4600/v1'];
    for (const baseUrl of [...here, 'http://127.8.0.1/v1', 'https://LOCALHOST/v1']) {
      assert.equal(isOnThisMachine(baseUrl), true, baseUrl);
    }
    for (const baseUrl of [
      ...['https://api.openlayer.com/v1', 'http://10.0.0.7:4600/v1', 'http://0.0.0.0/v1'],
      ...['http://localhost.example.com/v1', 'http://127.0.0.1.example.com/v1', 'http://[::2]/v1'],
      ...['http://example.com/127.0.0.1', 'http://localhost@example.com/', 'no address', ''],
    ]) {
      assert.equal(isOnThisMachine(baseUrl), false, baseUrl);
    }
  });

  it('is JSON in ASCII, with the name of the process', () => {
    const make = statsHeader(() => ({ started: 3, dropped: { 'é\n日': 1 } }));
    const text = make?.() ?? '';
    assert.match(text, /^[\x20-\x7e]+$/);
    const { name, stats } = JSON.parse(text) as { name: string; stats: unknown };
    assert.deepEqual(stats, { started: 3, dropped: { 'é\n日': 1 } });
    assert.match(name, new RegExp(`\\(process ${process.pid}\\)$`));
  });

  it('says how the rows are sent, where that is not as usual', () => {
    const make = statsHeader(() => ({ started: 3 }));
    const facts = (text = '') => {
      const { name: _, ...others } = JSON.parse(text) as Record<string, unknown>;
      return others;
    };
    const stats = { started: 3 };
    assert.deepEqual(facts(make?.()), { stats });
    assert.deepEqual(facts(make?.({ retries: 2 })), { stats, retries: 2 });
    assert.deepEqual(facts(make?.({ isReplay: true })), { stats, isReplay: true });
  });

  it('is none where counting fails or the counts are long', () => {
    const fails = statsHeader(() => {
      throw new Error('no');
    });
    assert.equal(fails?.(), undefined);
    const long = statsHeader(() => ({ text: 'x'.repeat(5000) }));
    assert.equal(long?.(), undefined);
  });
});
