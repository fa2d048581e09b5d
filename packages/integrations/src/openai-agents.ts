/** The entry point for OpenAI's Agents SDK. */

import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { reportRequests } from './http/report-requests.js';
import { AgentsProcessor } from './openai-agents/processor.js';

export type { ContentPart } from './common/options.js';

export interface AgentsOptions extends CallOptions {}

/** A processor for the SDK's `addTraceProcessor` and `setTraceProcessors`. */
export interface AgentsTraceProcessor {
  onTraceStart(trace: unknown): Promise<void>;
  onTraceEnd(trace: unknown): Promise<void>;
  onSpanStart(span: unknown): Promise<void>;
  onSpanEnd(span: unknown): Promise<void>;
  shutdown(timeoutMs?: number): Promise<void>;
  forceFlush(): Promise<void>;
}

/**
 * Records runs of agents as steps of the current trace: agents, models, tools, handoffs and guardrails. The SDK's client may be
 * traced as well: each call is recorded once. On Node, a realtime session is the diagnostic `unrecorded_call`.
 *
 * @example
 * addTraceProcessor(agentsTraceProcessor());
 *
 * @throws TypeError if an option is wrong
 */
export function agentsTraceProcessor(options: AgentsOptions = {}): AgentsTraceProcessor {
  checkOptions('agentsTraceProcessor', options, CALL_OPTIONS);
  reportRequests('openai-agents', { socketAgent: /^Agents\/JavaScript / });
  return new AgentsProcessor(options);
}
