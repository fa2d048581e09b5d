/** The entry point for Mastra, from version 1 of its core on. */

import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { type MastraBridge, MastraSpans } from './mastra/spans.js';

export type { ContentPart } from './common/options.js';
export type { MastraBridge } from './mastra/spans.js';

export interface MastraOptions extends CallOptions {}

/**
 * Records runs of agents and workflows as steps of the current trace: agents, models, tools, workflows, memory and retrieval. Used
 * as the bridge, steps that a tool or a step of a workflow creates become its children; used as an exporter beside another bridge,
 * they become children of the request. The clients of the models may be traced as well: each call is recorded once.
 *
 * @example
 * // new Mastra({ observability: new Observability({ configs: { app } }) })
 * const app = { serviceName: 'app', bridge: mastraBridge() };
 *
 * @throws TypeError if an option is wrong
 */
export function mastraBridge(options: MastraOptions = {}): MastraBridge {
  checkOptions('mastraBridge', options, CALL_OPTIONS);
  return new MastraSpans(options);
}
