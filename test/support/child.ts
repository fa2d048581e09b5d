/** Programs in processes of their own, which end at the latest with the tests that started them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type CompiledOptions, compiled } from './compiled.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** The port that it prints as `listening 1234`; rejects where it ends before. */
  readonly port: Promise<number>;
  readonly ended: Promise<Ended>;
  /** The next line of its output. */
  line(): Promise<string>;
  /** The next line of its channel 3. */
  controlLine(): Promise<string>;
  /** Resolves once it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Whose process it is. */
  readonly user?: number | undefined;
  /** What it has on channel 3: messages of Node's, or lines that it writes. @default 'ignore' */
  readonly channel?: 'ipc' | 'pipe' | 'ignore';
  /** It is killed after so many milliseconds. */
  readonly limitMs?: number | undefined;
}

/** mocha would wait for them. */
const alive = new Set<ChildProcess>();
after(() => {
  for (const child of alive) child.kill('SIGKILL');
});

export function startProcess(
  [command, ...args]: readonly [string, ...string[]],
  { env = process.env, user, channel = 'ignore', limitMs }: ChildOptions = {},
): Child {
  const child = spawn(command, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe', channel],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  alive.add(child);
  const output = { stdout: '', stderr: '' };
  const late = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(late);
      alive.delete(child);
      resolve({ code, signal, ...output });
    });
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.stderr += chunk;
  });
  const port = new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output.stdout += chunk;
      const found = /listening (\d+)/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    ended.then(
      (end) => reject(new Error(`${args.at(-1)} ended before it listened: ${JSON.stringify(end)}`)),
      reject,
    );
  });
  // Not every test asks for it.
  port.catch(() => {});
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await ended;
  };
  return {
    process: child,
    output,
    port,
    ended,
    kill,
    line: linesOf(child.stdout, output),
    controlLine: linesOf(channel === 'pipe' ? (child.stdio[3] as Readable) : null, output),
    [Symbol.asyncDispose]: () => kill(),
  };
}

export interface AppOptions extends Omit<ChildOptions, 'env'>, CompiledOptions {
  readonly args?: readonly string[];
  /** The command that runs it. */
  readonly under?: readonly string[];
}

/**
 * Runs a script by this Node, with these variables and none of ours from the outside.
 * @param file TypeScript where its name ends in `.mts`
 */
export function startApp(
  file: string,
  variables: Readonly<Record<string, string>>,
  { args = [], under = [], isBundle, ...options }: AppOptions = {},
): Child {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OPENLAYER|NODE_)/.test(name),
  );
  const script = file.endsWith('.mts') ? compiled(file, { isBundle }) : file;
  const command = [...under, process.execPath, script, ...args];
  return startProcess(command as [string, ...string[]], {
    env: { ...Object.fromEntries(inherited), ...variables },
    ...options,
  });
}

function linesOf(stream: Readable | null, output: Child['output']): () => Promise<string> {
  const lines = stream && createInterface(stream)[Symbol.asyncIterator]();
  return async () => {
    if (lines === null) throw new Error('the process has no such channel');
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the process ended before it was ready: ${output.stderr}`);
    return value;
  };
}
