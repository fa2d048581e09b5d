import assert from 'node:assert/strict';
import { startCollector } from '../../support/collector.ts';
import { ask, publishingTo, refusingUrl, start } from './support.ts';

describe('in the process around it', () => {
  it('tracing patches nothing, adds no global that shows, and listens to no signal', async () => {
    await using collector = await startCollector();
    const { code, stdout, stderr } = await start(
      'footprint.mts',
      publishingTo(collector.server.url),
    ).ended;
    assert.equal(code, 0, stderr);
    const { changed, events } = JSON.parse(stdout) as { changed: string[]; events: string[] };
    const isOurSlot = (name: string) =>
      /^globalThis: Symbol\(openlayer-tracing\.[a-z.-]+\.v\d+\) new$/.test(name);
    assert.deepEqual(
      changed.filter((name) => !isOurSlot(name)),
      [],
    );
    assert.deepEqual(events, []);
    await collector.exactly(5);
  });
});

describe('output', () => {
  /** Serves some requests and closes; what it printed beyond its own line. */
  async function printed(variables: Record<string, string>) {
    const { port, ended } = start('server.mts', variables);
    for (let i = 0; i < 5; i++) assert.equal(await ask(await port, '/ok'), 200);
    assert.equal(await ask(await port, '/close'), 200);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^listening \d+\n$/);
    return stderr;
  }

  const without = (variables: Record<string, string>, ...names: string[]) =>
    Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));

  it('there is none at the default level when all is well', async () => {
    await using collector = await startCollector();
    assert.equal(await printed(publishingTo(collector.server.url)), '');
    await collector.exactly(6);
  });

  const missing: [names: string[], said: RegExp, not?: RegExp][] = [
    [['OPENLAYER_API_KEY'], /set OPENLAYER_API_KEY \(/, /PIPELINE/],
    [['OPENLAYER_INFERENCE_PIPELINE_ID'], /set OPENLAYER_INFERENCE_PIPELINE_ID \(/, /API_KEY/],
    [
      ['OPENLAYER_API_KEY', 'OPENLAYER_INFERENCE_PIPELINE_ID'],
      /set OPENLAYER_API_KEY .* and OPENLAYER_INFERENCE_PIPELINE_ID/,
    ],
  ];

  for (const [names, said, not] of missing) {
    it(`is one line without ${names.join(' and ')}, and requests go on`, async () => {
      await using collector = await startCollector();
      const variables = without(publishingTo(collector.server.url), ...names);
      const stderr = await printed({ ...variables, TWICE: '1' });
      assert.match(stderr, /^\[openlayer-tracing\] warn not_configured: [^\n]+\n$/);
      assert.match(stderr, said);
      if (not !== undefined) assert.doesNotMatch(stderr, not);
      await collector.exactly(0);
    });
  }

  it('there is none where publishing is switched off, with a key and without', async () => {
    await using collector = await startCollector();
    const variables = publishingTo(collector.server.url);
    const off = { OPENLAYER_DISABLE_PUBLISH: 'true' };
    const both = [printed({ ...variables, ...off }), printed({ TRACED: '1', ...off })];
    assert.deepEqual(await Promise.all(both), ['', '']);
    await collector.exactly(0);
  });

  it('is one line while the collector is down, without the key', async () => {
    const stderr = await printed(publishingTo(await refusingUrl()));
    assert.match(stderr, /^\[openlayer-tracing\] warn publish_retry: cannot reach [^\n]+\n$/);
    assert.doesNotMatch(stderr, /test-key/);
  });

  it('holds no control character that the platform has sent', async () => {
    await using collector = await startCollector((_request, response) => {
      response.writeHead(401).end('{"error":"\u001b[31m\r\n[openlayer-tracing] forged test-key"}');
      return true;
    });
    const stderr = await printed(publishingTo(collector.server.url));
    assert.match(stderr, /^\[openlayer-tracing\] error lost_unauthorized: [^\n]+\n$/);
    assert.doesNotMatch(stderr.trimEnd(), /\p{Cc}|test-key/u);
  });

  it('harms nothing where nobody reads stderr any more', async () => {
    const {
      process: child,
      port,
      ended,
    } = start('server.mts', {
      ...publishingTo(await refusingUrl()),
      BATCH: '{"maxDelayMs":1}',
    });
    const address = await port;
    child.stderr?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    for (let i = 0; i < 5; i++) {
      assert.equal(await ask(address, '/ok'), 200);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    assert.equal(await ask(address, '/close'), 200);
    const { code, signal } = await ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  });
});
