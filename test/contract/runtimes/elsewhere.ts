/** A stage whose app runs in the process of another runtime. */

import { ConfigError } from '@openlayer-tracing/core';
import { startCollector } from '../../support/collector.ts';
import {
  type House,
  type Report,
  type Stage,
  type StageSettings,
  stageIn,
} from '../harness/stage.ts';
import type { AppProcess } from './processes.ts';
import type { Command, Failure, Started } from './protocol.ts';

/** @param test whose app is to be started */
export async function stageElsewhere(
  process: AppProcess,
  test: string,
  settings: StageSettings,
): Promise<Stage> {
  const collector = await startCollector();
  return stageIn(collector, settings, async (): Promise<House> => {
    const started = (await say({ do: 'start', test, tracer: collector.tracer })) as Started;
    const port = started.port ?? process.port ?? 0;
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      told: async (what) => (await say({ do: 'told', what })) as readonly unknown[],
      open: async (gate) => void (await say({ do: 'open', gate })),
      report: async () => (await say({ do: 'report' })) as Report,
      close: async () => (await say({ do: 'close' })) as Report,
    };
  });

  async function say(command: Command): Promise<unknown> {
    const response = await fetch(process.control, {
      method: 'POST',
      body: JSON.stringify(command),
    });
    const result: unknown = await response.json();
    if (typeof result !== 'object' || result === null || !('failed' in result)) return result;
    const { name, message } = (result as Failure).failed;
    // Tests tell refused options by their class.
    throw name === 'ConfigError' ? new ConfigError(message) : new Error(`${name}: ${message}`);
  }
}
