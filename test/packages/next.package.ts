/** Next.js: what it makes of route handlers with tracing, on Node and on the edge runtime, by both of its bundlers. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createApp } from './apps.ts';

const route = (imports: string, runtime: 'nodejs' | 'edge') => `
  import { step, trace } from '@openlayer-tracing/core';
  import { captureTraces } from '@openlayer-tracing/core/testing';
  import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
  ${imports}

  export const runtime = '${runtime}';
  export const dynamic = 'force-dynamic';

  const model = tracedFetch({
    fetch: async () => Response.json({ object: 'chat.completion', model: 'm', choices: [] }),
  });
  const answer = trace(
    async (question) => {
      await step({ name: 'retrieve', type: 'retriever' }, async () => null);
      await model('https://api.openai.com/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }] }),
      });
      return 'yes';
    },
    { name: 'answer', params: ['question'] },
  );

  export async function POST(request) {
    const traces = captureTraces();
    await answer((await request.json()).question);
    const [row] = await traces.rows();
    traces.restore();
    const [root] = row.steps;
    return Response.json([root.name, root.inputs, ...root.steps.map(({ type }) => type)]);
  }
`;

const FILES = {
  'app/layout.js': `export default ({ children }) => <html lang="en"><body>{children}</body></html>;`,
  'app/node/route.js': route(
    `import { openlayerTracing } from '@openlayer-tracing/hono';`,
    'nodejs',
  ),
  'app/edge/route.js': route('', 'edge'),
  'next.config.mjs': `
    import { dirname } from 'node:path';
    import { fileURLToPath } from 'node:url';
    const here = dirname(fileURLToPath(import.meta.url));
    export default { turbopack: { root: dirname(here) }, outputFileTracingRoot: dirname(here) };
  `,
};

describe('in a Next app', function () {
  this.timeout(600_000);

  for (const bundler of ['webpack', 'turbopack']) {
    it(`that ${bundler} builds, functions and models are traced`, async () => {
      await using app = await createApp('next');
      await app.write(FILES);
      const next = 'next/dist/bin/next';
      const env = { NEXT_TELEMETRY_DISABLED: '1' };
      const output = await app.node(next, ['build', `--${bundler}`], env);
      assert.match(output, /\/node/);
      const path = join(app.libraries, next);
      const server = spawn(process.execPath, [path, 'start', '--port', '0'], {
        cwd: app.folder,
        env: { ...process.env, ...env, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        let printed = '';
        server.stdout.setEncoding('utf8');
        while (!/http:\/\/localhost:(\d+)[\s\S]*Ready/.test(printed)) {
          const [text] = (await once(server.stdout, 'data')) as [string];
          printed += text;
        }
        const [, port] = /http:\/\/localhost:(\d+)/.exec(printed) ?? [];
        for (const runtime of ['node', 'edge']) {
          const response = await fetch(`http://localhost:${port}/${runtime}`, {
            method: 'POST',
            body: JSON.stringify({ question: 'Why?' }),
          });
          assert.deepEqual(
            await response.json(),
            ['answer', { question: 'Why?' }, 'retriever', 'chat_completion'],
            runtime,
          );
        }
      } finally {
        server.kill();
        await once(server, 'exit');
      }
    });
  }
});
