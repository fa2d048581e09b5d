/** A process is killed as it enters one system call after another of a spool's whole life. */

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { quickTracer } from '../publishing/support.ts';
import { needStrace } from '../skip.ts';
import { attachStrace } from './strace.ts';
import {
  type Child,
  filesIn,
  linesOf,
  seeded,
  startChild,
  temporaryFolder,
  until,
} from './support.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** Of so many calls of a kind that follow one another, one is chosen. */
const EVERY = Number(process.env.EVERY ?? 1);
/** All that changes a disk or tells the platform something. */
const CALLS = ['openat', 'mkdir', 'write', 'rename', 'unlink', 'ftruncate', 'pread64', 'writev'];
/** Side by side, since a process that starts mostly waits. */
const LANES = 3;

const options = (baseUrl: string, dir: string) => ({
  apiKey: 'test-key',
  inferencePipelineId: PIPELINE,
  baseUrl,
  // Segments of 16 KiB.
  spool: { dir, maxBytes: 131_072 },
  batch: { maxDelayMs: 3 },
  retry: { baseMs: 4, capMs: 20 },
});

class Lane implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  readonly #rows: string[] = [];
  #isDown = true;
  #calls = 0;
  #collector!: Awaited<ReturnType<typeof startCollector>>;
  /** Left behind by the process before. */
  #inherited: string[] = [];

  static async open(): Promise<Lane> {
    const lane = new Lane();
    lane.#collector = await startCollector((request, response, body) => {
      if (request.method === 'GET') {
        const id = decodeURIComponent(String(request.url?.split('/').at(-1)));
        const isThere = lane.#rows.includes(id);
        response.writeHead(isThere ? 200 : 404);
        response.end(isThere ? '{"success":true,"row":{}}' : '{}');
      } else if (lane.#isDown || lane.#calls++ === 1) {
        response.writeHead(503).end();
      } else {
        const { rows } = JSON.parse(body.toString('utf8')) as { rows: { inferenceId: string }[] };
        lane.#rows.push(...rows.map((row) => row.inferenceId));
        response.end('{"success":true}');
      }
      return true;
    });
    await lane.#leaveBehind();
    return lane;
  }

  /** A spool of a process that was killed: rows, a trace that was open, and a frame that is not whole. */
  async #leaveBehind(): Promise<void> {
    const dir = join(this.#folder.path, 'template');
    const acked = join(this.#folder.path, 'template.acked');
    const life = await this.#start('old', dir, acked);
    life.process.send('begin');
    await until('all has ended', () => linesOf(acked).length === 20);
    await life.kill();
    const [last] = filesIn(dir).slice(-1);
    const bytes = readFileSync(String(last));
    appendFileSync(String(last), bytes.subarray(0, 37));
    this.#inherited = [...linesOf(acked)];
    this.#isDown = false;
  }

  #start(prefix: string, dir: string, acked: string) {
    const TRACING = JSON.stringify(options(this.#collector.server.url, dir));
    return startChild('life.mts', { PREFIX: prefix, ACKED: acked, TRACING });
  }

  /** @returns the calls that were made, by name, where none of them was deadly */
  async live(call?: string, when?: number): Promise<Map<string, number> | undefined> {
    const dir = join(this.#folder.path, 'spool');
    const acked = join(this.#folder.path, 'acked');
    for (const each of [dir, acked]) rmSync(each, { recursive: true, force: true });
    cpSync(join(this.#folder.path, 'template'), dir, { recursive: true });
    this.#rows.length = this.#calls = 0;
    const life = await this.#start('new', dir, acked);
    const strace = await attachStrace(life.process.pid as number, this.#folder.path, [
      '-e',
      `trace=${CALLS.join()}`,
      ...(call === undefined ? [] : ['-e', `inject=${call}:signal=KILL:when=${when}`]),
    ]);
    life.process.send('begin');
    const { code, signal } = await life.ended;
    const counts = await strace.counts();
    const what = `${call} ${when}`;
    if (signal !== 'SIGKILL') assert.equal(code, 0, `${what}: ${life.output.stderr}`);
    await this.#recover(dir, [...this.#inherited, ...linesOf(acked)], what, life);
    return signal === 'SIGKILL' ? undefined : counts;
  }

  async #recover(
    dir: string,
    expected: readonly string[],
    what: string,
    life: Child,
  ): Promise<void> {
    const { tracer, said } = quickTracer(
      this.#collector.server.url,
      options(this.#collector.server.url, dir),
    );
    const segments = () => filesIn(dir).filter((file) => file.endsWith('.wal'));
    await until(`${what}: nothing is left`, () => segments().length === 0).catch((error) => {
      throw new Error(`${error.message}; ${segments()}`);
    });
    await tracer.shutdown();
    const got = new Set(this.#rows);
    assert.deepEqual(
      expected.filter((id) => !got.has(id)),
      [],
      `${what}: lost; ${life.output.stderr} ${JSON.stringify(said)}`,
    );
    assert.equal(got.size, this.#rows.length, `${what}: twice`);
  }

  async [Symbol.asyncDispose]() {
    await this.#collector[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

describe('a process that is killed at a system call', function () {
  this.timeout(900_000);

  it('leaves a spool from which each trace is delivered once, whichever call it was killed in', async function () {
    needStrace(this);
    const random = seeded(SEED);
    await using lanes = await openLanes();
    const counts = await lanes.all[0]?.live();
    const deaths: [call: string, when: number][] = [];
    for (const [call, count] of counts ?? []) {
      const first = 1 + Math.floor(random() * Math.min(EVERY, count));
      for (let when = first; when <= count; when += EVERY) deaths.push([call, when]);
    }
    let killed = 0;
    const next = deaths.values();
    await Promise.all(
      lanes.all.map(async (lane) => {
        for (const [call, when] of next) if ((await lane.live(call, when)) === undefined) killed++;
      }),
    );
    console.log(
      `      seed ${SEED}: ${killed} of ${deaths.length} kills at ${[...(counts ?? [])].map((each) => each.join(' ')).join(', ')}`,
    );
    assert.ok(killed > deaths.length * 0.8);
  });
});

async function openLanes() {
  const all = await Promise.all(Array.from({ length: LANES }, () => Lane.open()));
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const lane of all) await lane[Symbol.asyncDispose]();
    },
  };
}
