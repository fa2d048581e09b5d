/** The pages leave nothing out: what the types have, they list. A new option, reason or column has to be documented. */

import assert from 'node:assert/strict';
import { readText, repositoryFiles } from '../house/repository.ts';

const sources = repositoryFiles()
  .filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file))
  .map(readText);

describe('the README', () => {
  it('has at most 150 lines', () => {
    const lines = readText('README.md').trimEnd().split('\n').length;
    assert.ok(lines <= 150, `${lines} lines`);
  });
});

describe('the pages list', () => {
  for (const { page, heading, type } of [
    { page: 'docs/diagnostics.md', heading: 'Reasons', type: 'DiagnosticReason' },
    { page: 'docs/diagnostics.md', heading: 'Codes of `SendError`', type: 'SendErrorCode' },
    { page: 'docs/diagnostics.md', heading: 'Why traces are dropped', type: 'DropReason' },
    { page: 'docs/steps.md', heading: 'What a step takes', type: 'StepType' },
  ]) {
    it(`each ${type}, and no other`, () => {
      const listed = rowsOf(page, heading).map(([name]) => name?.replace(/<\w+>/, '<>'));
      assert.deepEqual(listed.sort(), [...literalsOf(type)].sort());
    });
  }

  for (const { page, heading, types } of [
    { page: 'docs/steps.md', heading: 'Members of `req.trace`', types: ['Trace', 'RequestTrace'] },
    { page: 'docs/steps.md', heading: 'What `update` takes', types: ['TraceUpdate'] },
    {
      page: 'docs/steps.md',
      heading: 'Functions that record their calls',
      types: ['TraceOptions'],
    },
    {
      page: 'docs/model-clients.md',
      heading: 'Options of each',
      types: ['CallOptions', 'StreamUsageOptions'],
    },
    { page: 'docs/prices.md', heading: '`req.trace.usage`', types: ['Usage'] },
    { page: 'docs/prices.md', heading: 'Prices of your own', types: ['TierPrice', 'ModelPrice'] },
    { page: 'docs/prices.md', heading: 'A pricing object of your own', types: ['Pricing'] },
    { page: 'docs/options.md', heading: 'A transport of your own', types: ['Delivery'] },
    {
      page: 'packages/local/README.md',
      heading: 'Options of `startLocalServer`',
      types: ['LocalServerOptions'],
    },
    {
      page: 'packages/local/README.md',
      heading: 'What `startLocalServer` returns',
      types: ['LocalServer'],
    },
    { page: 'docs/redaction.md', heading: 'Rules of your own', types: ['RedactOptions'] },
    { page: 'docs/rows.md', heading: 'Columns', types: ['WireRow'] },
  ]) {
    it(`each member of ${types.join(' and ')}`, () => {
      const listed = rowsOf(page, heading).flat();
      const members = types.flatMap((type) => membersOf(type)).map(({ name }) => name);
      assert.ok(members.length > 1, 'the members are found');
      assert.deepEqual(
        members.filter((name) => !listed.includes(name)),
        [],
      );
    });
  }

  it('each metric', () => {
    const source = readText('packages/core/src/tracer/api/metrics-text.ts');
    const metrics = [...source.matchAll(/\bmetric\(\s*'(\w+)'/g)].map(([, name]) => name);
    assert.ok(metrics.length > 10, 'the metrics are found');
    assert.deepEqual(rowsOf('docs/durability.md', 'How to watch it').flat().sort(), metrics.sort());
  });

  it('each field of each type of step', () => {
    const fields = membersOf('StepFields').map(({ name, type }) => [
      name,
      type === 'NoFields' ? [] : membersOf(type).map((member) => member.name),
    ]);
    const listed = tableOf('docs/steps.md', 'What a step takes').map(([name = '', , cell = '']) => [
      codes(name)[0],
      codes(cell.replaceAll(/\([^)]*\)/g, '')),
    ]);
    assert.deepEqual(Object.fromEntries(listed), Object.fromEntries(fields));
  });

  it('each option, and its default where that is a number', () => {
    const page = readText('docs/options.md');
    const groups: Readonly<Record<string, readonly string[]>> = {
      '': ['TracerOptions', 'TracingOptions'],
      inferenceId: ['InferenceIdOptions'],
      traceContext: ['TraceContextOptions'],
      capture: ['CaptureOptions'],
      limits: ['TraceLimits'],
      batch: ['PublisherLimits', 'BatchLimits'],
      retry: ['RetryPolicy'],
      spool: ['SpoolOptions'],
    };
    const missing: string[] = [];
    for (const [group, types] of Object.entries(groups)) {
      for (const { name, otherwise } of types.flatMap(membersOf)) {
        const option = group === '' ? name : `${group}.${name}`;
        // A group stands there by its members.
        if (group === '' && name in groups) continue;
        const row = page
          .split('\n')
          .find((line) => line.match(/^\|(.*?)\|/)?.[1]?.match(optionIn(option)));
        if (row === undefined) missing.push(option);
        else if (/^\d+$/.test(otherwise) && !new RegExp(`\\b${otherwise}\\b`).test(row)) {
          missing.push(`${option}: its default is ${otherwise}`);
        }
      }
    }
    assert.deepEqual(missing, []);
  });

  it('each environment variable', () => {
    const read = sources.flatMap((text) =>
      [...text.matchAll(/env\.read\(\s*'(OPENLAYER_\w+)'/g)].map(([, name]) => name),
    );
    const listed = rowsOf('docs/options.md', 'Environment').map(([name]) => name);
    assert.ok(read.length > 3, 'they are found');
    assert.deepEqual(listed.sort(), [...new Set(read)].sort());
  });
});

describe('reasons of drops', () => {
  it('are those of the type, also where a transport gives them', () => {
    const known = new Set([...literalsOf('DropReason'), ...literalsOf('SendErrorCode')]);
    const given = sources.flatMap((text) =>
      [...text.matchAll(/\blost(?:: \{ |\.)(\w+)(?:: | = )/g)].map(([, reason = '']) => reason),
    );
    assert.ok(given.length > 3, 'they are found');
    assert.deepEqual(
      given.filter((reason) => !known.has(reason)),
      [],
    );
  });
});

function optionIn(option: string): RegExp {
  return new RegExp(`\`${option.replace('.', '\\.')}(\\(\\w+\\))?\``);
}

/** The strings of a union type; of a template, what stands around the part that varies. */
function literalsOf(type: string): ReadonlySet<string> {
  const [body] = sources.flatMap((text) => {
    const found = new RegExp(`export type ${type} =([\\s\\S]*?);\\n`).exec(text);
    return found === null ? [] : [found[1] ?? ''];
  });
  assert.ok(body !== undefined, `there is a type ${type}`);
  const code = body.replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
  const strings = [...code.matchAll(/'(\w+)'|`([^`]+)`/g)].map(
    ([, plain, template]) => plain ?? template?.replace(/\$\{string\}/, '<>') ?? '',
  );
  assert.ok(strings.length > 0, `${type} is a union of strings`);
  return new Set(strings);
}

interface Member {
  readonly name: string;
  readonly type: string;
  /** What its docblock says of the default. */
  readonly otherwise: string;
}

/** The members that an interface declares itself. */
function membersOf(name: string): readonly Member[] {
  const [body] = sources.flatMap((text) => {
    const found = new RegExp(`^export interface ${name}\\b[^\\n]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(
      text,
    );
    return found === null ? [] : [found[1] ?? ''];
  });
  assert.ok(body !== undefined, `there is an interface ${name}`);
  const members =
    /((?: {2}\/\*\*[\s\S]*?\*\/\n)?)^ {2}(?:readonly )?(\w+)\??(?:[(<]|: *([^;\n]*))/gm;
  return [...body.matchAll(members)].map(([, docblock = '', member = '', type = '']) => ({
    name: member,
    type,
    otherwise: /@default (\S+)/.exec(docblock)?.[1] ?? '',
  }));
}

/** The rows of the tables below a heading, by their cells. */
function tableOf(page: string, heading: string): readonly (readonly string[])[] {
  const text = readText(page);
  const start = text
    .split('\n')
    .findIndex((line) => /^#+ /.test(line) && line.endsWith(` ${heading}`));
  assert.ok(start >= 0, `${page} has a heading ${heading}`);
  const rest = text.split('\n').slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line));
  const lines = rest.slice(0, end < 0 ? undefined : end);
  return lines
    .filter((line) => line.startsWith('| ') && !line.startsWith('| -'))
    .slice(1)
    .map((line) => line.split('|').slice(1, -1));
}

/** The names that the first cell of each row has as code. */
function rowsOf(page: string, heading: string): string[][] {
  return tableOf(page, heading)
    .map(([first = '']) => codes(first))
    .filter((names) => names.length > 0);
}

/** What stands as code in a text, without arguments. */
function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\(.*$/, ''));
}
