import { openlayerTracing } from '@openlayer-tracing/express';
import { expressCases } from './express/cases.ts';
import { expressFramework } from './express/framework.ts';
import { transparencyContract } from './transparency.contract.ts';

for (const version of [5, 4] as const) {
  transparencyContract(expressFramework(version, expressCases), (tracer) =>
    openlayerTracing({ tracer }),
  );
}
