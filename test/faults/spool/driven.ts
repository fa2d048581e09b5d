/** A process that begins and ends traces as it is told to. */

import type { Order, Standing } from './apps/driven.mts';
import { type ChildOptions, startChild } from './support.ts';

export interface Driven {
  readonly pid: number;
  tell(order: Order): Promise<Standing>;
  /** Repeats the order until all is as it should be. */
  until(what: string, holds: (standing: Standing) => boolean, order?: Order): Promise<Standing>;
  kill(): Promise<void>;
  /** Has it end, once it has done so. */
  exit(order?: Order): Promise<void>;
  /** Has it be killed, in the same turn of its event loop. */
  die(order?: Order): Promise<void>;
}

export async function startDriven(
  variables: Record<string, string>,
  options: ChildOptions = {},
): Promise<Driven> {
  const child = await startChild('driven.mts', variables, options);
  const tell = (order: Order) =>
    new Promise<Standing>((resolve, reject) => {
      child.process.once('message', resolve);
      child.ended.then(() => reject(new Error(`it has ended: ${child.output.stderr}`)));
      child.process.send(order);
    });
  return {
    pid: child.process.pid as number,
    tell,
    async until(what, holds, order = {}) {
      const start = performance.now();
      for (;;) {
        const standing = await tell(order);
        if (holds(standing)) return standing;
        if (performance.now() - start > 80_000) {
          throw new Error(`not within 80 s: ${what}; ${JSON.stringify({ ...standing, ended: 0 })}`);
        }
      }
    },
    kill: () => child.kill(),
    async exit(order = {}) {
      child.process.send({ ...order, exits: true } satisfies Order);
      await child.ended;
    },
    async die(order = {}) {
      child.process.send({ ...order, dies: true } satisfies Order);
      await child.ended;
    },
  };
}
