/** Ways to set a middleware up that together reach most of the library, the same for every framework. */

import { AsyncLocalStorage } from 'node:async_hooks';
import type * as library from '@openlayer-tracing/core';
import type { Setup } from './sweep.ts';

/** What is used here of an adapter. */
export type Adapter<M, Req> = typeof library & {
  openlayerTracing(options?: library.TracingOptions<Req>): M;
};

/** What is read of a request as the adapter's options are given it. */
export type ReadRequest<Req> = (req: Req) => { readonly method: string; readonly query: unknown };

const storage = new AsyncLocalStorage<ReturnType<library.ScopeManager['get']>>();
const ownScope: library.ScopeManager = {
  name: 'own',
  get: () => storage.getStore(),
  run: (step, fn, first, second) => storage.run(step, fn, first, second),
};

export function setupsOf<M, Req>(
  adapter: Adapter<M, Req>,
  options: library.TracerOptions,
  read: ReadRequest<Req>,
): readonly Setup<M>[] {
  return [
    {
      name: 'plain',
      mount: 'before the parsers',
      middleware: () => {
        adapter.configure(options);
        return adapter.openlayerTracing();
      },
    },
    {
      name: 'with all options, mounted twice',
      mount: 'twice',
      middleware: () => {
        adapter.configure({ ...options, redact: { text: (text) => text, keys: ['q', /own/] } });
        return adapter.openlayerTracing({
          name: (req) => `own ${read(req).method}`,
          user: () => 'user',
          session: () => 7,
          metadata: () => {
            throw new Error('the option fails');
          },
          output: (body) => body,
          sample: ({ hasError }) => hasError || true,
          capture: { headers: ['user-agent', 'accept'], maxBytes: 64 },
          inferenceId: { trust: () => true, from: () => undefined },
          maxAgeMs: 5,
        });
      },
    },
    {
      name: 'after the parsers, with an input',
      mount: 'after the parsers',
      middleware: () => {
        adapter.configure(options);
        return adapter.openlayerTracing({
          input: (req) => ({ q: read(req).query }),
          metadata: () => ({ a: 1 }),
          sample: () => false,
        });
      },
    },
    {
      name: 'with a scope manager of the app',
      mount: 'before the parsers',
      middleware: () => {
        adapter.configure({ ...options, scope: ownScope });
        return adapter.openlayerTracing();
      },
    },
    {
      name: 'publishing nothing',
      mount: 'before the parsers',
      middleware: () => {
        adapter.configure({ ...options, publish: false });
        return adapter.openlayerTracing();
      },
    },
    {
      name: 'sampling nothing',
      mount: 'before the parsers',
      middleware: () => {
        adapter.configure(options);
        return adapter.openlayerTracing({ sample: 0, metadata: () => ({ a: 1 }) });
      },
    },
    {
      name: 'skipping everything',
      mount: 'before the parsers',
      middleware: () => {
        adapter.configure(options);
        return adapter.openlayerTracing({ skip: () => true });
      },
    },
  ];
}
