import { packageVersion } from '../package-version.cjs';
import { withOurNames } from '../reading/columns.js';
import { renderTrace } from '../rendering/render-trace.js';
import { environmentLines } from '../server/environment.js';
import { type StartedServer, startServer } from '../server/server.js';
import { oneLine, printableJson } from '../values/printable.js';
import type { ServeCommand } from './arguments.js';
import { defaultFile } from './default-file.js';
import { lock } from './lock.js';
import { AGES, inUnits, SIZES } from './measures.js';
import { openBrowser } from './open-browser.js';
import { isColored, type Terminal, widthOf } from './terminal.js';

/** Runs the server until a signal comes, or until the reader of its output has gone. */
export async function serve(command: ServeCommand, terminal: Terminal): Promise<void> {
  const file = command.file ?? defaultFile(terminal);
  // Listen first: a signal without a listener would end the process at once, and leave the lock.
  const ending = stopped(terminal);
  const unlock = file === ':memory:' ? () => {} : lock(file, terminal);
  try {
    await using server = await startServer(optionsOf(command, file));
    terminal.out.write(addresses(server, command, file));
    const print = (problem: string) => terminal.err.write(`problem: ${oneLine(problem, 400)}\n`);
    // Some may have come up at the start.
    for (const problem of server.problems) print(problem);
    server.on('problem', print);
    if (!command.isQuiet) printTraces(server, terminal);
    if (command.opensPage) {
      await openBrowser(server.openingUrl(), terminal.platform).catch((error: Error) => {
        terminal.err.write(`cannot open a browser (${error.message}): open the address yourself\n`);
      });
    }
    await ending;
  } finally {
    unlock();
  }
}

function optionsOf(command: ServeCommand, file: string) {
  const { port, host, allowedHosts, apiKey, isStrict, maxAgeMs, maxBytes, editor } = command;
  return {
    port,
    file,
    allowedHosts,
    checks: isStrict ? 'strict' : 'lenient',
    ...(host !== undefined && { host }),
    ...(editor !== undefined && { editor }),
    ...(apiKey !== undefined && { apiKey }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(maxBytes !== undefined && { maxBytes }),
  } as const;
}

function addresses(server: StartedServer, command: ServeCommand, file: string): string {
  const { maxAgeMs, maxBytes, apiKey } = command;
  const limits = [
    ...(maxAgeMs === undefined ? [] : [`kept for ${inUnits(maxAgeMs, AGES)}`]),
    ...(maxBytes === undefined ? [] : [`at most ${inUnits(maxBytes, SIZES)}`]),
  ].join(', ');
  const place = file === ':memory:' ? 'in memory' : oneLine(file, 500);
  return `openlayer-local ${packageVersion()} listens on ${server.url}

  page    ${server.viewerUrl}
  traces  ${place}${limits && ` (${limits})`}

  ${environmentLines({ url: server.url, hasApiKey: apiKey !== undefined }).join('\n  ')}

`;
}

function printTraces(server: StartedServer, terminal: Terminal): void {
  server.on('row', (row, _pipeline, { config, inferenceId }) => {
    const options = { details: true, width: widthOf(terminal), color: isColored(terminal) };
    terminal.out.write(`\n${renderTrace(withOurNames(row, config, inferenceId), options)}\n`);
  });
  server.on('update', ({ row }, _pipeline, inferenceId) => {
    const head = `${oneLine(inferenceId, 128)}  updated  `;
    const text = oneLine(printableJson(row), Math.max(widthOf(terminal) - head.length - 1, 40));
    terminal.out.write(`\n${head}${text}\n`);
  });
}

function stopped({ signals, out }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    signals.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
    out.once('error', () => resolve());
  });
}
