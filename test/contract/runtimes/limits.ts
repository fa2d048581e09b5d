/** What the contract says and a runtime cannot keep. docs/runtimes.md shows the same table. */

export interface Limit {
  readonly runtimes: readonly string[];
  /** What is different there, as the guide says it. */
  readonly what: string;
  readonly reason: string;
  /** The tests that say it of the others: their titles but for the framework's. */
  readonly tests: readonly string[];
}

export const LIMITS: readonly Limit[] = [
  {
    runtimes: ['Bun', 'Deno', 'workerd'],
    what: 'A body that the client broke off is not in the inputs',
    reason: 'apps are given a body once all of it is there',
    tests: ['a client that leaves while it uploads leaves what it sent, and no output'],
  },
  {
    runtimes: ['Deno'],
    what: 'The outcome is not `aborted` if a client leaves while it sends a body',
    reason:
      'the app sees that the body cannot be read, and that the client has left only once it has responded',
    tests: ['a client that leaves while it uploads leaves an aborted trace'],
  },
  {
    runtimes: ['Bun', 'Deno', 'workerd'],
    what: 'Pipelined requests that wait for the one before them are no traces yet',
    reason:
      'the server hands over the next request of a connection when the one before has its response',
    tests: [
      'one connection ends the traces of pipelined requests where the client leaves before the first answer',
    ],
  },
  {
    runtimes: ['workerd'],
    what: 'A request that never gets a response is published as `abandoned` only during a later request',
    reason: 'timers end with their request',
    tests: [
      'the outcome is abandoned where a request is never answered, and a late answer changes nothing',
    ],
  },
  {
    runtimes: ['workerd'],
    what: 'Work that a handler leaves behind without `waitUntil` ends with the response',
    reason: 'code is stopped when its request is over',
    tests: ['the scope ends with the trace: what comes later runs, and changes nothing'],
  },
  {
    runtimes: ['workerd'],
    what: 'Calls at the top level of a module are not traced',
    reason: 'there are no clocks and no random values before the first request',
    tests: [],
  },
  {
    runtimes: ['workerd'],
    what: 'Bodies that the app itself compresses or decompresses are not shown as text',
    reason: 'nothing decompresses there at once; they are named with their type and size',
    tests: [
      'inputs with the middleware mounted before the body parser hold a body that came compressed',
      'inputs with the middleware mounted after the body parser hold a body that came compressed',
      'the output is readable where the app sends it as gzip',
      'the output is readable where the app sends it as deflate',
      'the output is readable where the app sends it as br',
    ],
  },
];

/** Why a test cannot pass on a runtime; undefined where it can. */
export function limitOf(runtime: string, test: string): Limit | undefined {
  return LIMITS.find(({ runtimes, tests }) => runtimes.includes(runtime) && tests.includes(test));
}

/** The table as the guide shows it. */
export function limitsTable(): string {
  const rows = LIMITS.map(({ what, runtimes, reason }) => [what, runtimes.join(', '), reason]);
  const lines = [['what is different', 'where', 'because'], ['---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
