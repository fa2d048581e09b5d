/** OpenAI's Agents SDK. */

import { type CallOptions, checkOptions } from './common/options.js';
import { AgentsProcessor } from './openai-agents/processor.js';

export type { ContentPart } from './common/options.js';

export interface AgentsOptions extends CallOptions {}

/** What the SDK's `addTraceProcessor` and `setTraceProcessors` take. */
export interface AgentsTraceProcessor {
  onTraceStart(trace: unknown): Promise<void>;
  onTraceEnd(trace: unknown): Promise<void>;
  onSpanStart(span: unknown): Promise<void>;
  onSpanEnd(span: unknown): Promise<void>;
  shutdown(timeoutMs?: number): Promise<void>;
  forceFlush(): Promise<void>;
}

/**
 * Records the runs of agents as steps of the current trace: agents, models, tools, handoffs and guardrails. The SDK's
 * client may be traced as well: its calls are counted once.
 *
 * @example
 * addTraceProcessor(agentsTraceProcessor());
 */
export function agentsTraceProcessor(options: AgentsOptions = {}): AgentsTraceProcessor {
  checkOptions('agentsTraceProcessor', options);
  return new AgentsProcessor(options);
}
