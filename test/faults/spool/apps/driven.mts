/** Begins and ends traces as it is told to, and answers how it stands. Needs no socket and no file but those of the spool. */

import { closeSync, openSync } from 'node:fs';
import { createTracer, type Tracer, type TracerStats } from '@openlayer-tracing/core';

export interface Order {
  /** Traces to begin that stay open. */
  readonly begin?: number;
  /** Traces to begin and end, behind the open ones that are to be ended. */
  readonly end?: number;
  readonly endsOpen?: boolean;
  /** Whether it is to hold every file that a process may open. */
  readonly holdsFiles?: boolean;
  readonly exits?: boolean;
  /** Whether it is killed, in the same turn of its event loop. */
  readonly dies?: boolean;
}

export interface Standing {
  readonly stats: TracerStats;
  /** What it told the operator. */
  readonly said: readonly string[];
  /** The inference IDs of all that it has ended. */
  readonly ended: readonly string[];
  /** How long the turn of the event loop took in which it did as it was told. */
  readonly turnMs: number;
}

type Trace = ReturnType<Tracer['startTrace']>;

const said: string[] = [];
const tracer = createTracer({
  ...JSON.parse(String(process.env.TRACING)),
  onDiagnostic: ({ reason, error }) => said.push(`${reason}: ${error}`),
});
const passage = 'The library lends up to twelve items at a time. '.repeat(400);
const open: Trace[] = [];
const ended: string[] = [];
const held: number[] = [];
let begun = 0;
const { PREFIX = '' } = process.env;

function begin(prefix: string): Trace {
  const trace = tracer.startTrace({ name: 'work', inferenceId: `${PREFIX}${prefix}-${begun++}` });
  trace.update({ output: passage });
  return trace;
}

function end(trace: Trace): void {
  trace.end();
  ended.push(trace.inferenceId);
}

process.on('disconnect', () => process.exit(1));
process.on('message', async (order: Order) => {
  const { begin: more = 0, end: count = 0, endsOpen, holdsFiles, exits, dies } = order;
  const start = performance.now();
  if (holdsFiles === true) holdAll();
  if (holdsFiles === false) for (const file of held.splice(0)) closeSync(file);
  for (let i = 0; i < more; i++) open.push(begin('open'));
  if (endsOpen) for (const trace of open.splice(0)) end(trace);
  for (let i = 0; i < count; i++) end(begin('row'));
  if (exits) process.exit();
  if (dies) process.kill(process.pid, 'SIGKILL');
  await new Promise((resolve) => setImmediate(resolve));
  const turnMs = performance.now() - start;
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.send?.({ stats: tracer.stats(), said, ended, turnMs } satisfies Standing);
});
console.log('listening 0');

function holdAll(): void {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {
    // There are no more.
  }
}
