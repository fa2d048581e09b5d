import { openlayerTracing } from '@openlayer-tracing/koa';
import { koaCases } from './koa/cases.ts';
import { koaFramework } from './koa/framework.ts';
import { transparencyContract } from './transparency.contract.ts';

for (const version of [3, 2] as const) {
  transparencyContract(koaFramework(version, koaCases), (tracer) => openlayerTracing({ tracer }));
}
