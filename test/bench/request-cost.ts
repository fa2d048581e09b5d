/** CPU per request that tracing adds to a bare app, and the share of traces that arrive, in interleaved rounds. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TracerStats } from '@openlayer-tracing/core';
import { Child } from './child.ts';
import { median, spread } from './statistics.ts';

const VARIANTS = ['bare', 'floor', 'traced', 'spooled'] as const;
type Variant = (typeof VARIANTS)[number];

export interface RequestCostOptions {
  readonly label: string;
  /** Node binary. */
  readonly node: string;
  readonly rounds: number;
  readonly requestsPerRound: number;
}

export interface RequestCost {
  readonly label: string;
  /** Microseconds of CPU per request, per variant: the median, and the range of the rounds. */
  readonly micros: Readonly<Record<Variant, { median: number; range: string }>>;
  /** Microseconds that each variant adds: the median of the differences within a round. */
  readonly added: Readonly<Record<Variant, number>>;
  /** Of the traces of measured requests, how many arrived. */
  readonly delivered: number;
}

export async function measureRequestCost(options: RequestCostOptions): Promise<RequestCost> {
  const [collector, { port: collectorPort }] = await Child.start<{ port: number }>('collector.js', {
    core: 1,
  });
  const [load] = await Child.start<object>('load.js', { core: 1 });
  const spool = mkdtempSync(join(tmpdir(), 'openlayer-bench-'));
  const servers = new Map<Variant, { child: Child; port: number }>();
  for (const variant of VARIANTS) {
    const [child, { port }] = await Child.start<{ port: number }>('app.js', {
      node: options.node,
      core: 0,
      env: {
        BENCH_VARIANT: variant,
        NODE_ENV: 'production',
        OPENLAYER_API_KEY: 'bench',
        OPENLAYER_INFERENCE_PIPELINE_ID: 'a3a5f0de-7d0b-4f3a-9c57-2c1d5e6f7a80',
        ...(variant === 'spooled' && { OPENLAYER_SPOOL_DIR: spool }),
        OPENLAYER_BASE_URL: `http://127.0.0.1:${collectorPort}/v1`,
      },
    });
    servers.set(variant, { child, port });
  }
  const used: Record<Variant, number[]> = { bare: [], floor: [], traced: [], spooled: [] };
  let sent = 0;
  let arrived = 0;
  try {
    for (let round = -2; round < options.rounds; round++) {
      for (const variant of VARIANTS) {
        const { child, port } = servers.get(variant) as { child: Child; port: number };
        const before = await child.ask<{ cpuMicros: number }>({});
        await load.ask({ port, requests: options.requestsPerRound, connections: 32 });
        const after = await child.ask<{ cpuMicros: number; stats?: TracerStats }>({});
        const { rows } = await collector.ask<{ rows: number }>({});
        // The first rounds are for the compiler.
        if (round < 0) continue;
        used[variant].push((after.cpuMicros - before.cpuMicros) / options.requestsPerRound);
        if (variant === 'traced' || variant === 'spooled') {
          sent += options.requestsPerRound;
          arrived += rows;
        }
      }
    }
  } finally {
    for (const { child } of servers.values()) child.stop();
    load.stop();
    collector.stop();
    rmSync(spool, { recursive: true, force: true });
  }
  const added = (variant: Variant) =>
    median(used[variant].map((value, i) => value - (used.bare[i] ?? 0)));
  const micros = (variant: Variant) => ({
    median: median(used[variant]),
    range: spread(used[variant]),
  });
  return {
    label: options.label,
    micros: {
      bare: micros('bare'),
      floor: micros('floor'),
      traced: micros('traced'),
      spooled: micros('spooled'),
    },
    added: {
      bare: 0,
      floor: added('floor'),
      traced: added('traced'),
      spooled: added('spooled'),
    },
    delivered: arrived / sent,
  };
}
