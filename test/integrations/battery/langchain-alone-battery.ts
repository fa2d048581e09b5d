import { CallbackManager } from '@langchain/core/callbacks/manager';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { langChainAloneChecks } from './langchain-alone-checks.ts';

export async function load(_packageName: string, isTraced: boolean, _url: string) {
  if (isTraced) traceLangChain(CallbackManager);
  return { checks: langChainAloneChecks, kit: () => undefined };
}
