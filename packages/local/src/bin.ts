import { parseArgs } from 'node:util';
import { type LocalServer, renderTrace, startLocalServer } from './index.js';
import { oneLine } from './printable.js';

const DEFAULT_PORT = 4600;

const HELP = `openlayer-local: a local server that speaks the Openlayer API and shows the traces it gets.

  --port <n>      port on 127.0.0.1; 0 takes a free one (default ${DEFAULT_PORT})
  --file <path>   SQLite file to keep rows in (default: in memory, gone at the end)
  --quiet         show the address only, no traces
  --help          this text
`;

const isColored = process.stdout.isTTY && !process.env.NO_COLOR;

async function main(): Promise<void> {
  const { port, file, quiet, help } = readArguments();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const server = await startLocalServer({ port, ...(file !== undefined && { file }) });
  greet(server, file);
  server.on('problem', (problem) => process.stderr.write(`refused: ${oneLine(problem, 400)}\n`));
  if (!quiet) {
    server.on('row', (row) => {
      process.stdout.write(`\n${renderTrace(row, { color: isColored })}\n`);
    });
  }
  const stop = () => void server.close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.stdout.once('error', stop); // the reader of a pipe has gone
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      file: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port || Number.NaN);
  return { ...values, port };
}

function greet({ url }: LocalServer, file: string | undefined): void {
  process.stdout.write(`openlayer-local listens on ${url}, rows ${file ? `in ${file}` : 'in memory'}

  export OPENLAYER_BASE_URL=${url}
  export OPENLAYER_API_KEY=local-key
  export OPENLAYER_INFERENCE_PIPELINE_ID=local

`);
}

main().catch((error: Error) => {
  process.stderr.write(`openlayer-local: ${error.message}\n`);
  process.exitCode = 1;
});
