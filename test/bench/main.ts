/**
 * Prints the benchmarks' tables. Arguments: `20=/path/to/node 24=/path/to/node --rounds N --requests N
 * --framework express`.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureAwaits, scopeNames } from './awaits.ts';
import type { Part } from './parts.ts';
import { measureRequestCost, type RequestCost } from './request-cost.ts';
import { measureStreamCost } from './stream-cost.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    requests: { type: 'string', default: '8000' },
    framework: { type: 'string' },
  },
});
const nodes = positionals.map((argument) => argument.split('=') as [string, string]);

const TRACED = ['bare', 'floor', 'traced'];
const TABLES = [
  {
    framework: 'express',
    title: 'an Express 5 app',
    variants: ['bare', 'floor', 'floor sent', 'traced', 'floor written', 'spooled traced'],
  },
  { framework: 'koa', title: 'a Koa 3 app', variants: TRACED },
  { framework: 'hono', title: 'a Hono 4 app on Node', variants: TRACED },
  {
    framework: 'express',
    title:
      'a traced Express 5 app that has loaded the package for OpenTelemetry and uses nothing of it',
    variants: ['traced', 'unused traced'],
  },
  {
    framework: 'express',
    title: 'an Express 5 app that runs each request in a cls-hooked namespace',
    variants: ['namespace', 'namespace traced'],
  },
];

for (const { framework, title, variants } of TABLES) {
  if (values.framework !== undefined && values.framework !== framework) continue;
  const costs: (readonly RequestCost[])[] = [];
  for (const [, node] of nodes) {
    costs.push(
      await measureRequestCost({
        node,
        framework,
        variants,
        rounds: Number(values.rounds),
        requestsPerRound: Number(values.requests),
      }),
    );
  }
  printTable(
    `CPU per request of ${title} with three nested steps, microseconds`,
    costs.map((each) => rowsOf(each)),
  );
}
const parts = nodes.map(([, node]) => {
  const script = fileURLToPath(new URL('parts.js', import.meta.url));
  const { stdout } = spawnSync(node, ['--expose-gc', script], { encoding: 'utf8' });
  return (JSON.parse(stdout) as Part[]).map(({ name, value }) => [name, value] as const);
});
printTable('Parts, in one process and without HTTP', parts);
if (values.framework === undefined) {
  const streams: (readonly (readonly [string, string])[])[] = [];
  for (const [, node] of nodes) {
    const cost = await measureStreamCost(node, 2 * Number(values.rounds));
    streams.push([
      ['bare', cost.bare],
      ['traced', cost.traced],
      ['traced / bare', cost.cpuRatio.toFixed(3)],
      ['traced / bare, time', cost.wallRatio.toFixed(3)],
      ['characters kept', String(cost.kept)],
    ]);
  }
  printTable("CPU of a stream of 5,000 chunks read by OpenAI's client, milliseconds", streams);
}
printTable(
  'Awaits per second of CPU in a scope, in millions, and how many times fewer that are than in none',
  nodes.map(([, node]) => {
    const awaits = measureAwaits(node, Number(values.rounds));
    const timesFewer = (name: (typeof scopeNames)[number]) =>
      (awaits.none / awaits[name]).toFixed(1);
    return scopeNames.map((name) => [name, `${awaits[name].toFixed(2)} (${timesFewer(name)})`]);
  }),
);

function rowsOf([base, ...others]: readonly RequestCost[]): readonly (readonly [string, string])[] {
  const rows: [string, string][] = [];
  if (base === undefined) return rows;
  rows.push([base.variant, `${base.median.toFixed(1)} (${base.range})`]);
  for (const { variant, median, range, added, delivered } of others) {
    rows.push([variant, `${median.toFixed(1)} (${range})`]);
    rows.push([`added by ${variant}`, added.toFixed(1)]);
    if (delivered === undefined) continue;
    rows.push([`${variant} / ${base.variant}`, (median / base.median).toFixed(2)]);
    rows.push(['traces delivered', `${(delivered * 100).toFixed(2)} %`]);
  }
  return rows;
}

/** @param columns one for each Node version: rows of a name and a value */
function printTable(title: string, columns: readonly (readonly (readonly [string, string])[])[]) {
  const names = (columns[0] ?? []).map(([name]) => name);
  const all = [
    ['', ...nodes.map(([version]) => `Node ${version}`)],
    ...names.map((name, i) => [name, ...columns.map((rows) => rows[i]?.[1] ?? '')]),
  ];
  const widths = (all[0] ?? []).map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  console.log(`\n${title}\n\n${all.map((row) => `  ${line(row)}`).join('\n')}`);
}
