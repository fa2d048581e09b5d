import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { needRoot, skip } from '../skip.ts';

/** A small disk of its own; gone at the end. */
export function mounted(
  context: Mocha.Context,
  folder: string,
  options: string,
): Disposable & { path: string } {
  needRoot(context);
  const path = join(folder, 'disk');
  mkdirSync(path, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=0700`, 'tmpfs', path], {
      stdio: 'ignore',
    });
  } catch {
    skip(context, 'nothing may be mounted here');
  }
  return { path, [Symbol.dispose]: () => void execFileSync('umount', ['-l', path]) };
}
