/** Prints the benchmarks' tables. Arguments: `20=/path/to/node 24=/path/to/node --rounds N --requests N`. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Part } from './parts.ts';
import { measureRequestCost, type RequestCost } from './request-cost.ts';
import { measureStreamCost, type StreamCost } from './stream-cost.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    requests: { type: 'string', default: '8000' },
  },
});

const costs: RequestCost[] = [];
const parts: (readonly Part[])[] = [];
const streams: StreamCost[] = [];
for (const argument of positionals) {
  const [label, node] = argument.split('=') as [string, string];
  costs.push(
    await measureRequestCost({
      label: `Node ${label}`,
      node,
      rounds: Number(values.rounds),
      requestsPerRound: Number(values.requests),
    }),
  );
  streams.push(await measureStreamCost(node, 2 * Number(values.rounds)));
  const script = fileURLToPath(new URL('parts.js', import.meta.url));
  const { stdout } = spawnSync(node, ['--expose-gc', script], { encoding: 'utf8' });
  parts.push(JSON.parse(stdout) as Part[]);
}

const columns = ['', ...costs.map(({ label }) => label)];
printTable('CPU per request of an Express 5 app with three nested steps, microseconds', columns, [
  ...(['bare', 'floor', 'traced'] as const).map((variant) => [
    variant,
    ...costs.map(({ micros }) => `${micros[variant].median.toFixed(1)} (${micros[variant].range})`),
  ]),
  ['added by the floor', ...costs.map(({ added }) => added.floor.toFixed(1))],
  ['added by tracing', ...costs.map(({ added }) => added.traced.toFixed(1))],
  [
    'traced / bare',
    ...costs.map(({ micros }) => (micros.traced.median / micros.bare.median).toFixed(2)),
  ],
  ['traces delivered', ...costs.map(({ delivered }) => `${(delivered * 100).toFixed(2)} %`)],
]);
printTable("CPU of a stream of 5,000 chunks read by OpenAI's client, milliseconds", columns, [
  ['bare', ...streams.map(({ bare }) => bare)],
  ['traced', ...streams.map(({ traced }) => traced)],
  ['traced / bare', ...streams.map(({ cpuRatio }) => cpuRatio.toFixed(3))],
  ['traced / bare, time', ...streams.map(({ wallRatio }) => wallRatio.toFixed(3))],
  ['characters kept', ...streams.map(({ kept }) => String(kept))],
]);
printTable(
  'Parts, in one process and without HTTP',
  columns,
  (parts[0] ?? []).map(({ name }, i) => [name, ...parts.map((each) => each[i]?.value ?? '')]),
);

function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  console.log(`\n${title}\n\n${all.map((row) => `  ${line(row)}`).join('\n')}`);
}
