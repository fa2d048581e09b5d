/** System calls that are watched, or made to fail, in a process that runs already. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Strace {
  /** How often each call was made by its busiest thread, once the process has ended. */
  counts(): Promise<Map<string, number>>;
  /** What was seen so far. */
  lines(): readonly string[];
}

/** @param folder where its log is kept */
export async function attachStrace(
  pid: number,
  folder: string,
  args: readonly string[],
): Promise<Strace> {
  const log = join(folder, `strace-${pid}`);
  const child = spawn('strace', ['-f', '-o', log, ...args, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('attached')) resolve();
    });
    ended.then(() => reject(new Error(`strace has ended: ${said}`)));
  });
  const lines = () => readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return {
    lines,
    async counts() {
      await ended;
      const byThread = new Map<string, Map<string, number>>();
      for (const line of lines()) {
        const [, thread, call] = /^(\d+) +(?:\d[\d.:]* +)?(\w+)\(/.exec(line) ?? [];
        if (thread === undefined || call === undefined) continue;
        const counts = byThread.get(call) ?? new Map<string, number>();
        byThread.set(call, counts.set(thread, (counts.get(thread) ?? 0) + 1));
      }
      return new Map([...byThread].map(([call, counts]) => [call, Math.max(...counts.values())]));
    },
  };
}
