import { openlayerTracing } from '@openlayer-tracing/hono';
import { honoCases } from './hono/cases.ts';
import { honoFramework } from './hono/framework.ts';
import { transparencyContract } from './transparency.contract.ts';

transparencyContract(honoFramework(honoCases), (tracer) => openlayerTracing({ tracer }));
