/** Tracers that were shut down, or replaced: what hundreds of them leave is what one leaves. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { boundedTest } from '../../support/bounded-test.ts';
import { compiled } from '../../support/compiled.ts';

const APP = fileURLToPath(new URL('apps/gone.mts', import.meta.url));
const MANY = 400;
/** Have the engine compile what it will, and keep what it does for itself. */
const WARM = 200;
/** Of each tracer, and what the test itself remembers of it. */
const MOST_BYTES = 2000;

interface Left {
  readonly alive: number;
  readonly heap: number;
  readonly files: number;
  readonly [what: string]: unknown;
}

async function left(variant: string, count: number, mode = 'shutdown'): Promise<Left> {
  const args = ['--expose-gc', compiled(APP), variant, String(count), mode];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 100_000 });
  return JSON.parse(stdout) as Left;
}

const NOBODY = {
  SIGTERM: 0,
  SIGINT: 0,
  beforeExit: 0,
  uncaughtException: 0,
  unhandledRejection: 0,
};

describe('of hundreds of tracers', function () {
  this.timeout(240_000);

  const VARIANTS = ['plain', 'transport', 'signals', 'scope', 'spending', 'spool', 'mounted'];
  for (const variant of VARIANTS) {
    boundedTest(`that were shut down no more is left than of one: ${variant}`, async () => {
      assertSame(...(await Promise.all([left(variant, WARM), left(variant, WARM + MANY)])), MANY);
    });
  }

  boundedTest(
    'that configure() replaced no more is left than of one, once they have delivered',
    async () => {
      const many = 100;
      const runs = [left('', WARM, 'configure'), left('', WARM + many, 'configure')] as const;
      assertSame(...(await Promise.all(runs)), many);
    },
  );
});

function assertSame(few: Left, all: Left, count: number): void {
  const { alive, heap, ...others } = all;
  assert.ok(alive <= 1, `${alive} are kept`);
  const { listeners, managers, finders, timers, files, exit } = others;
  assert.deepEqual(
    { listeners, managers, finders, timers, files },
    { listeners: NOBODY, managers: 1, finders: 0, timers: 0, files: 0 },
  );
  // The app has one of its own, and so has what runs it.
  assert.equal(exit, 2);
  const each = (heap - few.heap) / count;
  assert.ok(each < MOST_BYTES, `${each} bytes for each`);
}
