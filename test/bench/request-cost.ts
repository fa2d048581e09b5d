/** CPU per request that tracing adds to a bare app, and the share of traces that arrive, in interleaved rounds. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Child } from './child.ts';
import type { Latencies, Order } from './load.ts';
import { median, spread } from './statistics.ts';

export interface RequestCostOptions {
  /** Node binary. */
  readonly node: string;
  readonly framework: string;
  /** The app as it is, and with what it is to be compared to: the first is the base. */
  readonly variants: readonly string[];
  readonly rounds: number;
  readonly requestsPerRound: number;
  /** Requests a second; undefined: as fast as 32 connections are answered. */
  readonly rate?: number;
  /** Another checkout, built, whose app the variants that end with `before` are. */
  readonly before?: string | undefined;
}

/** Of one variant, in microseconds of CPU per request. */
export interface RequestCost {
  readonly variant: string;
  /** Each round. */
  readonly rounds: readonly number[];
  readonly median: number;
  /** Least to most of the rounds. */
  readonly range: string;
  /** What it adds to the base: the median of the differences within a round. */
  readonly added: number;
  /** Of the traces of measured requests, how many arrived; undefined where none is sent. */
  readonly delivered: number | undefined;
  /** Milliseconds: the median of the rounds' 99th percentiles. */
  readonly p99: number;
}

interface Served {
  readonly variant: string;
  readonly child: Child;
  readonly port: number;
  readonly micros: number[];
  readonly p99s: number[];
  arrived: number;
}

export async function measureRequestCost(
  options: RequestCostOptions,
): Promise<readonly RequestCost[]> {
  const [collector, { port }] = await Child.start<{ port: number }>('collector.js', { core: 1 });
  const [load] = await Child.start<object>('load.js', { core: 1 });
  const spool = mkdtempSync(join(tmpdir(), 'openlayer-bench-'));
  const served: Served[] = [];
  try {
    for (const variant of options.variants) served.push(await serve(options, variant, port, spool));
    // The first rounds are for the compiler.
    for (let round = -2; round < options.rounds; round++) {
      for (const each of served) {
        const order = {
          port: each.port,
          requests: options.requestsPerRound,
          connections: 32,
          rate: options.rate,
        };
        const { micros, p99 } = await measureRound(each.child, load, order);
        const { rows } = await collector.ask<{ rows: number }>({});
        if (round < 0) continue;
        each.micros.push(micros);
        each.p99s.push(p99);
        each.arrived += rows;
      }
    }
  } finally {
    for (const { child } of served) child.stop();
    load.stop();
    collector.stop();
    rmSync(spool, { recursive: true, force: true });
  }
  const base = served[0]?.micros ?? [];
  const sent = options.rounds * options.requestsPerRound;
  return served.map(({ variant, micros, p99s, arrived }) => ({
    variant,
    rounds: micros,
    median: median(micros),
    range: spread(micros),
    added: median(micros.map((value, i) => value - (base[i] ?? 0))),
    delivered: /^bare$|floor$|namespace$|written$/.test(variant) ? undefined : arrived / sent,
    p99: median(p99s),
  }));
}

async function serve(
  { node, framework, before }: RequestCostOptions,
  variant: string,
  collectorPort: number,
  spool: string,
): Promise<Served> {
  const [child, { port }] = await Child.start<{ port: number }>(appOf(variant, before), {
    node,
    core: 0,
    env: {
      BENCH_FRAMEWORK: framework,
      BENCH_VARIANT: variant.replace(/ before$/, ''),
      NODE_ENV: 'production',
      OPENLAYER_API_KEY: 'bench',
      OPENLAYER_INFERENCE_PIPELINE_ID: 'a3a5f0de-7d0b-4f3a-9c57-2c1d5e6f7a80',
      OPENLAYER_BASE_URL: `http://127.0.0.1:${collectorPort}/v1`,
      ...(variant.startsWith('spooled') && { OPENLAYER_SPOOL_DIR: spool }),
    },
  });
  return { variant, child, port, micros: [], p99s: [], arrived: 0 };
}

function appOf(variant: string, before: string | undefined): string {
  return before === undefined || !variant.endsWith(' before')
    ? 'app.js'
    : pathToFileURL(join(before, 'test/bench/dist/app.js')).href;
}

/** @returns microseconds of CPU per request, until all is sent */
async function measureRound(child: Child, load: Child, order: Order) {
  const before = await child.ask<{ cpuMicros: number }>({});
  const { p99 } = await load.ask<Latencies>(order);
  const after = await child.ask<{ cpuMicros: number }>({});
  return { micros: (after.cpuMicros - before.cpuMicros) / order.requests, p99 };
}
