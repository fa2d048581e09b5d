/** Makes the functions of an adapter and of core fail in this process, one after another, and prints what could be told. */

import { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import timers from 'node:timers';
import { copyWithFaults, type FaultSite } from '../../../support/fault-injection.ts';
import { type Fault, startFaultyCollector } from '../../../support/faulty-collector.ts';
import type { Case, Framework } from '../case.ts';
import { type Adapter, type ReadRequest, setupsOf } from './setups.ts';
import { sweep } from './sweep.ts';

export interface Child<C extends Case, M, Req> {
  /** The folder of the adapter's package. */
  readonly adapter: string;
  readonly framework: Framework<C, M>;
  readonly read: ReadRequest<Req>;
  /** Where functions fail; everywhere, unless it is given. */
  readonly only?: ((site: FaultSite) => boolean) | undefined;
}

/** Takes most batches, so that what is done about the others runs too. */
const MOODY: Fault = {
  call(response, _arrival, n) {
    if (n % 5 === 4) response.writeHead(503, { 'Retry-After': '0' }).end('busy');
    else if (n % 7 === 6) response.writeHead(400).end('{"error":"a row is bad"}');
    else return false;
    return true;
  },
};

/** Ends the process. */
export async function failOneByOne<C extends Case, M, Req>(
  child: Child<C, M, Req>,
): Promise<never> {
  const { adapter, framework, read, only } = child;
  const realSetTimeout = setTimeout;
  // Our sweeps and deadlines take seconds: here they take a fiftieth of it. Modules keep what they find when they load.
  const quick = ((fn: () => void, ms = 0) =>
    realSetTimeout(fn, ms >= 100 ? ms / 50 : ms)) as typeof setTimeout;
  globalThis.setTimeout = timers.setTimeout = quick;
  syncBuiltinESMExports();

  const folder = await mkdtemp(join(tmpdir(), 'openlayer-faults-'));
  const copy = await copyWithFaults(['core', adapter], folder);
  const core = (await import(copy.url(`${adapter}/dist/index.js`))) as Adapter<M, Req>;

  const collector = await startFaultyCollector(MOODY, { onViolations: () => {} });
  const options = {
    apiKey: 'key',
    inferencePipelineId: 'pipeline',
    baseUrl: collector.url,
    batch: { maxDelayMs: 0, maxBatchRows: 3 },
    retry: { baseMs: 1, capMs: 2 },
    logLevel: 'debug',
  } as const;

  Error.stackTraceLimit = 100;
  const setups = setupsOf(core, options, read);
  const result = await sweep({ framework, core, sites: copy.sites, setups, only });
  await rm(folder, { recursive: true });
  process.stdout.write(
    `${JSON.stringify({ sites: copy.sites.length, harmless: copy.harmless, ...result })}\n`,
  );
  process.exit(0);
}
