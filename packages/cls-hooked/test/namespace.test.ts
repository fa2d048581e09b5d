import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ClsNamespace, clsHookedScope } from '@openlayer-tracing/cls-hooked';
import { ConfigError, createTracer, currentTrace, step } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type * as ClsHooked from 'cls-hooked';
import { observed, testNamespace } from '../../../test/support/namespaces.ts';
import { tracing } from './support.ts';

const require = createRequire(import.meta.url);
const load = () => require('cls-hooked') as typeof ClsHooked;

describe('clsHookedScope', () => {
  it('returns one scope for each namespace, for the option scope', () => {
    using own = testNamespace();
    assert.equal(clsHookedScope(own.namespace), own.scope);
    assert.equal(own.scope.name, 'cls-hooked');
    using other = testNamespace();
    assert.notEqual(other.scope, own.scope);
    const tracer = createTracer({ transport: memoryTransport(), scope: own.scope });
    const trace = tracer.startTrace('job');
    assert.equal(
      trace.run(() => currentTrace()),
      trace,
    );
    trace.end();
  });

  it('leaves the namespace as it was', () => {
    using own = observed(() => {
      const namespace = load().createNamespace('untouched');
      const before = Object.getOwnPropertyNames(namespace);
      const state = JSON.stringify(namespace);
      clsHookedScope(namespace);
      return { namespace, before, state };
    });
    assert.deepEqual(Object.getOwnPropertyNames(own.namespace), own.before);
    assert.equal(JSON.stringify(own.namespace), own.state);
    assert.equal(own.namespace.active, null);
  });

  const MISSING =
    /was given (undefined|null): pass what createNamespace\(\) of cls-hooked returned/;
  const WRONG = /takes a namespace of cls-hooked 4, on Node, .* leave out the option scope/;
  const LOOKALIKE = { active: null, _set: [], _contexts: new Map() };

  for (const [what, given, text] of [
    ['nothing', undefined, MISSING],
    ['null', null, MISSING],
    ['a name', 'app', WRONG],
    ['an object', {}, WRONG],
    ['the module itself', load(), WRONG],
    ['an AsyncLocalStorage', new AsyncLocalStorage(), WRONG],
    ['an object like a namespace, without methods', LOOKALIKE, WRONG],
    [
      'an object like a namespace that loses its contexts',
      { ...LOOKALIKE, createContext: () => ({}), enter() {}, exit() {} },
      WRONG,
    ],
    ['a proxy that throws', new Proxy({}, { get: () => assert.fail('asked') }), WRONG],
  ] as const) {
    it(`refuses ${what}, and says what to do`, () => {
      assert.throws(
        () => clsHookedScope(given as unknown as ClsNamespace),
        (error) => error instanceof ConfigError && text.test(error.message),
      );
    });
  }

  it('refuses a namespace that was destroyed', () => {
    const { createNamespace, destroyNamespace, getNamespace } = load();
    using _hooks = observed(() => createNamespace('to be destroyed'));
    destroyNamespace('to be destroyed');
    assert.throws(() => clsHookedScope(getNamespace('to be destroyed') as ClsNamespace), MISSING);
  });

  it('works in a namespace that is destroyed and created again under its name', async () => {
    const { createNamespace, destroyNamespace, getNamespace } = load();
    using own = tracing();
    const { name } = own.namespace as unknown as { readonly name: string };
    const job = own.tracer.startTrace('job');
    await job.run(async () => {
      await step('before', async () => {});
      destroyNamespace(name);
      await step('destroyed', async () => {});
      using again = observed(() => createNamespace(name));
      assert.notEqual(getNamespace(name), own.namespace);
      await again.runAndReturn(async () => {
        await null;
        again.set('user', 'ada');
        await step('created anew', async () => assert.equal(again.get('user'), 'ada'));
      });
    });
    job.end();
    assert.equal(
      await own.trees(),
      `
└─ job [user_call]
   ├─ before [user_call]
   ├─ destroyed [user_call]
   └─ created anew [user_call]
`,
    );
  });

  for (const [what, build] of [
    ['two installed copies', 'dist/index.js'],
    ['both builds', 'dist/cjs/index.js'],
  ] as const) {
    it(`returns one scope for ${what} of this package`, async () => {
      using own = testNamespace();
      const folder = await mkdtemp(join(tmpdir(), 'openlayer-copies-'));
      try {
        const modules = join(folder, 'node_modules', '@openlayer-tracing');
        const installed = (name: string) =>
          fileURLToPath(new URL(`../../${name}`, import.meta.url));
        for (const part of ['package.json', 'dist']) {
          const to = join(modules, 'cls-hooked', part);
          await cp(join(installed('cls-hooked'), part), to, { recursive: true });
        }
        await symlink(installed('core'), join(modules, 'core'));
        const entryPoint = pathToFileURL(join(modules, 'cls-hooked', build)).href;
        const copy = (await import(entryPoint)) as typeof import('@openlayer-tracing/cls-hooked');
        assert.notEqual(copy.clsHookedScope, clsHookedScope);
        assert.equal(copy.clsHookedScope(own.namespace), own.scope);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  it('works with namespaces of two installed copies of cls-hooked', async () => {
    using own = tracing();
    const path = require.resolve('cls-hooked/context.js');
    const first = require.cache[path];
    delete require.cache[path];
    const other = require(path) as typeof ClsHooked;
    if (first !== undefined) require.cache[path] = first;
    const { name } = own.namespace as unknown as { readonly name: string };
    // A copy that is loaded later removes the namespaces of those before it.
    assert.equal(other.getNamespace(name), undefined);
    using theirs = observed(() => {
      const namespace = other.createNamespace(name);
      return { namespace, scope: clsHookedScope(namespace) };
    });
    const transport = memoryTransport();
    const tracer = createTracer({ transport, scope: theirs.scope });
    const work = async (name: string) => {
      await step(`${name} 1`, async () => {});
      await step(`${name} 2`, async () => step('inner', () => {}));
    };
    const a = own.tracer.startTrace('a');
    const b = tracer.startTrace('b');
    await Promise.all([a.run(() => work('of a')), b.run(() => work('of b'))]);
    a.end();
    b.end();
    await tracer.flush();
    const [root] = transport.rows[0]?.steps ?? [];
    assert.deepEqual(
      root?.steps.map(({ name, steps }) => [name, steps.length]),
      [
        ['of b 1', 0],
        ['of b 2', 1],
      ],
    );
    assert.equal(
      await own.trees(),
      `
└─ a [user_call]
   ├─ of a 1 [user_call]
   └─ of a 2 [user_call]
      └─ inner [user_call]
`,
    );
  });
});
