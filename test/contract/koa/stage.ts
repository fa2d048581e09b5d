/** Koa apps that a test builds by hand, on a stage. */

import { openlayerTracing } from '@openlayer-tracing/koa';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import { type Stage, type StageSettings, stageOn } from '../harness/stage.ts';
import type { KoaFramework } from './frameworks.ts';

/** Starts an app with tracing where the test mounts it. */
export type Bare = (
  define: (app: Koa, tracing: () => Middleware) => void,
  settings?: StageSettings,
) => Promise<Stage>;

/** Starts an app with tracing mounted first. */
export type Traced = (define: (app: Koa) => void) => Promise<Stage>;

export function stagesOf(framework: KoaFramework): {
  readonly bare: Bare;
  readonly traced: Traced;
} {
  const bare: Bare = (define, settings) =>
    stageOn(
      (tracer) => framework.serve((app) => define(app, () => openlayerTracing({ tracer }))),
      settings,
    );
  const traced: Traced = (define) =>
    bare((app, tracing) => {
      app.use(tracing());
      define(app);
    });
  return { bare, traced };
}
