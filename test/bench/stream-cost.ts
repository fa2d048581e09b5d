/** CPU that tracing adds to the reading of a stream of 5,000 chunks. */

import { Child } from './child.ts';
import { median, spread } from './statistics.ts';

interface Taken {
  readonly cpu: number;
  readonly wall: number;
}

export interface StreamCost {
  /** Milliseconds of CPU: the median, and the range of the rounds. */
  readonly bare: string;
  readonly traced: string;
  /** The medians of the ratios within a round. */
  readonly cpuRatio: number;
  readonly wallRatio: number;
  /** Characters of the longest trace. */
  readonly kept: number;
}

export async function measureStreamCost(node: string, rounds: number): Promise<StreamCost> {
  const [server, { port }] = await Child.start<{ port: number }>('stream-server.js', { core: 1 });
  try {
    const [client, seen] = await Child.start<{ bare: Taken[]; traced: Taken[]; kept: number }>(
      'stream-client.js',
      {
        node,
        core: 0,
        args: ['--expose-gc'],
        env: { BENCH_LLM: `http://127.0.0.1:${port}/v1`, BENCH_ROUNDS: String(rounds) },
      },
    );
    client.stop();
    const { bare, traced, kept } = seen;
    const show = (of: Taken[]) => {
      const cpu = of.map((each) => each.cpu);
      return `${median(cpu).toFixed(1)} (${spread(cpu)})`;
    };
    const ratio = (of: keyof Taken) =>
      median(traced.map((each, i) => each[of] / (bare[i]?.[of] ?? Number.NaN)));
    return {
      bare: show(bare),
      traced: show(traced),
      cpuRatio: ratio('cpu'),
      wallRatio: ratio('wall'),
      kept,
    };
  } finally {
    server.stop();
  }
}
