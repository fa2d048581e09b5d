/** Stands in for what pages use and what is not installed here, by page and path. */

/** As much of Vitest and of Jest as docs/testing.md uses, by Node's own test runner. */
const RUNNER: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module","exports":{"types":"./index.d.ts","default":"./index.js"}}',
  'index.js': `
    import assert from 'node:assert/strict';
    export { afterEach, beforeEach, test } from 'node:test';
    export const expect = (value) => ({
      toBe: (expected) => assert.equal(value, expected),
      toEqual: (expected) => assert.deepEqual(value, expected),
    });`,
  'index.d.ts': `
    export { afterEach, beforeEach, test } from 'node:test';
    export declare function expect(value: unknown): {
      toBe(expected: unknown): void;
      toEqual(expected: unknown): void;
    };`,
};

/** A few lines of Next that hand a request of Node's to the route as one of the web. */
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
        const route = await import('../../app' + req.url + '/route.js').catch(() => undefined);
        if (route === undefined) return void res.writeHead(404).end();
        const { POST } = route;
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

/** Serves the route handlers without a server of the app's own, as `next start` does. */
const NEXT_START = `
  import { createServer } from 'node:http';
  import { Readable, pipeline } from 'node:stream';

  createServer(async (req, res) => {
    if (req.url === '/health') return void res.end('ok');
    const { POST } = await import('./app' + req.url + '/route.js');
    const init = { method: 'POST', body: Readable.toWeb(req), duplex: 'half', headers: req.headers };
    const response = await POST(new Request('http://local' + req.url, init));
    res.writeHead(response.status, Object.fromEntries(response.headers));
    pipeline(Readable.fromWeb(response.body), res, () => {});
  }).listen(process.env.PORT);
`;

export const STUBS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/nextjs.md': { ...modules({ next: NEXT }), 'next-start.js': NEXT_START },
  'docs/testing.md': modules({ vitest: RUNNER, '@jest/globals': RUNNER }),
};

function modules(
  packages: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(packages).flatMap(([name, files]) =>
      Object.entries(files).map(([file, text]) => [`node_modules/${name}/${file}`, text]),
    ),
  );
}
