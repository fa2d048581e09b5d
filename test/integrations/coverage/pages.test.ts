import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { BILLED } from './document.ts';

const PAGES = new URL('../../../docs/coverage/', import.meta.url);
const read = (page: string) => readFileSync(new URL(page, PAGES), 'utf8');
const pages = () =>
  readdirSync(PAGES)
    .filter((page) => page !== 'README.md')
    .sort();
const clientOf = (page: string) => /^# What is recorded of (.*)$/m.exec(read(page))?.[1];

describe('the list of what is recorded', () => {
  it('names each page, by what the page is of', () => {
    const lines = pages().map((page) => `- [${clientOf(page)}](${page})`);
    const listed = read('README.md')
      .split('\n')
      .filter((line) => line.startsWith('- ['));
    assert.deepEqual([...listed].sort(), [...lines].sort());
  });

  it('closes with all methods that are billed and not recorded', () => {
    const [before = '', listed = ''] = read('README.md').split(BILLED);
    const rows = closing().map(([page, row]) => `| [${page.replace('.md', '')}](${page}) ${row}`);
    assert.ok(rows.length > 0);
    const head = '| client | method | request | why | reported as |\n|---|---|---|---|---|';
    const list = `${INTRODUCTION}\n\n${head}\n${rows.join('\n')}\n\n${unreachable()}\n`;
    if (process.env.UPDATE_COVERAGE !== undefined) {
      writeFileSync(new URL('README.md', PAGES), `${before}${BILLED}\n\n${list}`);
    } else assert.equal(listed, `\n\n${list}`, 'UPDATE_COVERAGE=1 writes the list anew');
  });

  // Its page is what was seen when the method was called: `assertMethodsTold`.
  for (const [page, row] of closing()) {
    const [method = '', , , reported = ''] = row.split('|').slice(1, -1);
    it(`says how one diagnostic names ${page.replace('.md', '')}: ${method.trim()}`, () => {
      assert.match(reported.trim(), /^`(POST|WebSocket|InvokeModel\w*|live)[^`]*`$/);
    });
  }
});

const INTRODUCTION = `These methods are billed, and no step has their cost. Each is reported once per process, as \`unrecorded_call\`, by its
request; methods with the same request share one report.`;

/** What leaves no diagnostic, and why. */
const UNREACHABLE: readonly (readonly [what: string, why: string])[] = [
  [
    'on Bun, Deno and Workers: the functions of the AI SDK that its pages list as not recorded, `OpenAI.completionWithRetry` and embeddings of LangChain, and the classes `OpenAIRealtimeWS` and `OpenAIRealtimeWebSocket` of OpenAI',
    'their requests are seen on diagnostics channels, which Node alone has for them; the classes read plain fields of their client, and call none of its methods in all versions',
  ],
  [
    'embeddings of LangChain from other packages than `@langchain/openai`, if their class is not given to `traceLangChain`',
    'their requests do not say that LangChain sends them',
  ],
  [
    '`OpenAIRealtimeWebRTC` of OpenAI',
    'it runs in browsers; the secret that it needs is reported where the server makes it',
  ],
];

function unreachable(): string {
  const rows = UNREACHABLE.map(([what, why]) => `| ${what} | ${why} |`);
  return ['These are not reported:', '', '| what | why |', '|---|---|', ...rows].join('\n');
}

/** The rows of all pages' tables of them. */
function closing(): readonly (readonly [page: string, row: string])[] {
  return pages().flatMap((page) => billedRows(read(page)).map((row) => [page, row] as const));
}

/** The rows of a page's table of them. */
function billedRows(page: string): readonly string[] {
  const [, section = ''] = page.split(BILLED);
  const [table = ''] = section.split('\n## ');
  return table.split('\n').filter((line) => line.startsWith('| `'));
}
