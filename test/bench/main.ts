/**
 * Prints the benchmarks' tables. Arguments: `20=/path/to/node 24=/path/to/node --rounds N --requests N
 * --framework express --peers --before /path/to/a/built/checkout`.
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
    peers: { type: 'boolean', default: false },
    before: { type: 'string' },
    cost: { type: 'boolean', default: false },
  },
});
const nodes = positionals.map((argument) => argument.split('=') as [string, string]);

const TRACED = ['bare', 'floor', 'traced'];
const EXPRESS = ['bare', 'floor sent', 'traced', 'floor written', 'spooled traced'];
const OTHERS = [
  ...(values.before === undefined ? [] : ['traced before']),
  ...(values.peers ? ['langfuse', 'opentelemetry'] : []),
];
const TABLES: readonly Table[] = [
  {
    framework: 'express',
    title: 'an Express 5 app at 1,500 requests a second',
    variants: [...EXPRESS, ...OTHERS],
    rate: 1500,
  },
  {
    framework: 'express',
    title: 'a saturated Express 5 app',
    variants: [...EXPRESS, ...OTHERS],
  },
  { framework: 'koa', title: 'a saturated Koa 3 app', variants: TRACED },
  { framework: 'hono', title: 'a saturated Hono 4 app on Node', variants: TRACED },
  {
    framework: 'express',
    title:
      'a saturated, traced Express 5 app that has loaded the package for OpenTelemetry and uses nothing of it',
    variants: ['traced', 'unused traced'],
  },
  {
    framework: 'express',
    title: 'a saturated Express 5 app that runs each request in a cls-hooked namespace',
    variants: ['namespace', 'namespace traced'],
  },
  {
    framework: 'express',
    title: 'an Express 5 app at 500 requests a second',
    variants: ['bare', 'traced', ...OTHERS],
    rate: 500,
  },
];

interface Table {
  readonly framework: string;
  readonly title: string;
  readonly variants: readonly string[];
  /** Requests a second; undefined: as many as 32 connections can send. */
  readonly rate?: number;
}

for (const { framework, title, variants, rate } of TABLES) {
  if (values.framework !== undefined && values.framework !== framework) continue;
  const costs: (readonly RequestCost[])[] = [];
  for (const [, node] of nodes) {
    costs.push(
      await measureRequestCost({
        node,
        framework,
        variants,
        rounds: Number(values.rounds),
        // At a rate, a round takes three seconds.
        requestsPerRound: rate === undefined ? Number(values.requests) : 3 * rate,
        ...(rate !== undefined && { rate }),
        before: values.before,
      }),
    );
  }
  printTable(
    `CPU per request of ${title} with three nested steps, microseconds`,
    costs.map((each) => rowsOf(each)),
  );
}
if (values.cost) process.exit();
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

function rowsOf(costs: readonly RequestCost[]): readonly (readonly [string, string])[] {
  const [base, ...others] = costs;
  const rows: [string, string][] = [];
  if (base === undefined) return rows;
  rows.push([base.variant, `${base.median.toFixed(1)} (${base.range})`]);
  for (const { variant, median, range, added, delivered } of others) {
    rows.push([variant, `${median.toFixed(1)} (${range})`]);
    rows.push([`added by ${variant}`, added.toFixed(1)]);
    if (delivered !== undefined) {
      rows.push([`traces of ${variant} that arrived`, `${(delivered * 100).toFixed(2)} %`]);
    }
  }
  const addedBy = (name: string) => costs.find(({ variant }) => variant === name)?.added;
  const ours = addedBy('traced');
  for (const other of ['floor sent', 'langfuse', 'opentelemetry', 'traced before']) {
    const theirs = addedBy(other);
    if (ours === undefined || theirs === undefined) continue;
    rows.push([`added by traced / by ${other}`, (ours / theirs).toFixed(2)]);
  }
  for (const { variant, p99 } of costs) rows.push([`p99 of ${variant}, ms`, p99.toFixed(2)]);
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
