/** CPU per request that tracing adds to a bare app, and the share of traces that arrive, in interleaved rounds. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import { median, spread } from './statistics.ts';

export interface RequestCostOptions {
  /** Node binary. */
  readonly node: string;
  readonly framework: string;
  /** The app as it is, and with what it is to be compared to: the first is the base. */
  readonly variants: readonly string[];
  readonly rounds: number;
  readonly requestsPerRound: number;
}

/** Of one variant, in microseconds of CPU per request. */
export interface RequestCost {
  readonly variant: string;
  readonly median: number;
  /** Least to most of the rounds. */
  readonly range: string;
  /** What it adds to the base: the median of the differences within a round. */
  readonly added: number;
  /** Of the traces of measured requests, how many arrived; undefined where none is sent. */
  readonly delivered: number | undefined;
}

interface Served {
  readonly variant: string;
  readonly child: Child;
  readonly port: number;
  readonly micros: number[];
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
        const micros = await measureRound(each.child, load, each.port, options.requestsPerRound);
        const { rows } = await collector.ask<{ rows: number }>({});
        if (round < 0) continue;
        each.micros.push(micros);
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
  return served.map(({ variant, micros, arrived }) => ({
    variant,
    median: median(micros),
    range: spread(micros),
    added: median(micros.map((value, i) => value - (base[i] ?? 0))),
    delivered: /traced$|sent$/.test(variant) ? arrived / sent : undefined,
  }));
}

async function serve(
  { node, framework }: RequestCostOptions,
  variant: string,
  collectorPort: number,
  spool: string,
): Promise<Served> {
  const [child, { port }] = await Child.start<{ port: number }>('app.js', {
    node,
    core: 0,
    env: {
      BENCH_FRAMEWORK: framework,
      BENCH_VARIANT: variant,
      NODE_ENV: 'production',
      OPENLAYER_API_KEY: 'bench',
      OPENLAYER_INFERENCE_PIPELINE_ID: 'a3a5f0de-7d0b-4f3a-9c57-2c1d5e6f7a80',
      OPENLAYER_BASE_URL: `http://127.0.0.1:${collectorPort}/v1`,
      ...(variant.startsWith('spooled') && { OPENLAYER_SPOOL_DIR: spool }),
    },
  });
  return { variant, child, port, micros: [], arrived: 0 };
}

/** @returns microseconds of CPU per request */
async function measureRound(child: Child, load: Child, port: number, requests: number) {
  const before = await child.ask<{ cpuMicros: number }>({});
  await load.ask({ port, requests, connections: 32 });
  const after = await child.ask<{ cpuMicros: number }>({});
  return (after.cpuMicros - before.cpuMicros) / requests;
}
