import { profileNotes } from '../checks/profile-notes.js';
import type { TraceSummary } from '../page-api.js';
import { withOurNames } from '../reading/columns.js';
import { renderTrace } from '../rendering/render-trace.js';
import { localTime } from '../values/local-time.js';
import { oneLine, printableJson } from '../values/printable.js';
import type { ListCommand, ShowCommand } from './arguments.js';
import { defaultFile } from './default-file.js';
import { isColored, type Terminal, widthOf } from './terminal.js';
import { openTraceFile } from './trace-file-reader.js';

/** Prints the newest traces, one a line, or as JSON. */
export async function list(command: ListCommand, terminal: Terminal): Promise<void> {
  using traces = openTraceFile(command.file ?? defaultFile(terminal));
  const { words, limit, filter } = command;
  const { traces: found, areWordsLeftOut } = await traces.list(words, limit, filter);
  if (areWordsLeftOut) {
    terminal.err.write(
      'too many words contain a part that was searched for: traces may be missing\n',
    );
  }
  if (command.isJson) {
    terminal.out.write(`${printableJson(found, 2)}\n`);
    return;
  }
  if (found.length === 0) {
    terminal.err.write(`${nothingFound(command)}\n`);
    return;
  }
  for (const line of table(found.map(cellsOf), widthOf(terminal))) terminal.out.write(`${line}\n`);
}

function nothingFound({ words, filter }: ListCommand): string {
  const { pipeline, user, session, isFailed } = filter;
  const isFiltered = isFailed || [pipeline, user, session].some((each) => each !== undefined);
  if (words.length === 0) return isFiltered ? 'no trace is of that kind' : 'no traces yet';
  return isFiltered
    ? 'no trace of that kind has all of these words'
    : 'no trace has all of these words';
}

/** Prints one trace whole, or its row as JSON. @throws Error if there is none with this id */
export function show(command: ShowCommand, terminal: Terminal): void {
  using traces = openTraceFile(command.file ?? defaultFile(terminal));
  const found = traces.find(command.idOrNumber);
  if (!found) throw new Error(`there is no trace ${oneLine(command.idOrNumber, 128)}`);
  const { number, row, config, inferenceId } = found;
  const notes = profileNotes(row, config);
  if (command.isJson) {
    const { out } = terminal;
    out.write(`${printableJson({ number, inferenceId, row, config, notes }, 2)}\n`);
    return;
  }
  const options = {
    details: true,
    metadata: true,
    width: widthOf(terminal),
    color: isColored(terminal),
  };
  terminal.out.write(`${renderTrace(withOurNames(row, config, inferenceId), options)}\n`);
  for (const note of notes) terminal.out.write(`note: ${oneLine(note, 400)}\n`);
}

const HEADINGS = [
  '',
  'time',
  'outcome',
  'latency',
  'tokens',
  'name',
  'inference ID',
  'user',
  'input',
];
/** The width of each column in characters; the last one takes the rest of the line. */
const MAX_LENGTHS = [10, 19, 14, 9, 8, 32, 36, 16, Number.POSITIVE_INFINITY];

function cellsOf(trace: TraceSummary): string[] {
  const { number, time, outcome, status, error, latency, tokens, name, inferenceId, user, input } =
    trace;
  const ended = outcome ?? (error === null ? '' : 'error');
  return [
    `#${number}`,
    localTime(time),
    [ended, status ?? ''].join(' ').trim(),
    latency === null ? '' : `${Math.round(latency)} ms`,
    tokens === null ? '' : String(tokens),
    name,
    inferenceId,
    user ?? '',
    error === null ? input : `✗ ${error}`,
  ];
}

function table(rows: readonly (readonly string[])[], width: number): string[] {
  const texts = [HEADINGS, ...rows].map((cells) =>
    cells.map((cell, column) => oneLine(cell, Math.min(MAX_LENGTHS[column] ?? 0, width))),
  );
  const lengths = HEADINGS.map((_, column) =>
    Math.max(...texts.map((cells) => Array.from(cells[column] ?? '').length)),
  );
  return texts.map((cells) => {
    const line = cells
      .map((cell, column) => padded(cell, lengths[column] ?? 0))
      .join('  ')
      .trimEnd();
    const chars = Array.from(line);
    return chars.length <= width ? line : `${chars.slice(0, width - 1).join('')}…`;
  });
}

function padded(cell: string, length: number): string {
  return cell + ' '.repeat(length - Array.from(cell).length);
}
