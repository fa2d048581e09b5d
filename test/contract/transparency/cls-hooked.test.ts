import { openlayerTracing } from '@openlayer-tracing/express';
import { openlayerTracing as koaTracing } from '@openlayer-tracing/koa';
import { type TestNamespace, testNamespace } from '../../support/namespaces.ts';
import { expressCases } from './express/cases.ts';
import { expressFramework } from './express/framework.ts';
import { koaCases } from './koa/cases.ts';
import { koaFramework } from './koa/framework.ts';
import { transparencyContract } from './transparency.contract.ts';

describe('in a cls-hooked namespace', () => {
  let own: TestNamespace;
  before(() => {
    own = testNamespace();
  });
  after(() => own[Symbol.dispose]());

  const settings = () => ({ scope: own.scope });
  const express5 = expressFramework(5, expressCases);
  transparencyContract(express5, (tracer) => openlayerTracing({ tracer }), settings);
  const koa3 = koaFramework(3, koaCases);
  transparencyContract(koa3, (tracer) => koaTracing({ tracer }), settings);
});
