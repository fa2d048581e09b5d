/** The ids of the running request in the lines of real loggers, and in the events of Sentry. */

import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { logFields, openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import pino from 'pino';
import winston from 'winston';
import { startApp } from '../../support/child.ts';
import { serving } from '../harness/frameworks.ts';

interface Line {
  readonly n: number;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly inference_id?: string;
}

type Log = (n: number) => void;

/** What each logger writes, line by line. */
const LOGGERS: Readonly<Record<string, (take: (text: string) => void) => Log>> = {
  pino(take) {
    const logger = pino({ mixin: () => logFields() }, { write: take });
    return (n) => logger.info({ n }, 'asked');
  },
  'a child of pino'(take) {
    const logger = pino({ mixin: () => logFields() }, { write: take }).child({ part: 'chat' });
    return (n) => logger.info({ n }, 'asked');
  },
  winston(take) {
    const withIds = winston.format((info) => Object.assign(info, logFields()));
    const stream = new Writable({
      write(chunk, _encoding, done) {
        take(String(chunk));
        done();
      },
    });
    const logger = winston.createLogger({
      format: winston.format.combine(withIds(), winston.format.json()),
      transports: [new winston.transports.Stream({ stream })],
    });
    return (n) => logger.info('asked', { n });
  },
  'a console of Node'(take) {
    const stdout = new PassThrough().on('data', (chunk) => take(String(chunk)));
    const own = new console.Console(stdout);
    return (n) => own.log(JSON.stringify({ n, ...logFields() }));
  },
};

describe('the lines of', () => {
  for (const [name, make] of Object.entries(LOGGERS)) {
    it(`${name} have the ids of the request that wrote them`, async () => {
      using traces = captureTraces();
      const lines: Line[] = [];
      const log = make((text) => lines.push(JSON.parse(text) as Line));
      const app = express();
      app.use(openlayerTracing());
      app.get('/:n', async (req, res) => {
        const n = Number(req.params.n);
        log(n);
        await sleep(5 - (n % 5));
        await req.trace.step('inner', async () => {
          await sleep(n % 5);
          log(n);
        });
        res.on('finish', () => log(n));
        res.end();
      });
      log(-1);
      {
        await using server = await serving(app);
        const all = Array.from({ length: 20 }, (_, n) =>
          fetch(`${server.url}/${n}`, { headers: { 'x-request-id': `request-${n}` } }),
        );
        for (const response of await Promise.all(all)) await response.text();
      }
      await sleep(20);
      const [outside, ...inside] = lines;
      assert.deepEqual([outside?.trace_id, outside?.inference_id], [undefined, undefined]);
      assert.equal(inside.length, 60);
      const rows = new Map((await traces.rows()).map((row) => [row.inferenceId, row]));
      for (const { n, inference_id, trace_id } of inside) {
        assert.equal(inference_id, `request-${n}`);
        assert.equal(trace_id, rows.get(`request-${n}`)?.trace_id);
      }
      for (let n = 0; n < 20; n++) {
        const spans = inside.filter((line) => line.n === n).map(({ span_id }) => span_id);
        // The root step, the inner one, and the root step again.
        assert.equal(new Set(spans).size, 2);
        assert.equal(spans[0], spans[2]);
      }
    });
  }
});

describe('the events of Sentry', () => {
  for (const version of ['10', '11']) {
    it(`${version} have the ids of the request in which the error was captured`, async () => {
      const file = fileURLToPath(new URL('../apps/sentry.mts', import.meta.url));
      const child = startApp(file, { SENTRY: version }, { limitMs: 90_000 });
      const { code } = await child.ended;
      assert.equal(code, 0, child.output.stderr);
      assert.match(child.output.stdout, /2 events, each with the ids of its request/);
    });
  }
});
