import { homedir } from 'node:os';
import { UsageError } from './cli/arguments.js';
import { runCommand } from './cli/run-command.js';
import { printable } from './values/printable.js';

// The reader of a pipe may exit. Nobody reads messages then, and a server without output ends.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
runCommand(process.argv.slice(2), {
  env: process.env,
  platform: process.platform,
  homeDir: homedir(),
  out: process.stdout,
  err: process.stderr,
  signals: process,
}).catch((error: Error) => {
  const hint = error instanceof UsageError ? '; "openlayer-local --help" has all options' : '';
  process.stderr.write(`openlayer-local: ${printable(error.message)}${hint}\n`);
  process.exitCode = 1;
});
