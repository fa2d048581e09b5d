/** Apps in processes of their own, which end with the test that started them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  readonly port: number;
  readonly said: { stdout: string; stderr: string };
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  readonly listens?: boolean;
  readonly args?: readonly string[];
  /** The command that runs it. */
  readonly under?: readonly string[];
  /** Whose process it is. */
  readonly user?: number | undefined;
}

/** A test that fails leaves processes behind, for which mocha would wait. */
const alive = new Set<ChildProcess>();
after(() => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Runs an app of `apps/`; resolves when it listens, or at once where it does not. */
export async function startChild(
  app: string,
  variables: Record<string, string>,
  { listens = true, args = [], under = [], user }: ChildOptions = {},
): Promise<Child> {
  const file = app.endsWith('.mts') ? fileURLToPath(new URL(`apps/${app}`, import.meta.url)) : app;
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(OPENLAYER|NODE_)/.test(name),
  );
  const [command = process.execPath, ...before] = [...under, process.execPath];
  const child = spawn(
    command,
    [...before, ...(app.endsWith('.mts') ? ['--import=tsx'] : []), file, ...args],
    {
      cwd: ROOT,
      env: { ...Object.fromEntries(inherited), ...variables },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(user === undefined ? {} : { uid: user, gid: user }),
    },
  );
  alive.add(child);
  const said = { stdout: '', stderr: '' };
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => {
      alive.delete(child);
      resolve({ code, signal });
    });
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said.stderr += chunk;
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said.stdout += chunk;
      const found = /listening (\d+)/.exec(said.stdout)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    if (!listens) resolve(0);
    else ended.then(() => reject(new Error(`${app} ended before it listened: ${said.stderr}`)));
  });
  return {
    process: child,
    port,
    said,
    ended,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await ended;
    },
  };
}
