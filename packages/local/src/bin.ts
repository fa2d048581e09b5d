import { homedir } from 'node:os';
import { UsageError } from './cli/arguments.js';
import { runCommand } from './cli/run-command.js';
import { printable } from './values/printable.js';

process.stdout.on('error', () => {}); // the reader of a pipe has exited
runCommand(process.argv.slice(2), {
  env: process.env,
  platform: process.platform,
  homeDir: homedir(),
  pid: process.pid,
  out: process.stdout,
  err: process.stderr,
  signals: process,
  isRunning(pid) {
    try {
      process.kill(pid, 0); // sends nothing
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs, as another user
    }
  },
}).catch((error: Error) => {
  const hint = error instanceof UsageError ? '; "openlayer-local --help" has all options' : '';
  process.stderr.write(`openlayer-local: ${printable(error.message)}${hint}\n`);
  process.exitCode = 1;
});
