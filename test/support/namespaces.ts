/** Namespaces of the real cls-hooked for tests. It leaves its hooks on for good; here they are switched off again. */

import hooks, { type AsyncHook } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { clsHookedScope } from '@openlayer-tracing/cls-hooked';
import type { ScopeManager } from '@openlayer-tracing/core';
import type { Namespace } from 'cls-hooked';

const require = createRequire(import.meta.url);
let count = 0;

export interface TestNamespace extends Disposable {
  readonly namespace: Namespace;
  readonly scope: ScopeManager;
}

/** A new namespace, and the scope in it. */
export function testNamespace(): TestNamespace {
  const cls = require('cls-hooked') as typeof import('cls-hooked');
  return observed(() => {
    const namespace = cls.createNamespace(`test-${count++}`);
    return { namespace, scope: clsHookedScope(namespace) };
  });
}

/** What `make` returns; at its end, the hooks that were made with it end too. */
export function observed<T extends object>(make: () => T): T & Disposable {
  const made: AsyncHook[] = [];
  const { createHook } = hooks;
  const replace = (by: typeof createHook) => {
    hooks.createHook = by;
    syncBuiltinESMExports();
  };
  replace((callbacks) => {
    const hook = createHook(callbacks);
    made.push(hook);
    return hook;
  });
  try {
    return Object.assign(make(), {
      [Symbol.dispose]: () => {
        for (const hook of made) hook.disable();
      },
    });
  } finally {
    replace(createHook);
  }
}
