/**
 * The route handler and the server of docs/nextjs.md. Next itself is not installed here: what the page uses of it is a
 * few lines that hand a request of Node's to the route as one of the web.
 */

import assert from 'node:assert/strict';
import { printed, stepsOf } from '../contract/stage.ts';
import { compiledPage, type RunningPage, startPage } from './page.ts';

const NEXT: Readonly<Record<string, string>> = {
  'package.json': `{
    "type": "module",
    "exports": {
      ".": { "types": "./index.d.ts", "default": "./index.js" },
      "./server": { "types": "./server.d.ts", "default": "./server.js" }
    }
  }`,
  'index.js': `
    export default () => ({
      prepare: async () => {},
      getRequestHandler: () => async (req, res) => {
        const { POST } = await import('../../dist/app/ask/route.js');
        const chunks = [];
        for await (const chunk of req) chunks.push(chunk);
        const request = new Request('http://local' + req.url, { method: 'POST', body: Buffer.concat(chunks) });
        const response = await POST(request).catch(() => new Response(null, { status: 500 }));
        res.writeHead(response.status, Object.fromEntries(response.headers));
        res.end(Buffer.from(await response.arrayBuffer()));
      },
    });`,
  'index.d.ts': `
    import type { IncomingMessage, ServerResponse } from 'node:http';
    export interface NextConfig { readonly serverExternalPackages?: readonly string[] }
    export default function next(options: { readonly dev: boolean }): {
      prepare(): Promise<void>;
      getRequestHandler(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
    };`,
  'server.js': 'export const after = (work) => void setImmediate(work);',
  'server.d.ts': 'export declare function after(work: () => unknown): void;',
};

const stubs = Object.fromEntries(
  Object.entries(NEXT).map(([file, text]) => [`node_modules/next/${file}`, text]),
);

describe('the recipe for Next.js', function () {
  this.timeout(60_000);
  let page: RunningPage;
  before(async () => {
    page = await startPage(await compiledPage('docs/nextjs.md', 'module', stubs), 'server.js');
  });
  after(() => page?.[Symbol.asyncDispose]());

  const ask = async (id: string, body: string, path = '/ask') => {
    const headers = { 'content-type': 'application/json', 'x-request-id': id };
    const response = await fetch(`${page.url}${path}`, { method: 'POST', headers, body });
    await response.text();
    return response.status;
  };

  it('has what a route handler does below the request that a server of its own received', async () => {
    assert.equal(await ask('fine', '{"question":"Why?"}'), 200);
    const row = await page.collector.row('fine');
    assert.equal(
      stepsOf(row),
      printed(`
fine  completed  200
└─ POST /ask [user_call]  → {"answer":"You asked: Why?"}
   └─ POST /ask [user_call]  → {"status":200}
      └─ answer [chain]  → "You asked: Why?"
`),
    );
    assert.equal(row.question, 'Why?');
  });

  it('has the error that a route handler answers itself', async () => {
    assert.equal(await ask('caught', '{"question":""}'), 503);
    const { metadata } = await page.collector.row('caught');
    assert.deepEqual([metadata?.error, metadata?.errorType], ['nothing was asked', 'RangeError']);
  });

  it('has the error that a route handler throws at its step', async () => {
    assert.equal(await ask('thrown', '{'), 500);
    const row = await page.collector.row('thrown');
    assert.match(String(row.steps[0]?.steps[0]?.metadata.error), /JSON/);
  });

  it('leaves out what Next serves for its pages', async () => {
    await ask('static', '{"question":"Why?"}', '/_next/static/chunk.js');
    await ask('last', '{"question":"Why?"}');
    await page.collector.row('last');
    assert.equal(page.collector.server.row('static'), undefined);
  });
});
