/**
 * Runs the battery of one client, bare or traced, and prints what it saw as JSON. It is a process of its own: rejections
 * that nobody handles are part of what is seen, and so other versions of Node and other runtimes can run it.
 *
 * Arguments: the battery, the package, and `bare`, `traced`, `silent` (without content) or `masked`.
 */

import { configure, currentTrace, flush, getTracer } from '@openlayer-tracing/core';
import { type Check, type DoorOptions, describeError, HUNG, type Seen } from './check.ts';

/** What does not end would otherwise be found by the time of the whole suite alone, which does not name it. */
const MAX_CHECK_MS = 30_000;

interface Battery<Kit> {
  readonly checks: readonly Check<Kit>[];
  /** @param name of the check */
  kit(name: string): Kit;
}

const [battery = '', packageName = '', variant = ''] = process.argv.slice(2);
const module = (await import(`./${battery}-battery.ts`)) as {
  load(
    packageName: string,
    traced: DoorOptions | undefined,
    url: string,
  ): Promise<Battery<unknown>>;
};
const VARIANTS: Readonly<Record<string, DoorOptions>> = {
  traced: {},
  silent: { content: false },
  masked: { redact: () => '[masked]' },
};
const traced = VARIANTS[variant];
const { checks, kit } = await module.load(packageName, traced, process.env.LLM_URL ?? '');
if (traced !== undefined) configure({ batch: { maxDelayMs: 0 } });

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(describeError(reason)));

const seen: Seen[] = [];
for (const check of checks) {
  const outcome = await (traced === undefined ? outcomeOf(check) : inTrace(check));
  // Whoever rejects late has had its chance.
  await new Promise((resolve) => setTimeout(resolve, 5));
  seen.push({ name: check.name, ...outcome, unhandled: unhandled.splice(0) });
}
await tracesEnd();
await flush();
process.stdout.write(JSON.stringify(seen), () => {
  // Requests that are never answered would keep the process alive.
  process.exit();
});

/** A trace waits for a stream that was left, of which nobody is told, for a second; for what never answers we do not. */
async function tracesEnd(): Promise<void> {
  const deadline = performance.now() + 5000;
  while (traced !== undefined && getTracer().stats().open > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function outcomeOf(check: Check<unknown>): Promise<Pick<Seen, 'value' | 'error'>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Pick<Seen, 'error'>>((resolve) => {
    timer = setTimeout(() => resolve({ error: HUNG }), MAX_CHECK_MS);
  });
  const ran = (async () => {
    try {
      return { value: await check.run(kit(check.name), () => arrivalOf(check)) };
    } catch (error) {
      return { error: describeError(error) };
    }
  })();
  const outcome = await Promise.race([ran, late]);
  clearTimeout(timer);
  return outcome;
}

function arrivalOf({ name }: Check<unknown>): Promise<unknown> {
  const headers = { 'x-case': `${traced !== undefined}:${name}` };
  return fetch(`${process.env.LLM_URL}/arrival`, { headers });
}

async function inTrace(check: Check<unknown>): Promise<Pick<Seen, 'value' | 'error'>> {
  const inferenceId = check.name.replace(/[^\w-]+/g, '_');
  const trace = getTracer().startTrace({ name: check.name, inferenceId });
  const outcome = await trace.run(() => outcomeOf(check));
  if (currentTrace() !== undefined) throw new Error('the scope leaked out of the check');
  trace.end();
  return outcome;
}
