/** `openlayer-replay`: a command that sends the rows of a spool folder, or of the offline buffers of Openlayer's own SDKs. */

import { existsSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, resolveConfig } from './config/config.js';
import { absolutePath, nodeSpoolFiles } from './platform/node/spool-files.js';
import { startTimer } from './platform/timers.js';
import { type Backlog, backlogOf, purge } from './spool/command/backlog.js';
import { BUFFER_FILE, parseBuffer } from './spool/command/official-buffers.js';
import { createTracerCore, type TracerCore } from './tracer/tracer.js';

const HELP = `openlayer-replay: sends traces that wait on disk to Openlayer.

  --dir <path>      spool folder (default: OPENLAYER_SPOOL_DIR)
  --buffer [path]   also send the offline buffers of Openlayer's own SDKs (default path: ~/.openlayer/buffer)
  --dry-run         print what waits, and send nothing
  --purge           delete waiting rows of all pipelines, and the quarantine; send nothing
  --watch           go on until the process is stopped
  --help            print this text

API key, pipeline and address are read from OPENLAYER_API_KEY, OPENLAYER_INFERENCE_PIPELINE_ID and OPENLAYER_BASE_URL. Rows of
other pipelines are not sent. Files of a living process are left to it, also by --purge, since the process would write them
again.
`;

/** No limits: they are the app's, and this command is to send all rows. */
const UNBOUNDED = { maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER };

/** The command stops after this number of consecutive failures. */
const MAX_FAILURES = 8;

async function main(): Promise<number> {
  const args = readArguments();
  if (args.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const config = resolveConfig({});
  const dir = spoolFolder(args.dir, config);
  // With --buffer, the spool folder is made for the rows that are imported into it.
  if (args.dir !== undefined && args.buffer === undefined) assertFolder('--dir', dir);
  if (args.buffer !== undefined && !args.isDefaultBuffer) assertFolder('--buffer', args.buffer);
  if (args.dryRun) {
    await printBacklog(dir, args.buffer);
    return 0;
  }
  if (args.purge) {
    if (args.watch || args.buffer !== undefined) {
      throw new Error(
        '--purge deletes what waits in the spool folder; give it without --buffer and --watch',
      );
    }
    return await purgeAll(dir);
  }
  const tracer = createTracerCore({ spool: { dir, ...UNBOUNDED } });
  if (!tracer.isEnabled)
    throw new Error(
      tracer.whyDisabled ?? 'publishing is switched off by OPENLAYER_DISABLE_PUBLISH; unset it',
    );
  const failed =
    args.buffer === undefined ? 0 : importBuffer(args.buffer, config.inferencePipelineId, tracer);
  const left = await replay(tracer, await backlogOf(nodeSpoolFiles, dir), args);
  return left + failed > 0 ? 1 : 0;
}

function spoolFolder(option: string | undefined, { spool, problems }: Config): string {
  const dir = option ?? spool?.dir;
  if (dir !== undefined && dir !== '') return absolutePath(dir);
  const problem = problems.find(({ variable }) => variable === 'OPENLAYER_SPOOL_DIR');
  throw new Error(problem?.message ?? 'name the spool folder with --dir or OPENLAYER_SPOOL_DIR');
}

/** Throws if a folder that an argument names does not exist. */
function assertFolder(argument: string, path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new Error(`there is no folder ${path}; correct the path of ${argument}`);
}

function readArguments() {
  // `--buffer` may be given without a path.
  const argv = process.argv.slice(2);
  const at = argv.indexOf('--buffer');
  const isDefaultBuffer =
    at >= 0 && (argv[at + 1] === undefined || argv[at + 1]?.startsWith('--') === true);
  if (isDefaultBuffer) {
    argv.splice(at + 1, 0, join(homedir(), '.openlayer', 'buffer'));
  }
  const { values } = parseArgs({
    args: argv,
    options: {
      dir: { type: 'string' },
      buffer: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      purge: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { ...values, isDefaultBuffer, dryRun: values['dry-run'] };
}

async function printBacklog(dir: string, buffer: string | undefined): Promise<void> {
  for (const { folder, waiting, ownedByOthers, bytes } of await backlogOf(nodeSpoolFiles, dir)) {
    process.stdout.write(
      `${folder}: ${waiting} traces in ${bytes} bytes; ${ownedByOthers} segments belong to processes that are alive\n`,
    );
  }
  if (buffer === undefined) return;
  const found = buffered(buffer);
  const pipelines = new Set(found.map(({ trace }) => trace?.inferencePipelineId ?? 'any pipeline'));
  process.stdout.write(`${buffer}: ${found.length} traces for ${[...pipelines].join(', ')}\n`);
}

async function purgeAll(dir: string): Promise<number> {
  const purged = await purge(nodeSpoolFiles, dir);
  for (const { folder, deleted, ownedByOthers } of purged) {
    process.stdout.write(
      `${folder}: ${deleted} traces deleted; ${ownedByOthers} segments belong to processes that are alive, and stay\n`,
    );
  }
  return purged.some(({ ownedByOthers }) => ownedByOthers > 0) ? 1 : 0;
}

function buffered(folder: string) {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names
    .filter((name) => BUFFER_FILE.test(name))
    .map((name) => {
      const path = join(folder, name);
      return { path, trace: parseBuffer(readFileSync(path, 'utf8')) };
    });
}

/**
 * Imports the buffered traces of the pipeline. Each is in the spool before its buffer file is deleted.
 * @returns the number of traces that could not be written to the spool
 */
function importBuffer(
  folder: string,
  inferencePipelineId: string | undefined,
  tracer: TracerCore,
): number {
  const counts = { imported: 0, elsewhere: 0, unreadable: 0, failed: 0 };
  for (const { path, trace } of buffered(folder)) {
    const pipeline = trace?.inferencePipelineId;
    if (trace === undefined) {
      counts.unreadable++;
    } else if (pipeline !== undefined && pipeline !== inferencePipelineId) {
      counts.elsewhere++;
    } else if (tracer.importRow(trace.row)) {
      unlinkSync(path);
      counts.imported++;
    } else {
      counts.failed++;
    }
  }
  const { imported, elsewhere, unreadable, failed } = counts;
  process.stderr.write(
    `${folder}: ${imported} traces imported, ${elsewhere} left for other pipelines, ${unreadable} unreadable, ${failed} that could not be written to the spool folder\n`,
  );
  return failed;
}

/** Sends the rows of the spool. @returns the number of rows that are lost or still wait */
async function replay(
  tracer: TracerCore,
  backlogs: readonly Backlog[],
  { watch }: { readonly watch: boolean },
): Promise<number> {
  const mine = backlogs.find(({ folder }) => folder === tracer.destinations.spoolFolder);
  const bar = new ProgressBar(mine?.waiting ?? 0);
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let state = tracer.destinations.replayState;
  while (!isStopped) {
    // Holds the process until the rows are sent.
    await new Promise((resolve) => startTimer(resolve, 50));
    state = tracer.destinations.replayState;
    bar.show(state.delivered, state.waiting);
    if (watch) continue;
    if (state.isIdle || state.isRefused || state.failures >= MAX_FAILURES) break;
  }
  bar.end();
  await tracer.shutdown({ deadlineMs: 1000 });
  const others = backlogs.filter((each) => each !== mine && each.waiting > 0);
  for (const { folder, waiting } of others) {
    process.stderr.write(`${folder}: ${waiting} traces of another pipeline were left\n`);
  }
  const { delivered, quarantined, dropped, waiting } = tracer.destinations.replayState;
  process.stdout.write(
    `${delivered} delivered, ${quarantined} quarantined, ${dropped} lost, ${waiting} left\n`,
  );
  return waiting + dropped;
}

const WIDTH = 30;

/** A progress bar, shown only on a terminal. */
class ProgressBar {
  readonly #total: number;
  #last = '';

  constructor(total: number) {
    this.#total = total;
  }

  show(done: number, waiting: number): void {
    if (!process.stderr.isTTY) return;
    const total = Math.max(this.#total, done + waiting, 1);
    const full = Math.round((done / total) * WIDTH);
    const line = `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${done} of ${total}`;
    if (line !== this.#last) process.stderr.write(`\r${line}`);
    this.#last = line;
  }

  end(): void {
    if (this.#last !== '') process.stderr.write('\n');
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    process.stderr.write(`openlayer-replay: ${error.message}\n`);
    process.exitCode = 1;
  },
);
