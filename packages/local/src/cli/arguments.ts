import { parseArgs } from 'node:util';
import { EDITORS, type Editor } from '../page-api.js';
import { AGES, parseWithUnit, SIZES } from './units.js';

/** A command line that cannot be carried out. Its message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A parsed command line. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | ServeCommand
  | ListCommand
  | ShowCommand
  | DeleteCommand;

export interface ServeCommand {
  readonly name: 'serve';
  readonly port: number;
  readonly host: string | undefined;
  readonly allowedHosts: readonly string[];
  /** Undefined: the default file. */
  readonly file: string | undefined;
  readonly apiKey: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly isStrict: boolean;
  readonly isQuiet: boolean;
  readonly opensPage: boolean;
  readonly editor: Editor | undefined;
  /** Undefined: no limit. */
  readonly maxAgeMs: number | undefined;
  readonly maxBytes: number | undefined;
}

export interface ListCommand {
  readonly name: 'list';
  readonly file: string | undefined;
  /** Words that all have to be in a trace; none: every trace. */
  readonly words: readonly string[];
  readonly filter: TraceFilter;
  readonly limit: number;
  readonly isJson: boolean;
}

/** What the traces of a list have; undefined: anything. */
export interface TraceFilter {
  readonly pipeline: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  /** Whether only requests with an error or a status of 500 and more are listed. */
  readonly isFailed: boolean;
}

export interface ShowCommand {
  readonly name: 'show';
  readonly file: string | undefined;
  /** An inference ID, or the number of a trace. */
  readonly idOrNumber: string;
  readonly isJson: boolean;
}

export interface DeleteCommand {
  readonly name: 'delete';
  readonly file: string | undefined;
  /** An inference ID, or the number of a trace. */
  readonly idOrNumber: string;
}

const DEFAULT_PORT = 4600;
const DEFAULT_MAX_AGE = '30d';
const DEFAULT_MAX_SIZE = '1GB';
const DEFAULT_LIMIT = 20;

/** The environment variable with the API key of the server. */
export const API_KEY_VARIABLE = 'OPENLAYER_LOCAL_API_KEY';

export const HELP = `openlayer-local: a local server that implements the Openlayer API and shows the traces it receives.

  openlayer-local [options]            start the server
  openlayer-local list [options]       the newest traces
  openlayer-local search <words>       the newest traces that have all of these words
  openlayer-local show <id>            one trace, by its inference ID or by its number in a list
  openlayer-local delete <id>          deletes that trace; no server may run on the file

list, search and show read the file, whether a server runs on it or not.

Options of the server:
  --port <n>            port; 0 for a free one (default ${DEFAULT_PORT})
  --file <path>         SQLite file for the traces (default: a file in your state directory)
  --memory              keep traces in memory, and lose them at the exit
  --max-age <time>      delete traces after this time, such as 90m, 12h or 7d, or none (default ${DEFAULT_MAX_AGE})
  --max-size <size>     delete the oldest traces once the file and its index are larger, such as 500MB or 2GB, or
                        none (default ${DEFAULT_MAX_SIZE})
  --open                open the page in a browser
  --editor <name>       the page links stack frames below this folder to an editor:
                        ${EDITORS.join(', ')}
  --quiet               print the addresses only, no traces
  --strict              refuse what does not satisfy the strict profile, which this library keeps
  --api-key-file <path> file with the only key that clients may use (default: ${API_KEY_VARIABLE}, else any key)
  --api-key <key>       the same as an argument, which other users of this machine can read while the server runs
  --host <address>      address to listen on (default 127.0.0.1); others, such as 0.0.0.0 in a container, need a key
  --allow-host <name>   name by which clients reach the server beside localhost, such as traces or localhost:8080;
                        repeatable

Options of list, search, show and delete:
  --file <path>         the file of the server (default: as above)
  --pipeline <id>, --user <id>, --session <id>
                        list only the traces of this pipeline, user or session
  --failed              list only requests that failed: by an error, their outcome, or a status from 500
  --limit <n>           how many traces to list, at most 1000 (default ${DEFAULT_LIMIT})
  --json                print JSON: an array of summaries, or a trace's row with its config and notes

  --help, --version     print this text, or the version
`;

const SERVE = {
  port: { type: 'string' },
  file: { type: 'string' },
  memory: { type: 'boolean' },
  'max-age': { type: 'string' },
  'max-size': { type: 'string' },
  open: { type: 'boolean' },
  editor: { type: 'string' },
  quiet: { type: 'boolean' },
  strict: { type: 'boolean' },
  'api-key': { type: 'string' },
  'api-key-file': { type: 'string' },
  host: { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
} as const;

const FILE = { file: { type: 'string' } } as const;

const READ = {
  ...FILE,
  pipeline: { type: 'string' },
  user: { type: 'string' },
  session: { type: 'string' },
  failed: { type: 'boolean' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Reads a command line, without the program's name. @throws UsageError */
export function parseCommand(args: readonly string[]): Command {
  const [first = ''] = args;
  // Help is printed whatever other words the command line has.
  if (args.some((arg) => arg === '--help' || arg === '-h') || first === 'help')
    return { name: 'help' };
  if (args.some((arg) => arg === '--version' || arg === '-v')) return { name: 'version' };
  if (first === 'list' || first === 'search' || first === 'show')
    return readCommand(first, args.slice(1));
  if (first === 'delete') return deleteCommand(args.slice(1));
  return serveCommand(args);
}

function serveCommand(args: readonly string[]): ServeCommand {
  const { values, positionals } = parsed(args, { ...COMMON, ...SERVE });
  const [unknown] = positionals;
  if (unknown !== undefined) {
    throw new UsageError(
      `unknown command "${unknown}"; known commands: list, search, show, delete`,
    );
  }
  if (values.memory && values.file !== undefined) {
    throw new UsageError('--memory and --file exclude each other');
  }
  if (values['api-key'] !== undefined && values['api-key-file'] !== undefined) {
    throw new UsageError('--api-key and --api-key-file exclude each other');
  }
  return {
    name: 'serve',
    port: integer('--port', values.port ?? String(DEFAULT_PORT), 0, 65_535),
    host: values.host,
    allowedHosts: values['allow-host'] ?? [],
    file: values.memory ? ':memory:' : values.file,
    apiKey: values['api-key'],
    apiKeyFile: values['api-key-file'],
    isStrict: values.strict ?? false,
    isQuiet: values.quiet ?? false,
    opensPage: values.open ?? false,
    editor: editorOf(values.editor),
    maxAgeMs: numberWithUnit(
      '--max-age',
      values['max-age'] ?? DEFAULT_MAX_AGE,
      AGES,
      'a time such as 90m, 12h or 7d',
    ),
    maxBytes: numberWithUnit(
      '--max-size',
      values['max-size'] ?? DEFAULT_MAX_SIZE,
      SIZES,
      'a size such as 500MB or 2GB',
    ),
  };
}

function readCommand(
  name: 'list' | 'search' | 'show',
  args: readonly string[],
): ListCommand | ShowCommand {
  const { values, positionals } = parsed(args, { ...COMMON, ...READ });
  const { file } = values;
  assertNotInMemory(file);
  const isJson = values.json ?? false;
  if (name === 'show') {
    for (const option of ['limit', 'pipeline', 'user', 'session', 'failed'] as const) {
      if (values[option] === undefined) continue;
      throw new UsageError(`--${option} is for list and search`);
    }
    return { name, file, idOrNumber: oneTrace(name, positionals), isJson };
  }
  if (name === 'search' && positionals.length === 0) {
    throw new UsageError('search takes the words to look for');
  }
  if (name === 'list' && positionals.length > 0) {
    throw new UsageError(
      `list takes no words: "openlayer-local search ${positionals.join(' ')}" does`,
    );
  }
  const limit = integer('--limit', values.limit ?? String(DEFAULT_LIMIT), 1, 1000);
  const { pipeline, user, session, failed: isFailed = false } = values;
  const filter = { pipeline, user, session, isFailed };
  return { name: 'list', file, words: positionals, filter, limit, isJson };
}

function deleteCommand(args: readonly string[]): DeleteCommand {
  const { values, positionals } = parsed(args, { ...COMMON, ...FILE });
  assertNotInMemory(values.file);
  return { name: 'delete', file: values.file, idOrNumber: oneTrace('delete', positionals) };
}

function assertNotInMemory(file: string | undefined): void {
  if (file === ':memory:') throw new UsageError('traces in memory can be read only in the page');
}

function oneTrace(command: string, [id, ...more]: readonly string[]): string {
  if (id !== undefined && more.length === 0) return id;
  throw new UsageError(`${command} takes one inference ID, or the number of a trace`);
}

function parsed<T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: readonly string[],
  options: T & {},
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's messages name the option, followed by advice about "--" that does not apply here.
    throw new UsageError((error as Error).message.replace(/\. To specify a positional.*$/s, ''));
  }
}

function editorOf(name: string | undefined): Editor | undefined {
  const editor = EDITORS.find((each) => each === name);
  if (name !== undefined && editor === undefined) {
    throw new UsageError(`--editor must be one of ${EDITORS.join(', ')}, not "${name}"`);
  }
  return editor;
}

function integer(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${option} must be an integer from ${min} to ${max}, not "${text}"`);
}

/** The number that a text with a unit means; undefined for `none`. */
function numberWithUnit(
  option: string,
  text: string,
  units: ReadonlyMap<string, number>,
  examples: string,
): number | undefined {
  if (text === 'none') return undefined;
  const value = parseWithUnit(text, units);
  if (value !== undefined) return value;
  throw new UsageError(`${option} must be ${examples}, or none, not "${text}"`);
}
