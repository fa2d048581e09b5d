import type { WireConfig, WireRow } from '@openlayer-tracing/core/wire';
import { withOurNames } from '../reading/columns.js';
import { renderTrace } from '../rendering/render-trace.js';
import { packageVersion } from '../server/package-version.js';
import { type StartedServer, startServer } from '../server/server.js';
import { environmentLines, otlpLines } from '../server/shell-lines.js';
import { oneLine, shortJson } from '../values/printable.js';
import { apiKeyOf } from './api-key.js';
import type { ServeCommand } from './arguments.js';
import { defaultFile } from './default-file.js';
import { openBrowser } from './open-browser.js';
import { isColored, type Terminal, widthOf } from './terminal.js';
import { AGES, SIZES, withUnit } from './units.js';

/** Runs the server until a signal comes, or until the reader of its output has gone. */
export async function serve(command: ServeCommand, terminal: Terminal): Promise<void> {
  const file = command.file ?? defaultFile(terminal);
  // Listen first: a signal without a listener would end the process at once.
  const ending = stopped(terminal);
  const apiKey = apiKeyOf(command, terminal);
  await using server = await startServer(optionsOf(command, file, apiKey));
  const hasApiKey = apiKey !== undefined;
  terminal.out.write(addresses(server, command, { file, hasApiKey }));
  const print = (problem: string) => terminal.err.write(`problem: ${oneLine(problem, 400)}\n`);
  // Some may have come up at the start.
  for (const problem of server.problems) print(problem);
  server.on('problem', print);
  printRefusals(server, terminal);
  if (!command.isQuiet) printTraces(server, terminal);
  if (command.opensPage) {
    await openBrowser(server.openingUrl(), terminal.platform).catch((error: Error) => {
      terminal.err.write(`cannot open a browser (${error.message}): open the address yourself\n`);
    });
  }
  await ending;
}

function optionsOf(command: ServeCommand, file: string, apiKey: string | undefined) {
  const { port, host, allowedHosts, isStrict, maxAgeMs, maxBytes, editor } = command;
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

function addresses(
  server: StartedServer,
  { maxAgeMs, maxBytes }: ServeCommand,
  { file, hasApiKey }: { readonly file: string; readonly hasApiKey: boolean },
): string {
  const addressed = { url: server.url, hasApiKey };
  const limits = [
    ...(maxAgeMs === undefined ? [] : [`kept for ${withUnit(maxAgeMs, AGES)}`]),
    ...(maxBytes === undefined ? [] : [`at most ${withUnit(maxBytes, SIZES)}`]),
  ].join(', ');
  const place = file === ':memory:' ? 'in memory' : oneLine(file, 500);
  return `openlayer-local ${packageVersion()} listens on ${server.url}

  page    ${server.viewerUrl}
  traces  ${place}${limits && ` (${limits})`}

  ${environmentLines(addressed).join('\n  ')}

  or, for an app with OpenTelemetry:

  ${otlpLines(addressed).join('\n  ')}

`;
}

function printTraces(server: StartedServer, terminal: Terminal): void {
  const print = (row: WireRow, config: WireConfig, inferenceId: string) => {
    const options = { details: true, width: widthOf(terminal), color: isColored(terminal) };
    terminal.out.write(`\n${renderTrace(withOurNames(row, config, inferenceId), options)}\n`);
  };
  server.on('row', (row, _pipeline, { config, inferenceId }) => print(row, config, inferenceId));
  server.on('update', ({ row }, pipelineId, inferenceId) => {
    // Spans that came later, or an app, have changed the tree.
    const found = Object.hasOwn(row, 'steps') ? server.find(inferenceId, pipelineId) : undefined;
    if (found) {
      print(found.row, found.config, inferenceId);
      return;
    }
    const head = `${oneLine(inferenceId, 128)}  updated  `;
    const text = shortJson(row, Math.max(widthOf(terminal) - head.length - 1, 40));
    terminal.out.write(`\n${head}${text}\n`);
  });
}

/** Prints refused calls that are no violations; those are problems. Equal ones are printed the 1st, 10th, 100th ... time. */
function printRefusals(server: StartedServer, terminal: Terminal): void {
  let problem = '';
  server.on('problem', (text) => {
    problem = text;
  });
  server.on('refused', ({ method, path, status, message, count }) => {
    const text = `${method} ${path}: ${status} ${message}`;
    // The event of a violation follows that of its problem.
    const isProblem = text === problem;
    problem = '';
    if (isProblem || !Number.isInteger(Math.log10(count))) return;
    const times = count === 1 ? '' : ` (${count} times)`;
    terminal.err.write(`refused: ${oneLine(text, 400)}${times}\n`);
  });
}

function stopped({ signals, out }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    signals.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
    out.once('error', () => resolve());
  });
}
