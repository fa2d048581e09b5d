/** A tracer whose scope lives in a fresh namespace of the real cls-hooked. */

import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { createTracer, type Tracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { renderTrace } from '@openlayer-tracing/local';
import { type TestNamespace, testNamespace } from '../../../test/support/namespaces.ts';

export interface Tracing extends TestNamespace {
  readonly tracer: Tracer;
  /** The traces that have ended, each from its root on, by their names; nothing must have failed in them. */
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

/** Resolves when everything that was put off until now has run. */
export const later = (ms = 1) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Calls functions outside of any context, as what was made when the process started does. */
export class Startup extends AsyncResource {
  constructor() {
    super('STARTUP');
  }

  call<R>(fn: () => R): R {
    return this.runInAsyncScope(fn);
  }

  /** In a turn of its own. */
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
