import type { Framework } from '../harness/frameworks.ts';
import { stageOf } from '../harness/stage.ts';
import { checkWork, defineWork, sendAll, sendWork } from './isolation-scenario.ts';

const REQUESTS = 200;

export function isolation(framework: Framework): void {
  describe('requests at once', () => {
    it('are each one trace with exactly their own steps and metadata', async () => {
      await using stage = await stageOf(framework, { define: defineWork });
      await sendAll(REQUESTS, (n) => sendWork(stage.url, n));
      await checkWork(stage, REQUESTS);
    });

    it('are as separate where the body parser comes before the middleware', async () => {
      await using stage = await stageOf(framework, {
        define: defineWork,
        mounts: ['json', 'urlencoded', 'tracing'],
      });
      await sendAll(REQUESTS, (n) => sendWork(stage.url, n));
      await checkWork(stage, REQUESTS);
    });

    it('are still one trace each where the middleware is mounted three times', async () => {
      await using stage = await stageOf(framework, {
        define: defineWork,
        mounts: ['tracing', 'json', 'tracing', 'tracing'],
      });
      await sendAll(50, (n) => sendWork(stage.url, n));
      await checkWork(stage, 50);
    });
  });
}
