/**
 * `npm run bench -- local`: how fast the local server takes traces while it makes them searchable, how fast it reads them,
 * and how much memory that takes. 100,000 traces of 5 KB; `--million`, or `--traces N`.
 *
 * `--file F` keeps the traces file: a second run only sends the traces that it lacks. `--reads` then measures reads alone; of
 * a file that exists, it sends none: on a busy machine the first read comes before the index is loaded, and says fewer.
 * `--only 'sessions|sort'` selects reads.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Chance, wordOf } from './rows.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    million: { type: 'boolean', default: false },
    traces: { type: 'string' },
    batch: { type: 'string', default: '20' },
    samples: { type: 'string', default: '60' },
    file: { type: 'string' },
    reads: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const traces = Number(values.traces ?? (values.million ? 1_000_000 : 100_000));
const samples = Number(values.samples);
const batch = Number(values.batch);

const folder = mkdtempSync(join(tmpdir(), 'openlayer-bench-'));
const file = values.file ?? join(folder, 'traces.db');
const isFilled = values.reads && existsSync(file);
const children: ChildProcess[] = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

let server = await startServer();
const [loader] = await start<string>('load.js', []);

console.log(`${traces} traces, ${batch} in a call; load average ${loadavg()[0]?.toFixed(1)}`);
if (isFilled) await caughtUp(traces);
const stored = await newest();
if (stored < traces) await measureWrites(stored);
console.log(`resident memory:   ${memory()}`);

await measureReads('nothing else going on');
console.log(`resident memory:   ${memory()}`);
if (values.reads) process.exit(0);

const rate = 1000;
const more = Math.round((rate * samples * 11) / 20);
const loading = ask<{ seconds: number }>(loader, {
  url: server.url,
  from: traces,
  to: traces + more,
  batch,
  rate,
});
await measureReads(`${rate} traces a second coming in`);
const { seconds } = await loading;
console.log(`taken meanwhile:   ${(more / seconds).toFixed(0)} a second`);
console.log(`resident memory:   ${memory()}`);

const stopped = once(server.child, 'exit');
server.child.send('stop');
await stopped;
const startedAt = performance.now();
server = await startServer();
await caughtUp(traces + more);
console.log(
  `started again:     first page after ${((performance.now() - startedAt) / 1000).toFixed(2)} s`,
);
console.log(`resident memory:   ${memory()}`);
process.exit(0);

async function measureWrites(from: number): Promise<void> {
  const sent = await ask<{ seconds: number; bytes: number }>(loader, {
    url: server.url,
    from,
    to: traces,
    batch,
  });
  const answeredAt = performance.now();
  await caughtUp(traces);
  const lag = (performance.now() - answeredAt) / 1000;
  const count = traces - from;
  console.log(`a trace has ${(sent.bytes / count / 1000).toFixed(1)} KB as JSON`);
  const cpuMs = await cpu();
  console.log(
    `processor time:    ${((cpuMs / count) * 1000).toFixed(0)} microseconds a trace, both threads`,
  );
  console.log(`stored:            ${(count / sent.seconds).toFixed(0)} a second`);
  console.log(
    `searchable:        ${(count / (sent.seconds + lag)).toFixed(0)} a second, the last ${lag.toFixed(1)} s after it was stored`,
  );
  console.log(`files:             ${(fileBytes() / traces / 1000).toFixed(2)} KB a trace`);
}

async function measureReads(when: string): Promise<void> {
  const { newest, traces: page } = await get<{ newest: number; traces: { time: number }[] }>(
    'traces?limit=1',
  );
  const to = page[0]?.time ?? 0;
  const chance = new Chance(5);
  const time = () => Math.floor(to - chance.next() * traces * 60);
  const rank = (low: number, high: number) => wordOf(low + chance.below(high - low));
  /** From the middle of a word. */
  const partOf = (low: number, high: number, length: number): string => {
    const word = rank(low, high);
    return word.length < length + 2 ? partOf(low, high, length) : word.slice(1, length + 1);
  };
  const sorts = ['latency', 'firstByte', 'firstToken', 'tokens', 'cost', 'steps', 'bytes'];
  const reads: Record<string, () => string> = {
    page: () => 'traces',
    'deep page': () => `traces?cursor=${time()}~${chance.below(newest)}`,
    'filter, common': () => 'traces?outcome=completed&model=gpt-5-mini',
    'filter, rare': () => `traces?user=user-${chance.below(40_000)}&status=5xx`,
    'filter, none': () => 'traces?outcome=abandoned&minLatency=100',
    'time range': () => `traces?from=${time()}&to=${to}&failed=true`,
    sort: () =>
      `traces?sort=${sorts[chance.below(sorts.length)]}&order=${chance.next() < 0.5 ? 'asc' : 'desc'}`,
    'sort and filter': () => `traces?sort=latency&route=/search&outcome=aborted`,
    'search, rare word': () => `traces?q=${rank(10_000, 30_000)}`,
    'search, common word': () => `traces?q=${rank(0, 30)}`,
    'search, two words': () => `traces?q=${rank(50, 500)}+${rank(50, 500)}`,
    'search, beginning': () => `traces?q=${rank(100, 3000).slice(0, 4)}`,
    'search, part of word': () => `traces?q=${partOf(100, 30_000, 4)}`,
    'search, longer part': () => `traces?q=${partOf(100, 30_000, 6)}`,
    'search, two parts': () => `traces?q=${partOf(100, 3000, 4)}+${partOf(100, 3000, 4)}`,
    'search, no such part': () => `traces?q=zq${partOf(100, 30_000, 4)}qz`,
    'search and filter': () => `traces?q=${rank(200, 2000)}&failed=true`,
    'search, sorted': () => `traces?q=${rank(200, 2000)}&sort=latency`,
    'an inference ID': () => `traces?q=req-${chance.below(newest)}`,
    overview: () => 'overview?by=route',
    sessions: () => 'sessions',
    users: () => 'users',
    'a trace': () => `traces/${1 + chance.below(newest)}`,
    neighbours: () => `traces/${1 + chance.below(newest)}/neighbours?failed=true`,
  };
  console.log(
    `\n${'milliseconds'.padEnd(22)}${'p50'.padStart(8)}${'p95'.padStart(8)}${'CPU'.padStart(8)}   ${when}`,
  );
  const only = new RegExp(values.only);
  for (const [name, path] of Object.entries(reads)) {
    if (!only.test(name)) continue;
    const times: number[] = [];
    await get(path());
    const cpuBefore = await cpu();
    for (let i = 0; i < samples; i += 1) {
      const url = path();
      const before = performance.now();
      await get(url);
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) =>
      (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1).padStart(8);
    const each = ((await cpu()) - cpuBefore) / samples;
    console.log(`${name.padEnd(22)}${at(0.5)}${at(0.95)}${each.toFixed(1).padStart(8)}`);
  }
}

async function get<T>(path: string): Promise<T> {
  const address = new URL(server.viewerUrl);
  const response = await fetch(new URL(`/api/${path}`, address), {
    headers: { authorization: `Bearer ${address.hash.replace('#token=', '')}` },
  });
  if (response.status !== 200)
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function newest(): Promise<number> {
  return (await get<{ newest: number }>('traces?limit=1')).newest;
}

async function caughtUp(count: number): Promise<void> {
  while ((await newest()) < count) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startServer() {
  const [child, addresses] = await start<{ url: string; viewerUrl: string }>('server.js', [file]);
  return { child, ...addresses };
}

async function start<T>(script: string, args: readonly string[]): Promise<[ChildProcess, T]> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(script, import.meta.url)), ...args],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  children.push(child);
  const [message] = (await once(child, 'message')) as [T];
  return [child, message];
}

async function ask<T>(child: ChildProcess, question: object): Promise<T> {
  const answer = once(child, 'message');
  child.send(question);
  return ((await answer) as [T])[0];
}

/** Processor time of the server since its start, in milliseconds: it tells more than the clock on a busy machine. */
function cpu(): Promise<number> {
  const answer = once(server.child, 'message');
  server.child.send('cpu');
  return answer.then(([ms]) => ms as number);
}

/** Of the server, now and at its highest. Linux alone tells. */
function memory(): string {
  try {
    const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
    const of = (name: string) =>
      Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
    return `${of('VmRSS')} MB, at most ${of('VmHWM')} MB`;
  } catch {
    return 'not known';
  }
}

/** Of the traces file, its index and their logs. */
function fileBytes(): number {
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file)))
    .reduce((sum, name) => sum + statSync(join(dirname(file), name)).size, 0);
}
