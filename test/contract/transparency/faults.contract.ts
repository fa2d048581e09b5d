/** Our code fails, one function after another, and nobody can tell: in processes of their own, since they may crash. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

interface Result {
  readonly sites: number;
  readonly harmless: number;
  readonly reached: number;
  readonly unreached: readonly string[];
  readonly failures: readonly string[];
}

/** A version of a framework, or a way to run it, and how many of our functions its cases reach at least. */
export interface SweptVersion {
  readonly version: string;
  readonly atLeast: number;
}

/** @param child of `faults`, which takes the version as its argument */
export function faultsContract(
  framework: string,
  child: string,
  versions: readonly SweptVersion[],
): void {
  const file = fileURLToPath(new URL(`faults/${child}`, import.meta.url));

  describe(`an app on ${framework} whose tracing fails`, () => {
    const running = new Map<string, Promise<Result>>();

    before(() => {
      for (const { version } of versions) running.set(version, sweepOf(file, version));
    });

    for (const { version, atLeast } of versions) {
      it(`answers on ${framework} ${version} as if nothing were mounted, whichever function throws`, async function () {
        this.timeout(600_000);
        const result = await running.get(version);
        assert.ok(result);
        if (process.env.FAULTS_VERBOSE !== undefined) console.log(result);
        assert.deepEqual(result.failures, []);
        assert.ok(
          result.reached >= atLeast,
          `only ${result.reached} of ${result.sites} were reached`,
        );
      });
    }
  });
}

async function sweepOf(file: string, version: string): Promise<Result> {
  const child = spawn(process.execPath, ['--import', 'tsx', file, version], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0, `the process ended with ${code}`);
  return JSON.parse(output) as Result;
}
