/** The requests of Mistral's API, and the paths that are not reported. */

import { mistralChat, mistralFim } from './mistral/chat.js';
import { mistralConversation } from './mistral/conversations.js';
import { mistralClassification, mistralModeration } from './mistral/guardrails.js';
import { mistralOcr, mistralSpeech, mistralTranscription } from './mistral/media.js';
import { openAIEmbeddings } from './openai/embeddings.js';
import type { Shape } from './reading/shape.js';
import { unreportedPaths } from './reading/unreported-paths.js';
import { vertexPartnerShapes } from './vertex-partners.js';

export const mistralShapes: readonly Shape[] = [
  mistralChat,
  mistralFim,
  mistralConversation,
  openAIEmbeddings,
  mistralModeration,
  mistralClassification,
  mistralOcr,
  mistralSpeech,
  mistralTranscription,
  ...vertexPartnerShapes,
];

/** POST paths of Mistral's API that are free, or whose cost is recorded when the result is fetched. */
export const MISTRAL_UNREPORTED = unreportedPaths(`
  files
  batch/jobs
  batch/jobs/*/cancel
  agents
  agents/*/**
  audio/voices
  audio/voices/*
  connectors
  connectors/**
  libraries
  libraries/**
  fine_tuning/models/*/archive
  observability/datasets
  observability/datasets/**
  observability/dataset-records/bulk-delete
  observability/pipeline-configs
  observability/judges
  observability/logs/**
  observability/spans/**
  observability/traces/**
  prompts
  prompts/**
  rag/**
  service-accounts
  service-accounts/**
  skills
  skills/**
  workflows/**
`);
