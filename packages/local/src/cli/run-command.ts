import { packageVersion } from '../server/package-version.js';
import { HELP, parseCommand } from './arguments.js';
import type { Terminal } from './terminal.js';

// Each command loads what it needs when it needs it: the server's parts take half a second.

/** Carries out a command line, given without the program's name. @throws Error with a message for its user */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<void> {
  const command = parseCommand(args);
  switch (command.name) {
    case 'help':
      terminal.out.write(HELP);
      return;
    case 'version':
      terminal.out.write(`${packageVersion()}\n`);
      return;
    case 'list':
      return (await import('./read.js')).list(command, terminal);
    case 'show':
      return (await import('./read.js')).show(command, terminal);
    case 'delete':
      return (await import('./delete-trace.js')).deleteTrace(command, terminal);
    case 'serve':
      return (await import('./serve.js')).serve(command, terminal);
  }
}
