/** A process in which our functions fail, one after another, under an Hono app. Prints what could be told. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as honoAdapter from '@openlayer-tracing/hono';
import type { MiddlewareHandler } from 'hono';
import { copyWithFaults, type FaultSite } from '../../../support/fault-injection.ts';
import { honoCases, webCases } from '../hono/cases.ts';
import { honoFramework } from '../hono/framework.ts';
import { moodyCollector } from './moody-collector.ts';
import { type Setup, sweep } from './sweep.ts';

const folder = await mkdtemp(join(tmpdir(), 'openlayer-faults-'));
const copy = await copyWithFaults(['core', 'hono'], folder);
const core = (await import(copy.url('hono/dist/index.js'))) as typeof honoAdapter;

const realSetTimeout = setTimeout;
// Our sweeps and deadlines take seconds: here they take a fiftieth of it.
globalThis.setTimeout = ((fn: () => void, ms = 0) =>
  realSetTimeout(fn, ms >= 100 ? ms / 50 : ms)) as typeof setTimeout;

const collector = moodyCollector();
collector.listen(0, '127.0.0.1');
await once(collector, 'listening');
const { port } = collector.address() as AddressInfo;

const options: honoAdapter.TracerOptions = {
  apiKey: 'key',
  inferencePipelineId: 'pipeline',
  baseUrl: `http://127.0.0.1:${port}/v1`,
  batch: { maxDelayMs: 0, maxBatchRows: 3 },
  retry: { baseMs: 1, capMs: 2 },
  logLevel: 'debug',
};

const setups: readonly Setup<MiddlewareHandler>[] = [
  {
    name: 'plain',
    mount: 'before the parsers',
    middleware: () => {
      core.configure(options);
      return core.openlayerTracing();
    },
  },
  {
    name: 'with all options, mounted twice',
    mount: 'twice',
    middleware: () => {
      core.configure({ ...options, redact: { text: (text) => text, keys: ['q', /own/] } });
      return core.openlayerTracing({
        name: (c) => `own ${c.req.method}`,
        user: () => 'user',
        session: () => 7,
        metadata: () => {
          throw new Error('the option fails');
        },
        output: (body) => body,
        sample: ({ hasError }) => hasError || true,
        capture: { headers: ['user-agent', 'accept'], maxBytes: 64 },
        inferenceId: { trust: () => true, from: () => undefined },
        maxAgeMs: 5,
      });
    },
  },
  {
    name: 'after the parsers, with an input',
    mount: 'after the parsers',
    middleware: () => {
      core.configure(options);
      return core.openlayerTracing({
        input: (c) => ({ q: c.req.query() }),
        metadata: () => ({ a: 1 }),
        sample: () => false,
      });
    },
  },
  {
    name: 'publishing nothing',
    mount: 'before the parsers',
    middleware: () => {
      core.configure({ ...options, publish: false });
      return core.openlayerTracing();
    },
  },
  {
    name: 'sampling nothing',
    mount: 'before the parsers',
    middleware: () => {
      core.configure(options);
      return core.openlayerTracing({ sample: 0, metadata: () => ({ a: 1 }) });
    },
  },
  {
    name: 'skipping everything',
    mount: 'before the parsers',
    middleware: () => {
      core.configure(options);
      return core.openlayerTracing({ skip: () => true });
    },
  },
];

Error.stackTraceLimit = 100;
const isWeb = process.argv[2] === 'web';
const cases = isWeb ? webCases : honoCases;
const framework = honoFramework(cases, isWeb);
// What is tried with Node's responses needs no other try.
const only = isWeb ? ({ where }: FaultSite) => /^hono\/|web|stream|soon/.test(where) : undefined;
const result = await sweep({ framework, core, sites: copy.sites, setups, only });
await rm(folder, { recursive: true });
process.stdout.write(
  `${JSON.stringify({ sites: copy.sites.length, harmless: copy.harmless, ...result })}\n`,
);
process.exit(0);
