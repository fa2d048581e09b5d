import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { createTracer, type Diagnostic } from '@openlayer-tracing/core';
// A minute is too long for a test: the clock is a seam of the class alone, which no entry point exports.
import { Diagnostics } from '../../../packages/core/dist/diagnostics/diagnostics.js';
import { startCollector } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { publish, quickTracer, until } from './support.ts';

const KEY = 'sk-canary-0123456789abcdef';

describe('diagnostics', () => {
  it('say each reason at most once a minute', () => {
    const said: Diagnostic[] = [];
    let now = 1_000_000;
    const diagnostics = new Diagnostics({ onDiagnostic: (d) => said.push(d), now: () => now });
    for (let second = 0; second < 180; second++) {
      for (let i = 0; i < 10; i++) diagnostics.report('error', 'lost_flood', `${second}.${i}`);
      diagnostics.report('warn', 'lost_trickle', String(second));
      now += 1000;
    }
    const of = (reason: string) => said.filter((d) => d.reason === reason).map((d) => d.message);
    assert.deepEqual(of('lost_flood'), ['0.0', '60.0', '120.0']);
    assert.deepEqual(of('lost_trickle'), ['0', '60', '120']);
  });

  it('say a reason again after 60 seconds, and not after one millisecond less', () => {
    let said = 0;
    let now = 0;
    const diagnostics = new Diagnostics({ onDiagnostic: () => said++, now: () => now });
    for (now of [0, 59_999, 60_000, 119_999, 120_000]) diagnostics.report('warn', 'no_trace', 'm');
    assert.equal(said, 3);
  });

  it('of an outage are one line, and of a thousand lost rows another', async () => {
    let isBroken = true;
    await using server = await startFaultyCollector({
      call(response) {
        if (isBroken) response.writeHead(503).end();
        return isBroken;
      },
    });
    const { tracer, said } = quickTracer(server.url, {
      batch: { maxBatchRows: 10 },
      retry: { maxElapsedMs: 40 },
    });
    publish(tracer, 1000);
    await tracer.flush();
    assert.deepEqual(said.map(({ level, reason }) => `${level} ${reason}`).sort(), [
      'error lost_busy',
      'warn publish_retry',
    ]);
    assert.deepEqual(tracer.stats().dropped, { busy: 1000 });
    isBroken = false;
    publish(tracer, 5);
    await tracer.flush();
    assert.equal(tracer.stats().published, 5);
    assert.equal(said.length, 2);
  });

  it('hold neither the key nor control characters, whatever the platform answers', async () => {
    const evil = [
      `{"error":"key ${KEY} is revoked"}`,
      `{"error":"\u001b[31mred\u001b[0m\r\n[openlayer-tracing] error forged: line\u0000\u0085\u2028"}`,
      `{"auth":"Bearer ${KEY}${KEY}","pad":"${'x'.repeat(290)}${KEY}"}`,
      `{"pad":"${'x'.repeat(280)}","key":"${KEY}"}`,
    ];
    for (const status of [400, 401, 404, 413, 500, 503]) {
      for (const text of evil) {
        await using collector = await startCollector((_request, response) => {
          response.writeHead(status, 'OK').end(text);
          return true;
        });
        const heard: unknown[] = [];
        const listen = (message: unknown) => heard.push(message);
        subscribe('openlayer-tracing:diagnostic', listen);
        const { tracer, said } = quickTracer(collector.server.url, {
          apiKey: KEY,
          retry: { maxElapsedMs: 20 },
        });
        publish(tracer, 1);
        await tracer.flush();
        const updated =
          status < 500 && status !== 404 ? await tracer.updateRow('row-0', { a: 1 }) : {};
        await tracer.shutdown();
        unsubscribe('openlayer-tracing:diagnostic', listen);
        assert.ok(said.length > 0);
        const everything = inspect([said, heard, updated, tracer], { depth: 20, showHidden: true });
        assert.ok(!everything.includes(KEY.slice(0, 12)), `${status} ${text}: ${everything}`);
        for (const { message, error } of said) {
          const texts = [message, error instanceof Error ? error.message : ''];
          for (const line of texts) assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029]/u);
        }
      }
    }
  });

  it('are events of the channel openlayer-tracing:diagnostic', async () => {
    await using server = await startFaultyCollector();
    await server.down();
    const heard: unknown[] = [];
    const names: unknown[] = [];
    const listen = (message: unknown, name: unknown) => {
      heard.push(message);
      names.push(name);
    };
    subscribe('openlayer-tracing:diagnostic', listen);
    const { tracer, said } = quickTracer(server.url);
    publish(tracer, 1);
    await until('it is said', () => said.length > 0);
    unsubscribe('openlayer-tracing:diagnostic', listen);
    assert.deepEqual(heard, said);
    assert.deepEqual(names, ['openlayer-tracing:diagnostic']);
    const [first] = heard as Diagnostic[];
    assert.equal(first?.reason, 'publish_retry');
    assert.equal(first?.level, 'warn');
    assert.equal(typeof first?.message, 'string');
    await tracer.shutdown({ deadlineMs: 1 });
  });

  it('harm nothing where their sink throws, or publishes itself', async () => {
    await using server = await startFaultyCollector({
      call(response, { ids }) {
        const isBad = ids.some((id) => id.startsWith('bad'));
        if (isBad) response.writeHead(401).end();
        return isBad;
      },
    });
    const sinks = [
      () => {
        throw new Error('sink');
      },
      () => {
        throw undefined;
      },
      () => {
        publish(tracer, 3, 'sink');
        assertConserved(tracer.stats());
      },
    ];
    let tracer = createTracer({ publish: false });
    for (const onDiagnostic of sinks) {
      tracer = quickTracer(server.url, { onDiagnostic }).tracer;
      publish(tracer, 5, 'bad');
      await tracer.flush();
      publish(tracer, 5, 'good');
      await tracer.flush();
      assert.deepEqual(tracer.stats().dropped, { unauthorized: 5 });
      assertConserved(tracer.stats());
    }
    assert.equal(server.taken.size, 8);
  });

  it('below the level are not said', async () => {
    await using server = await startFaultyCollector();
    await server.down();
    for (const [logLevel, reasons] of [
      ['off', []],
      ['error', ['lost_unreachable']],
      ['warn', ['publish_retry', 'lost_unreachable']],
      ['debug', ['publish_retry', 'lost_unreachable']],
    ] as const) {
      const { tracer, said } = quickTracer(server.url, { logLevel, retry: { maxElapsedMs: 100 } });
      publish(tracer, 1);
      await tracer.flush();
      assert.deepEqual(
        said.map(({ reason }) => reason),
        reasons,
        logLevel,
      );
    }
  });
});
