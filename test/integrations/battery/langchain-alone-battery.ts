import { CallbackManager } from '@langchain/core/callbacks/manager';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import type { DoorOptions } from './check.ts';
import { langChainAloneChecks } from './langchain-alone-checks.ts';

export async function load(_packageName: string, traced: DoorOptions | undefined, _url: string) {
  if (traced) traceLangChain(CallbackManager, traced);
  return { checks: langChainAloneChecks, kit: () => undefined };
}
