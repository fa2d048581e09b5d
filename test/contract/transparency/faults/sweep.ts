/** Makes each of our functions throw while an app is asked things, and says where anybody could tell. */

import { isDeepStrictEqual } from 'node:util';
import type * as library from '@openlayer-tracing/core';
import type { FaultSite } from '../../../support/fault-injection.ts';
import type { Case, Framework, Mount, Tools } from '../case.ts';
import { type Observation, observe, withoutOurFrames } from '../observe.ts';
import { plainTools } from '../plain-tools.ts';
import { withStderr } from '../stderr.ts';

/** One way to set the middleware up. */
export interface Setup<M> {
  readonly name: string;
  readonly mount: Mount;
  /** A fresh tracer, and the middleware over it. */
  readonly middleware: () => M;
}

export interface Subject<C extends Case, M> {
  readonly framework: Framework<C, M>;
  /** The copy of core that can fail. */
  readonly core: typeof library;
  readonly sites: readonly FaultSite[];
  readonly setups: readonly Setup<M>[];
  /** Which functions are to fail; all where it is left out. */
  readonly only?: ((site: FaultSite) => boolean) | undefined;
}

export interface Sweep {
  readonly reached: number;
  readonly unreached: readonly string[];
  /** One text for each fault that somebody could tell. */
  readonly failures: readonly string[];
}

/** Cases tried with one fault in one setup; a function that many cases reach is tried with some of them. */
const MAX_CASES = 12;

/** Setups in which one fault is tried: the first that reach it. */
const MAX_SETUPS = 2;

/** No case takes so long. */
const HUNG_MS = 5000;

interface Seen extends Observation {
  readonly stderr: string;
}

export async function sweep<C extends Case, M>(subject: Subject<C, M>): Promise<Sweep> {
  const cases = subject.framework.cases.filter((example) => example.faults);
  const bare = new Map<C, Seen>();
  for (const example of cases) bare.set(example, await seenAlone(subject, example, undefined));
  const failures: string[] = [];
  const tried = new Map<number, number>();
  for (const setup of subject.setups) {
    const casesOf = await reachedBy(subject, setup, cases, bare, failures);
    for (const [id, reaching] of [...casesOf].sort(([a], [b]) => a - b)) {
      const times = tried.get(id) ?? 0;
      const site = subject.sites[id];
      if (times >= MAX_SETUPS || (site && subject.only?.(site) === false)) continue;
      tried.set(id, times + 1);
      const failure = await tryFault(subject, setup, id, spread(reaching), bare);
      if (failure !== undefined) failures.push(failure);
    }
  }
  const unreached = subject.sites.filter(({ id }) => !tried.has(id)).map(({ where }) => where);
  return { reached: tried.size, unreached, failures };
}

/** Which cases reach which functions. */
async function reachedBy<C extends Case, M>(
  subject: Subject<C, M>,
  setup: Setup<M>,
  cases: readonly C[],
  bare: ReadonlyMap<C, Seen>,
  failures: string[],
): Promise<Map<number, C[]>> {
  const casesOf = new Map<number, C[]>();
  for (const example of cases) {
    const ids = new Set<number>();
    const onFault = (id: number) => ids.add(id);
    const seen = await seenAlone(subject, example, setup, onFault);
    for (const id of ids) casesOf.set(id, [...(casesOf.get(id) ?? []), example]);
    const difference = differenceOf(seen, bare.get(example));
    if (difference !== undefined) {
      failures.push(`${setup.name}, no fault, ${example.name}: ${difference}`);
    }
  }
  return casesOf;
}

async function seenAlone<C extends Case, M>(
  subject: Subject<C, M>,
  example: C,
  setup: Setup<M> | undefined,
  onFault?: (id: number) => void,
): Promise<Seen> {
  const [observation, stderr] = await withStderr(async () => {
    const observed = await run(subject, example, setup, setup?.middleware, onFault);
    if (setup !== undefined) await lifeOf(subject.core);
    return observed;
  });
  globalThis.__fault = undefined;
  return { ...observation, stderr: comparableLines(stderr) };
}

/** All the cases at once, with one function failing from the time that the servers listen. */
async function tryFault<C extends Case, M>(
  subject: Subject<C, M>,
  setup: Setup<M>,
  id: number,
  cases: readonly C[],
  bare: ReadonlyMap<C, Seen>,
): Promise<string | undefined> {
  const site = subject.sites[id]?.where;
  const told: string[] = [];
  const onCrash = (error: unknown) =>
    told.push(`crash: ${String((error as Error)?.stack ?? error)}`);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  const onFault = (called: number) => {
    if (called === id) throw new Error(`fault ${id} in ${site}`);
  };
  const made = setup.middleware();
  const [, stderr] = await withStderr(async () => {
    const runs = cases.map(async (example) => {
      const work = run(subject, example, setup, () => made, onFault);
      const seen = await Promise.race([work, hung()]);
      const difference =
        seen === undefined ? 'hung' : differenceOf(seen, bare.get(example), ['stderr']);
      if (difference !== undefined) told.push(`${example.name}: ${difference}`);
    });
    await Promise.all(runs);
    const life = lifeOf(subject.core).then(
      () => 'lived',
      (error: unknown) => told.push(`life: ${String(error)}`),
    );
    if ((await Promise.race([life, hung()])) === undefined) told.push('life: hung');
    await new Promise((resolve) => setImmediate(resolve));
  });
  globalThis.__fault = undefined;
  process.removeListener('uncaughtException', onCrash);
  process.removeListener('unhandledRejection', onCrash);
  const expected = cases.map((example) => bare.get(example)?.stderr ?? '').join('');
  if (sorted(comparableLines(stderr)) !== sorted(expected)) {
    told.push(`stderr: ${comparableLines(stderr)} instead of ${expected}`);
  }
  if (told.length === 0) return undefined;
  return `${site} (${setup.name}): ${told.length} of ${cases.length}\n    ${told.slice(0, 3).join('\n    ')}`;
}

async function run<C extends Case, M>(
  subject: Subject<C, M>,
  example: C,
  setup: Setup<M> | undefined,
  middleware: (() => M) | undefined,
  onFault?: (id: number) => void,
): Promise<Observation> {
  return observe(subject.framework, example, {
    mount: setup?.mount ?? 'nowhere',
    // The bare app never asks for it.
    middleware: middleware ?? ((() => undefined) as unknown as () => M),
    tools: setup === undefined ? plainTools : toolsOf(subject.core),
    onListening: () => {
      globalThis.__fault = onFault;
    },
  });
}

/** Functions are wrapped when a program starts, where an error is one of the start: nothing fails meanwhile. */
function toolsOf(core: typeof library): Tools {
  const { trace, traced } = core;
  return {
    ...core,
    trace: (fn, options) => unharmed(() => trace(fn, options)),
    traced: (options) => {
      const decorate = unharmed(() => traced(options)) as (...args: unknown[]) => unknown;
      const unharmedDecorate = (...args: unknown[]) => unharmed(() => decorate(...args));
      return unharmedDecorate as ReturnType<Tools['traced']>;
    },
  };
}

function unharmed<R>(fn: () => R): R {
  const fault = globalThis.__fault;
  globalThis.__fault = undefined;
  try {
    return fn();
  } finally {
    globalThis.__fault = fault;
  }
}

/** What an app calls besides: none of it may throw or reject, whatever fails. */
async function lifeOf(core: typeof library): Promise<void> {
  const tracer = unharmed(() => core.getTracer());
  tracer.stats();
  tracer.startTrace({ name: 'job', input: { a: 1 }, metadata: { b: 2 } }).end(new Error('job'));
  using started = tracer.startTrace('another');
  started.step('part', () => 1);
  await core.flush({ deadlineMs: 500 });
  await core.updateRow('an-id', { a: 1 });
  await core.feedback('an-id', { humanFeedback: 'good', groundTruth: 'x', revenue: 3 });
  process.emit('beforeExit', 0);
  await core.shutdown({ deadlineMs: 500 });
}

function differenceOf(
  seen: Observation,
  expected: Seen | undefined,
  except: readonly (keyof Seen)[] = [],
): string | undefined {
  for (const key of ['answers', 'notes', 'stderr'] as const) {
    const [got, wanted] = [(seen as Seen)[key], expected?.[key]];
    if (except.includes(key) || isDeepStrictEqual(got, wanted)) continue;
    return `${key} ${short(got)} instead of ${short(wanted)}`;
  }
  return undefined;
}

function short(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? '';
}

/** Lines that the app or its framework wrote, without stacks and without what we say of ourselves. */
function comparableLines(stderr: string): string {
  return withoutOurFrames(stderr)
    .split(/(?<=\n)/)
    .filter((line) => !line.startsWith('[openlayer-tracing]') && !/^\s+at /.test(line))
    .join('');
}

function sorted(lines: string): string {
  return lines.split('\n').sort().join('\n');
}

/** Some of the cases, from all over the table. */
function spread<C>(cases: readonly C[]): readonly C[] {
  if (cases.length <= MAX_CASES) return cases;
  return cases.filter(
    (_, i) =>
      Math.floor((i * MAX_CASES) / cases.length) !==
      Math.floor(((i - 1) * MAX_CASES) / cases.length),
  );
}

function hung(): Promise<undefined> {
  return new Promise((resolve) => realSetTimeout(() => resolve(undefined), HUNG_MS).unref());
}

const realSetTimeout = setTimeout;
