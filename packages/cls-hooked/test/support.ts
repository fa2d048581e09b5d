/** A tracer whose scope is in a new namespace of the real cls-hooked. */

import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { createTracer, type Tracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { renderTrace } from '@openlayer-tracing/local';
import { type TestNamespace, testNamespace } from '../../../test/support/namespaces.ts';

export interface Tracing extends TestNamespace {
  readonly tracer: Tracer;
  /** The printed trees of the ended traces, in alphabetical order. Fails if there was a diagnostic. */
  trees(): Promise<string>;
}

export function tracing(): Tracing {
  const { namespace, scope, [Symbol.dispose]: end } = testNamespace();
  const transport = memoryTransport();
  const diagnostics: string[] = [];
  const tracer = createTracer({
    transport,
    scope,
    onDiagnostic: ({ message, error }) => diagnostics.push(`${message} (${error})`),
  });
  return {
    namespace,
    scope,
    tracer,
    async trees() {
      await tracer.flush();
      assert.deepEqual(diagnostics, []);
      const trees = transport.rows.map((row) => {
        const [, ...lines] = renderTrace(row, { timings: false }).split('\n');
        return `${lines.join('\n')}\n`;
      });
      return `\n${trees.sort().join('')}`;
    },
    [Symbol.dispose]: end,
  };
}

/** Resolves after the time; what was already due has run by then. */
export const later = (ms = 1) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Calls functions outside of any context, as those created at the start of the process are called. */
export class Startup extends AsyncResource {
  constructor() {
    super('STARTUP');
  }

  call<R>(fn: () => R): R {
    return this.runInAsyncScope(fn);
  }

  /** Calls the function in another turn of the event loop. */
  callLater<R>(fn: () => R): Promise<R> {
    return new Promise((resolve, reject) => {
      const timer = this.call(() =>
        setTimeout(() => {
          try {
            resolve(fn());
          } catch (error) {
            reject(error);
          }
        }),
      );
      timer.ref();
    });
  }
}
