/** The scope in an app's own cls-hooked namespace: the part of the contract that is about scopes. */

import type { RequestHandler } from 'express';
import { type TestNamespace, testNamespace } from '../support/namespaces.ts';
import { expressVersions } from './express-frameworks.ts';
import type { Framework } from './frameworks.ts';
import { isolation } from './isolation.contract.ts';
import { scope } from './scope.contract.ts';

for (const framework of expressVersions) {
  describe(`${framework.name} in a cls-hooked namespace`, () => {
    let own: TestNamespace;
    before(() => {
      own = testNamespace();
    });
    after(() => own[Symbol.dispose]());

    const inNamespace: Framework<RequestHandler> = {
      ...framework,
      get tracer() {
        return { scope: own.scope };
      },
    };
    isolation(inNamespace);
    scope(inNamespace);
  });
}
