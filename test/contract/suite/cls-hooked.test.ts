/** The scope in an app's own cls-hooked namespace: the part of the contract that is about scopes. */

import assert from 'node:assert/strict';
import { step } from '@openlayer-tracing/core';
import type { Namespace } from 'cls-hooked';
import type { RequestHandler } from 'express';
import type { Middleware } from 'koa';
import { type TestNamespace, testNamespace } from '../../support/namespaces.ts';
import { expressVersions } from '../express/frameworks.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import { cookieOf, pooledStore, sessions } from '../harness/session-stores.ts';
import { stageOf, stepsOf } from '../harness/stage.ts';
import { type KoaMount, koaVersions } from '../koa/frameworks.ts';
import {
  cookieOf as koaCookieOf,
  pooledStore as koaPooledStore,
  sessions as koaSessions,
} from '../koa/sessions.ts';
import { isolation } from './isolation.contract.ts';
import { checkWork, defineWork, sendAll, sendWork } from './isolation-scenario.ts';
import { scope } from './scope.contract.ts';

/** What the app has before the middleware of ours: a context of its own for each request. */
type OwnContext<Native> = (namespace: Namespace) => Native;

const ofExpress: OwnContext<RequestHandler> = (namespace) => (_req, _res, next) => {
  namespace.run((context) => {
    context.user = 'ada';
    next();
  });
};

/** Most Koa apps have it so, although that leaves contexts behind. */
const ofKoa: OwnContext<Middleware> = (namespace) => (_ctx, next) =>
  namespace.runPromise((context) => {
    context.user = 'ada';
    return next();
  });

for (const framework of expressVersions) {
  contractIn(framework, ofExpress, { middleware: () => sessions(pooledStore()), cookieOf });
}
for (const framework of koaVersions) {
  contractIn<KoaMount>(framework, ofKoa, {
    middleware: () => koaSessions(koaPooledStore()),
    cookieOf: koaCookieOf,
  });
}

/** @param pooled sessions whose store calls back in the scope of whoever came first */
function contractIn<Native>(
  framework: Framework<Native>,
  ownContext: OwnContext<Native>,
  pooled: { readonly middleware: () => Native; readonly cookieOf: (n: number) => string },
): void {
  describe(`${framework.name} in a cls-hooked namespace`, () => {
    let own: TestNamespace;
    before(() => {
      own = testNamespace();
    });
    after(() => own[Symbol.dispose]());

    const inNamespace: Framework<Native> = {
      ...framework,
      get tracer() {
        return { scope: own.scope };
      },
    };
    scope(inNamespace);

    // A namespace that cannot be left ends the process by itself.
    for (const method of ['enter', 'createContext'] as const) {
      it(`is not needed to settle and to publish: ${method} of the namespace fails`, async () => {
        using broken = testNamespace();
        const failing: Framework<Native> = { ...framework, tracer: { scope: broken.scope } };
        await using stage = await stageOf(failing, {
          define: defineSteps,
          diagnostics: ['scope_failed'],
        });
        Object.assign(broken.namespace, {
          [method]: () => {
            throw new Error('the namespace is broken');
          },
        });
        const answers = await Promise.all([1, 2, 3].map(() => fetch(stage.url)));
        const rows = await stage.rows(3);
        for (const answer of answers) assert.equal(await answer.text(), 'answered');
        for (const row of rows) {
          assert.match(stepsOf(row), /^.* completed {2}200\n└─ GET \/ .* → "answered"\n/);
          assert.match(stepsOf(row), /\n {3}[├└]─ explicit \[user_call\]/);
        }
      });
    }

    describe('with contexts of the app', () => {
      const withContexts: Framework<Native> = {
        ...framework,
        get tracer() {
          return { scope: own.scope };
        },
        start: (options, define, mounts) =>
          framework.start(options, define, [ownContext(own.namespace), ...mounts]),
      };
      isolation(withContexts);
      scope(withContexts);

      it('keeps requests at once apart behind a pooled session store', async () => {
        await using stage = await stageOf(withContexts, {
          define: defineWork,
          mounts: ['tracing', pooled.middleware(), 'json'],
        });
        await sendAll(60, (n) => sendWork(stage.url, n, { cookie: pooled.cookieOf(n) }));
        await checkWork(stage, 60);
      });
    });
  });
}

function defineSteps(app: App): void {
  app.route('GET', '/', async ({ trace }) => {
    await trace.step('explicit', () => pause(1));
    await step('free', () => pause(2));
    return { text: 'answered' };
  });
}
