/** The requests of Bedrock's APIs, and the paths that are not reported. */

import { bedrockAgent, bedrockInlineAgent } from './bedrock/agents.js';
import { bedrockConverse } from './bedrock/converse.js';
import { bedrockFlows } from './bedrock/flows.js';
import { bedrockAsync, bedrockChecks, bedrockGuardrail } from './bedrock/guardrails.js';
import { bedrockInvoke } from './bedrock/invoke.js';
import { bedrockKnowledgeBases } from './bedrock/knowledge-bases.js';
import type { Shape } from './reading/shape.js';
import { unreportedPaths } from './reading/unreported-paths.js';

export const bedrockRuntimeShapes: readonly Shape[] = [
  bedrockConverse,
  ...bedrockInvoke,
  bedrockGuardrail,
  bedrockChecks,
  bedrockAsync,
];

export const bedrockAgentRuntimeShapes: readonly Shape[] = [
  bedrockAgent,
  ...bedrockFlows,
  ...bedrockKnowledgeBases,
  bedrockInlineAgent,
];

/** POST paths of Bedrock's APIs that cost nothing by themselves. */
export const BEDROCK_UNREPORTED = unreportedPaths(`
  model/*/count-tokens
  knowledgebases/*/datasources/**
  sessions/
  sessions/**
  flows/*/aliases/*/executions/*/stop
  tags/*
`);
