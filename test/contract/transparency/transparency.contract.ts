/** Nobody can tell from an app's answers, errors or stderr whether the middleware is mounted. */

import assert from 'node:assert/strict';
import * as library from '@openlayer-tracing/core';
import { type Collector, startCollector } from '../../support/collector.ts';
import type { Case, Framework, Mount } from './case.ts';
import { type Observation, observe, statusOf, withoutOurFrames } from './observe.ts';
import { plainTools } from './plain-tools.ts';
import { withStderr } from './stderr.ts';

/** Makes the middleware of a framework. */
export type MakeMiddleware<M> = (tracer: library.Tracer) => M;

interface Variant {
  readonly name: string;
  readonly mount: Mount;
  readonly options: (collector: Collector) => library.TracerOptions;
}

const VARIANTS: readonly Variant[] = [
  { name: 'before the parsers', mount: 'before the parsers', options: ({ tracer }) => tracer },
  { name: 'after the parsers', mount: 'after the parsers', options: ({ tracer }) => tracer },
  { name: 'mounted twice', mount: 'twice', options: ({ tracer }) => tracer },
  {
    name: 'with publishing disabled',
    mount: 'before the parsers',
    options: () => ({ publish: false }),
  },
  {
    name: 'with the collector down',
    mount: 'before the parsers',
    // Port 9 is reserved for discarding: nothing listens there.
    options: ({ tracer }) => ({ ...tracer, baseUrl: 'http://127.0.0.1:9/v1' }),
  },
];

/** @param settings what all tracers have in common, asked for when the tests start */
export function transparencyContract<C extends Case, M>(
  framework: Framework<C, M>,
  make: MakeMiddleware<M>,
  settings: () => library.TracerOptions = () => ({}),
): void {
  describe(`an app on ${framework.name} with the middleware cannot be told from one without`, () => {
    let collector: Collector;
    const { stackTraceLimit } = Error;
    const middlewares = new Map<Variant, M>();
    const tracers: library.Tracer[] = [];
    const failures: unknown[] = [];
    const onDiagnostic = (diagnostic: library.Diagnostic) => {
      if (/^(internal_error|scope_failed)$/.test(diagnostic.reason)) failures.push(diagnostic);
    };

    before(async () => {
      // Deep enough that what the middleware adds to a stack pushes nothing out of it.
      Error.stackTraceLimit = 100;
      collector = await startCollector();
      const common = { ...settings(), onDiagnostic };
      library.configure({ ...collector.tracer, ...common });
      for (const variant of VARIANTS) {
        const tracer = library.createTracer({ ...variant.options(collector), ...common });
        tracers.push(tracer);
        middlewares.set(variant, make(tracer));
      }
    });

    after(async () => {
      Error.stackTraceLimit = stackTraceLimit;
      await library.shutdown();
      await Promise.all(tracers.map((tracer) => tracer.shutdown({ deadlineMs: 1000 })));
      await collector[Symbol.asyncDispose]();
    });

    for (const example of framework.cases) {
      it(example.name, async () => {
        const bare = await seen(framework, example, 'nowhere');
        assert.equal(statusOf(bare.answers.at(-1) ?? ''), example.status, 'the case itself');
        for (const variant of VARIANTS) {
          const traced = await seen(framework, example, variant.mount, middlewares.get(variant));
          assert.deepEqual(traced, bare, variant.name);
        }
        const failed = failures.splice(0);
        if (!example.provokes) assert.deepEqual(failed, [], 'what failed inside the library');
      });
    }
  });
}

async function seen<C extends Case, M>(
  framework: Framework<C, M>,
  example: C,
  mount: Mount,
  middleware?: M,
): Promise<Observation & { readonly stderr: string }> {
  const tools = mount === 'nowhere' ? plainTools : library;
  const [observation, stderr] = await withStderr(() =>
    // The bare app never asks for it.
    observe(framework, example, { mount, middleware: () => middleware as M, tools }),
  );
  return { ...observation, stderr: withoutOurFrames(stderr) };
}
