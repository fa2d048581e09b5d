/** Tokens as OpenAI counts them, in its chat, responses, embeddings, images and audio, and whoever does likewise. */

import type { TokenCounts } from '@openlayer-tracing/core/integration';
import { count, isRecord, record } from '../common/json.js';

export function openAITokens(usage: unknown): TokenCounts | undefined {
  if (!isRecord(usage)) return undefined;
  const into = record(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const out = record(usage.completion_tokens_details ?? usage.output_tokens_details);
  return {
    input: count(usage.prompt_tokens) ?? count(usage.input_tokens),
    output: count(usage.completion_tokens) ?? count(usage.output_tokens),
    total: count(usage.total_tokens),
    cached: count(into.cached_tokens) ?? count(usage.prompt_cache_hit_tokens),
    audioInput: count(into.audio_tokens),
    audioOutput: count(out.audio_tokens),
  };
}

/** A part of the output, and priced like it. */
export function openAIReasoningTokens(usage: unknown): number | undefined {
  if (!isRecord(usage)) return undefined;
  const out = record(usage.completion_tokens_details ?? usage.output_tokens_details);
  return count(out.reasoning_tokens);
}
