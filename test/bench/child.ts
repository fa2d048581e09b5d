/** Child processes that are asked one question at a time. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const hasTaskset = spawnSync('taskset', ['--version']).status === 0;

export class Child {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /**
   * Starts a script of this folder and waits for its first message.
   * @param node the Node binary that runs it
   * @param core the processor that it is pinned to, where the machine can do that
   */
  static async start<T>(
    script: string,
    options: {
      node?: string;
      core: number;
      /** Flags of Node. */
      args?: readonly string[];
      env?: Record<string, string>;
    },
  ): Promise<[Child, T]> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const command = [options.node ?? process.execPath, ...(options.args ?? []), path];
    const pinned = hasTaskset ? ['taskset', '-c', String(options.core), ...command] : command;
    const [file, ...args] = pinned as [string, ...string[]];
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...options.env },
    });
    const [message] = (await once(child, 'message')) as [T];
    return [new Child(child), message];
  }

  async ask<T>(question: object): Promise<T> {
    const answer = once(this.#process, 'message');
    this.#process.send(question);
    return ((await answer) as [T])[0];
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
