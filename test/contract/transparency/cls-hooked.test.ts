import { openlayerTracing } from '@openlayer-tracing/express';
import { type TestNamespace, testNamespace } from '../../support/namespaces.ts';
import { expressCases } from './express/cases.ts';
import { expressFramework } from './express/framework.ts';
import { transparencyContract } from './transparency.contract.ts';

describe('in a cls-hooked namespace', () => {
  let own: TestNamespace;
  before(() => {
    own = testNamespace();
  });
  after(() => own[Symbol.dispose]());

  transparencyContract(
    expressFramework(5, expressCases),
    (tracer) => openlayerTracing({ tracer }),
    () => ({ scope: own.scope }),
  );
});
