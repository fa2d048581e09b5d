/** The requests of Anthropic's API, also on the clouds that offer it, and the paths that are not reported. */

import { fieldsExcept, stringOrUndefined } from '../common/json.js';
import { anthropicMessages, vertexMessages } from './anthropic/messages.js';
import type { Shape } from './reading/shape.js';
import { TextReader } from './reading/text-reader.js';
import { unreportedPaths } from './reading/unreported-paths.js';

/** `POST /v1/complete`, which is older than messages and continues a text. */
const anthropicCompletions: Shape<'chat_completion'> = {
  operation: 'Completion',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/complete') && params.max_tokens_to_sample !== undefined,
  describe: ({ params }) => ({
    inputs: { prompt: params.prompt },
    model: stringOrUndefined(params.model),
    modelParameters: fieldsExcept(params, 'model', 'prompt'),
  }),
  reader: () => new TextReader(),
};

export const anthropicShapes: readonly Shape[] = [
  anthropicMessages,
  vertexMessages,
  anthropicCompletions,
];

/** POST paths of Anthropic's API that cost nothing by themselves. Sessions of agents that Anthropic runs are billed, and not recorded. */
export const ANTHROPIC_UNREPORTED = unreportedPaths(`
  v1/messages/count_tokens
  v1/messages/batches
  v1/messages/batches/*/cancel
  models/count-tokens:rawPredict
  v1/files
  v1/skills
  v1/skills/*/versions
  v1/user_profiles
  v1/user_profiles/**
  v1/organizations/**
  v1/agents
  v1/agents/**
  v1/deployments
  v1/deployments/*
  v1/deployments/*/archive
  v1/deployments/*/pause
  v1/deployments/*/unpause
  v1/dreams/*/archive
  v1/dreams/*/cancel
  v1/environments
  v1/environments/**
  v1/memory_stores
  v1/memory_stores/**
  v1/sessions/*
  v1/sessions/*/archive
  v1/sessions/*/resources
  v1/sessions/*/resources/*
  v1/sessions/*/threads/*/archive
  v1/tunnels
  v1/tunnels/**
  v1/vaults
  v1/vaults/**
`);
