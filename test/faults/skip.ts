/** Tests that a machine cannot run say why, where reports show it. */

import { spawnSync } from 'node:child_process';

/** Skips the test, with the reason in its title. */
export function skip(context: Mocha.Context, why: string): never {
  if (context.test !== undefined) context.test.title += ` (skipped: ${why})`;
  return context.skip();
}

/** Skips where system calls cannot be made to fail. */
export function needStrace(context: Mocha.Context): void {
  const { error, status } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
  if (error !== undefined) skip(context, 'there is no strace; apt-get install strace');
  if (status !== 0) skip(context, 'strace may not trace here');
}

/** Skips where nothing may be mounted, and no file may be given to another user. */
export function needRoot(context: Mocha.Context): void {
  if (process.geteuid?.() !== 0) skip(context, 'needs root');
}

/** Skips where no certificates can be made. */
export function needOpenssl(context: Mocha.Context): void {
  const { error } = spawnSync('openssl', ['version']);
  if (error !== undefined) skip(context, 'there is no openssl; apt-get install openssl');
}
