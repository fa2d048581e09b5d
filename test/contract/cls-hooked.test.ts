/** The scope in an app's own cls-hooked namespace: the part of the contract that is about scopes. */

import type { Namespace } from 'cls-hooked';
import type { RequestHandler } from 'express';
import type { Middleware } from 'koa';
import { type TestNamespace, testNamespace } from '../support/namespaces.ts';
import { expressVersions } from './express-frameworks.ts';
import type { Framework } from './frameworks.ts';
import { isolation } from './isolation.contract.ts';
import { type KoaMount, koaVersions } from './koa-frameworks.ts';
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

for (const framework of expressVersions) contractIn(framework, ofExpress);
for (const framework of koaVersions) contractIn<KoaMount>(framework, ofKoa);

function contractIn<Native>(framework: Framework<Native>, ownContext: OwnContext<Native>): void {
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
    });
  });
}
