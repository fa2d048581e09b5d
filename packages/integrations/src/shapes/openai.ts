/** The requests of OpenAI's API and of APIs like it, and the paths that are not reported. */

import { openAIChat } from './openai/chat.js';
import { openAICompletions } from './openai/completions.js';
import { openAIDecisions } from './openai/decisions.js';
import { openAIEmbeddings } from './openai/embeddings.js';
import { openAIImages } from './openai/images.js';
import { openAIModerations } from './openai/moderations.js';
import { openAICompaction, openAIResponses } from './openai/responses.js';
import { openAIRuns } from './openai/runs.js';
import { openAISpeech } from './openai/speech.js';
import { openAITranscription } from './openai/transcription.js';
import { openAIVectorSearch } from './openai/vector-search.js';
import { openAIVideos } from './openai/videos.js';
import type { Shape } from './reading/shape.js';
import { unreportedPaths } from './reading/unreported-paths.js';
import { rerank } from './rerank.js';

/** Shapes that are recognised on any host, by path and fields. */
export const openAIShapes: readonly Shape[] = [
  openAIChat,
  openAIResponses,
  openAIEmbeddings,
  openAICompletions,
  openAIImages,
  openAISpeech,
  openAITranscription,
  openAIModerations,
  openAICompaction,
  openAIDecisions,
  openAIVectorSearch,
  rerank,
];

/** The shapes of OpenAI's own client. Other services may use the additional paths for something else. */
export const openAIClientShapes: readonly Shape[] = [...openAIShapes, openAIVideos, openAIRuns];

/** POST paths of files and batches, which all services with OpenAI's API have. */
export const OPENAI_LIKE_UNREPORTED = [
  // A file that is added to a vector store is kept there, which is billed.
  /(?<!\/vector_stores\/[^/]+)\/files$/,
  ...unreportedPaths(`
    batches
    batches/*/cancel
  `),
];

/** POST paths of OpenAI's API that are free, or whose cost is recorded when the result is fetched. */
export const OPENAI_UNREPORTED = [
  ...OPENAI_LIKE_UNREPORTED,
  ...unreportedPaths(`
    organization/**
    projects/**
    webhook_endpoints
    webhook_endpoints/**
    vaults
    vaults/**
    skills
    skills/**
    uploads
    uploads/**
    conversations
    conversations/**
    assistants
    assistants/*
    threads
    threads/*
    threads/*/messages
    threads/*/messages/*
    threads/*/runs/*
    threads/*/runs/*/cancel
    threads/*/runs/*/submit_tool_outputs
    vector_stores/*
    vector_stores/*/files/*
    vector_stores/*/file_batches/*/cancel
    containers/*/files
    chat/completions/*
    responses/*/cancel
    responses/input_tokens
    audio/voices
    audio/voice_consents
    audio/voice_consents/*
    evals
    evals/*
    evals/*/runs/*/cancel
    fine_tuning/alpha/graders/validate
    fine_tuning/checkpoints/*/permissions
    fine_tuning/jobs/*/cancel
    fine_tuning/jobs/*/pause
    fine_tuning/jobs/*/resume
    realtime/calls/*/hangup
    realtime/calls/*/refer
    realtime/calls/*/reject
    live/sessions/*/hangup
    live/sessions/*/refer
    live/sessions/*/reject
    chatkit/sessions/*/cancel
    agents
    agents/*
    agents/environments
    agents/environments/**
    agents/automations
    agents/automations/*
    agents/automations/*/pause
    agents/automations/*/resume
    agents/sessions/*
  `),
];
