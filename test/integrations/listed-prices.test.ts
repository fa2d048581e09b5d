/** What calls cost by the price list, against the providers' own price pages, computed by hand. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { prices } from '@openlayer-tracing/integrations/pricing';
import { type Asked, pricedCall } from './priced-call.ts';

const pricing = prices();

const MILLION = 1e6;

type Build = typeof import('@openlayer-tracing/integrations/pricing');

type Priced = readonly [model: string, asked: Asked, usd: number];

/** Prices of providers that were read elsewhere than in the list, with the calls that were computed from them by hand. */
interface Source {
  readonly page: string;
  /** Where the prices of the page were read, and when. */
  readonly read: string;
  readonly provider: string;
  readonly calls: readonly Priced[];
}

const SOURCES: readonly Source[] = [
  {
    page: 'developers.openai.com/api/docs/pricing',
    read: 'in the lists of LiteLLM (1 August 2026) and models.dev (2 July 2026)',
    provider: 'openai',
    calls: [
      ['gpt-5', { tokens: { input: 1000, output: 500 } }, (1000 * 1.25 + 500 * 10) / MILLION],
      [
        'gpt-5-2025-08-07',
        { tokens: { input: 1000, output: 500, cached: 400, reasoning: 300 } },
        (600 * 1.25 + 400 * 0.125 + 500 * 10) / MILLION,
      ],
      [
        'gpt-5-mini',
        { tokens: { input: 1000, output: 50 }, billing: { toolUses: { web_search: 3 } } },
        (1000 * 0.25 + 50 * 2) / MILLION + 3 * 0.01,
      ],
      [
        'gpt-4.1',
        { tokens: { input: 1000, output: 50 }, billing: { toolUses: { file_search: 2, mcp: 4 } } },
        (1000 * 2 + 50 * 8) / MILLION + 2 * 0.0025,
      ],
      [
        'gpt-4o-2024-08-06',
        { tokens: { input: 2000, output: 100, cached: 1024 }, billing: { serviceTier: 'default' } },
        (976 * 2.5 + 1024 * 1.25 + 100 * 10) / MILLION,
      ],
      [
        'gpt-4o-mini',
        { tokens: { input: 2000, output: 100 } },
        (2000 * 0.15 + 100 * 0.6) / MILLION,
      ],
      [
        'gpt-5.4',
        { tokens: { input: 300_000, output: 1000 } },
        (300_000 * 5 + 1000 * 22.5) / MILLION,
      ],
      [
        'gpt-6-astra',
        { tokens: { input: 1000, output: 500, cached: 400, cacheCreation: 100 } },
        (500 * 10 + 400 * 1 + 100 * 12.5 + 500 * 50) / MILLION,
      ],
      [
        'gpt-5',
        { tokens: { input: 2000, output: 100 }, billing: { isBatch: true } },
        (2000 * 0.625 + 100 * 5) / MILLION,
      ],
      [
        'o3',
        { tokens: { input: 1000, output: 1000 }, billing: { region: 'eu' } },
        (1000 * 2 + 1000 * 8) / MILLION,
      ],
      [
        'ft:gpt-4o-2024-08-06:acme::9abc',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 3.75 + 100 * 15) / MILLION,
      ],
      [
        'gpt-audio',
        { tokens: { input: 500, output: 300, audioInput: 400, audioOutput: 250 } },
        (100 * 2.5 + 400 * 32 + 50 * 10 + 250 * 64) / MILLION,
      ],
      [
        'gpt-image-1',
        {
          tokens: { input: 80, imageInput: 50, output: 4160, imageOutput: 4160 },
          billing: { pictures: 1 },
        },
        (30 * 5 + 50 * 10 + 4160 * 40) / MILLION,
      ],
      [
        'gpt-image-1.5',
        { tokens: { input: 30, output: 600, imageOutput: 500 }, billing: { pictures: 1 } },
        (30 * 5 + 100 * 10 + 500 * 32) / MILLION,
      ],
      [
        'text-embedding-3-small',
        { tokens: { input: 10_000, total: 10_000 } },
        (10_000 * 0.02) / MILLION,
      ],
      ['whisper-1', { billing: { seconds: 90 } }, 1.5 * 0.006],
      ['omni-moderation-latest', { tokens: { input: 9 } }, 0],
    ],
  },
  {
    page: 'platform.claude.com/docs/en/about-claude/pricing',
    read: "in a copy of the page that has Claude Fable 5.1, and in LiteLLM's list of 1 August 2026",
    provider: 'anthropic',
    calls: [
      [
        'claude-sonnet-4-5-20250929',
        { tokens: { input: 258, output: 5, cacheCreation: 248, cacheCreationHour: 100 } },
        (10 * 3 + 148 * 3.75 + 100 * 6 + 5 * 15) / MILLION,
      ],
      [
        'claude-sonnet-4-5',
        { tokens: { input: 258, output: 5, cacheCreation: 248, cacheCreationHour: 248 } },
        (10 * 3 + 248 * 6 + 5 * 15) / MILLION,
      ],
      [
        'claude-sonnet-4-5',
        {
          tokens: { input: 1000, output: 50 },
          billing: { toolUses: { web_search: 3, web_fetch: 2 } },
        },
        (1000 * 3 + 50 * 15) / MILLION + 3 * 0.01,
      ],
      [
        'claude-opus-4-8',
        { tokens: { input: 500_000, output: 1000, cached: 400_000 } },
        (100_000 * 5 + 400_000 * 0.5 + 1000 * 25) / MILLION,
      ],
      [
        'claude-haiku-4-5',
        {
          tokens: { input: 1000, output: 500 },
          billing: { serviceTier: 'standard', speed: 'standard' },
        },
        (1000 * 1 + 500 * 5) / MILLION,
      ],
      [
        'claude-opus-4-5',
        {
          tokens: { input: 2000, output: 100, cached: 500 },
          billing: { serviceTier: 'batch', isBatch: true },
        },
        (1500 * 2.5 + 500 * 0.25 + 100 * 12.5) / MILLION,
      ],
      [
        'claude-sonnet-4-6',
        {
          tokens: { input: 1000, output: 100 },
          billing: { isBatch: true, toolUses: { web_search: 1 }, region: 'global' },
        },
        (1000 * 1.5 + 100 * 7.5) / MILLION + 0.01,
      ],
      [
        'claude-fable-5',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 10 + 100 * 50) / MILLION,
      ],
      [
        'claude-3-5-haiku-latest',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.8 + 100 * 4) / MILLION,
      ],
    ],
  },
  {
    page: 'ai.google.dev/gemini-api/docs/pricing',
    read: 'in the lists of LiteLLM (1 August 2026) and models.dev (2 July 2026)',
    provider: 'google',
    calls: [
      [
        'gemini-2.5-flash',
        { tokens: { input: 1000, output: 600, audioInput: 300, imageInput: 258, reasoning: 500 } },
        (700 * 0.3 + 300 * 1 + 600 * 2.5) / MILLION,
      ],
      [
        'gemini-2.5-flash',
        { tokens: { input: 1000, output: 50, audioInput: 300, cached: 500, cachedAudio: 200 } },
        (400 * 0.3 + 100 * 1 + 300 * 0.03 + 200 * 0.1 + 50 * 2.5) / MILLION,
      ],
      [
        'gemini-2.5-pro',
        { tokens: { input: 300_000, output: 1000 } },
        (300_000 * 2.5 + 1000 * 15) / MILLION,
      ],
      [
        'gemini-2.5-pro',
        { tokens: { input: 1000, output: 100, videoInput: 900, audioInput: 50 } },
        (1000 * 1.25 + 100 * 10) / MILLION,
      ],
      [
        'gemini-2.5-flash-image',
        { tokens: { input: 20, output: 1310, imageOutput: 1290 }, billing: { pictures: 1 } },
        (20 * 0.3 + 20 * 2.5 + 1290 * 30) / MILLION,
      ],
      [
        'gemini-3-pro-preview',
        { tokens: { input: 1000, output: 100 }, billing: { serviceTier: 'ON_DEMAND' } },
        (1000 * 2 + 100 * 12) / MILLION,
      ],
      [
        'gemini-3.8-flash',
        {
          tokens: { input: 1000, output: 100, cached: 200 },
          billing: { toolUses: { url_context: 1 } },
        },
        (800 * 0.75 + 200 * 0.075 + 100 * 3.75) / MILLION,
      ],
      [
        'gemini-2.5-flash-lite',
        { tokens: { input: 1000, output: 100 }, billing: { isBatch: true } },
        (1000 * 0.05 + 100 * 0.2) / MILLION,
      ],
      ['gemini-embedding-001', { tokens: { input: 1000 } }, (1000 * 0.15) / MILLION],
    ],
  },
  {
    page: 'cloud.google.com/vertex-ai/generative-ai/pricing',
    read: 'in the lists of models.dev (2 July 2026) and Portkey (21 August 2026)',
    provider: 'google',
    calls: [
      [
        'publishers/anthropic/models/claude-sonnet-4-5@20250929',
        { tokens: { input: 1000, output: 100, cached: 200 }, billing: { region: 'global' } },
        (800 * 3 + 200 * 0.3 + 100 * 15) / MILLION,
      ],
      [
        'claude-3-5-haiku@20241022',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'us-east5' } },
        (1000 * 0.8 + 100 * 4) / MILLION,
      ],
      [
        'models/gemini-2.5-flash',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'europe-west4' } },
        (1000 * 0.3 + 100 * 2.5) / MILLION,
      ],
    ],
  },
  {
    page: 'aws.amazon.com/bedrock/pricing',
    read: "in the price list of AWS for Frankfurt and N. Virginia, 1 September 2026, and in LiteLLM's list of 1 August 2026",
    provider: 'bedrock',
    calls: [
      [
        'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'eu-west-1' } },
        (1000 * 3.3 + 100 * 16.5) / MILLION,
      ],
      [
        'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0',
        { tokens: { input: 1000, output: 100, cached: 500 } },
        (500 * 3 + 500 * 0.3 + 100 * 15) / MILLION,
      ],
      [
        'anthropic.claude-3-haiku-20240307-v1:0',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'ap-southeast-2' } },
        (1000 * 0.25 + 100 * 1.25) / MILLION,
      ],
      [
        'amazon.nova-lite-v1:0',
        {
          tokens: { input: 1000, output: 100 },
          billing: { region: 'us-east-1', serviceTier: 'default' },
        },
        (1000 * 0.06 + 100 * 0.24) / MILLION,
      ],
      [
        'us.meta.llama3-3-70b-instruct-v1:0',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'us' } },
        (1100 * 0.72) / MILLION,
      ],
      [
        'amazon.titan-embed-text-v1',
        { tokens: { input: 1000 }, billing: { region: 'us-east-1' } },
        (1000 * 0.1) / MILLION,
      ],
    ],
  },
  {
    page: 'azure.microsoft.com/pricing/details/cognitive-services/openai-service',
    read: "in LiteLLM's list of 1 August 2026",
    provider: 'azure',
    calls: [
      [
        'gpt-4.1-2025-04-14',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 2 + 100 * 8) / MILLION,
      ],
      [
        'gpt-35-turbo',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.5 + 100 * 1.5) / MILLION,
      ],
      ['text-embedding-3-large', { tokens: { input: 1000 } }, (1000 * 0.13) / MILLION],
    ],
  },
  {
    page: 'groq.com/pricing',
    read: "in LiteLLM's list of 1 August 2026; Groq's docs of May 2026 have the prices of GPT OSS",
    provider: 'groq',
    calls: [
      [
        'llama-3.3-70b-versatile',
        { tokens: { input: 1000, output: 100 }, billing: { serviceTier: 'on_demand' } },
        (1000 * 0.59 + 100 * 0.79) / MILLION,
      ],
      [
        'openai/gpt-oss-120b',
        { tokens: { input: 1000, output: 100, cached: 500 }, billing: { serviceTier: 'flex' } },
        (500 * 0.15 + 500 * 0.075 + 100 * 0.6) / MILLION,
      ],
      [
        'gpt-oss-20b',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.075 + 100 * 0.3) / MILLION,
      ],
      // At least ten seconds are billed.
      ['whisper-large-v3', { billing: { seconds: 3 } }, (10 * 0.111) / 3600],
    ],
  },
  {
    page: 'docs.x.ai/developers/pricing',
    read: "in LiteLLM's list of 1 August 2026",
    provider: 'xai',
    calls: [
      [
        'grok-3-mini',
        { tokens: { input: 32, output: 103, cached: 6, reasoning: 94 } },
        (26 * 0.3 + 6 * 0.075 + 103 * 0.5) / MILLION,
      ],
      ['grok-4-0709', { tokens: { input: 1000, output: 100 } }, (1000 * 3 + 100 * 15) / MILLION],
      [
        'grok-4.3',
        { tokens: { input: 200_000, output: 100, imageInput: 500 } },
        (200_000 * 2.5 + 100 * 5) / MILLION,
      ],
    ],
  },
  {
    page: 'mistral.ai/pricing/api',
    read: 'in the docs repository of Mistral, 21 August 2026',
    provider: 'mistral',
    calls: [
      [
        'mistral-large-2512',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.5 + 100 * 1.5) / MILLION,
      ],
      [
        'mistral-medium-3-5',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 1.5 + 400 * 0.15 + 100 * 7.5) / MILLION,
      ],
      ['mistral-ocr-latest', { billing: { units: { pages_processed: 3 } } }, (3 * 4) / 1000],
    ],
  },
  {
    page: 'api-docs.deepseek.com/quick_start/pricing',
    read: 'in the list of pi-catalog, 23 September 2026, which has them at peak hours',
    provider: 'deepseek',
    calls: [
      [
        'deepseek-v4-pro',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 0.66 + 400 * 0.022 + 100 * 1.98) / MILLION,
      ],
      [
        'deepseek-v4-pro',
        { tokens: { input: 1000, output: 100 }, at: Date.UTC(2026, 10, 18, 2) },
        (1000 * 1.32 + 100 * 3.96) / MILLION,
      ],
    ],
  },
  {
    page: 'docs.perplexity.ai/getting-started/pricing',
    read: 'in a transcript of 4 May 2026',
    provider: 'perplexity',
    calls: [
      [
        'sonar-deep-research',
        {
          tokens: { input: 19, output: 978, reasoning: 305, citation: 175 },
          billing: { toolUses: { web_search: 4 } },
        },
        (19 * 2 + 498 * 8 + 305 * 3 + 175 * 2) / MILLION + (4 * 5) / 1000,
      ],
    ],
  },
  {
    page: 'cohere.com/pricing',
    read: "in LiteLLM's list of 1 August 2026",
    provider: 'cohere',
    calls: [
      [
        'command-a-03-2025',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 2.5 + 100 * 10) / MILLION,
      ],
      ['embed-v4.0', { tokens: { input: 1000 } }, (1000 * 0.12) / MILLION],
    ],
  },
  {
    page: 'openrouter.ai/models',
    read: 'in the list of pi-catalog, 23 September 2026',
    provider: 'openrouter',
    calls: [
      [
        'openai/gpt-5',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 1.25 + 100 * 10) / MILLION,
      ],
    ],
  },
  {
    page: 'developers.openai.com/api/docs/pricing',
    read: 'in a transcript of May 2026',
    provider: 'openai',
    calls: [
      [
        'gpt-5.5',
        { tokens: { input: 1000, output: 100, cached: 600 } },
        (400 * 5 + 600 * 0.5 + 100 * 30) / MILLION,
      ],
      ['gpt-5.5-pro', { tokens: { input: 1000, output: 100 } }, (1000 * 30 + 100 * 180) / MILLION],
      [
        'gpt-5.4',
        { tokens: { input: 200_000, output: 100, cached: 100_000 } },
        (100_000 * 2.5 + 100_000 * 0.25 + 100 * 15) / MILLION,
      ],
      [
        'gpt-5.4-mini',
        { tokens: { input: 1000, output: 100, cached: 600 } },
        (400 * 0.75 + 600 * 0.075 + 100 * 4.5) / MILLION,
      ],
      [
        'gpt-5.4-nano',
        { tokens: { input: 1000, output: 100, cached: 600 } },
        (400 * 0.2 + 600 * 0.02 + 100 * 1.25) / MILLION,
      ],
      [
        'gpt-realtime-1.5',
        { tokens: { input: 1000, output: 100, cached: 600, audioOutput: 0 } },
        (400 * 4 + 600 * 0.4 + 100 * 16) / MILLION,
      ],
    ],
  },
  {
    page: 'developers.openai.com/api/docs/pricing',
    read: 'in the release notes of PromptFuel, 23 September 2026',
    provider: 'openai',
    calls: [
      [
        'gpt-6-sol',
        { tokens: { input: 1000, output: 100, cached: 300, cacheCreation: 200 } },
        (500 * 2 + 300 * 0.2 + 200 * 2.5 + 100 * 10) / MILLION,
      ],
      [
        'gpt-6-luna',
        { tokens: { input: 1000, output: 100, cached: 300, cacheCreation: 200 } },
        (500 * 0.1 + 300 * 0.01 + 200 * 0.125 + 100 * 0.5) / MILLION,
      ],
    ],
  },
  {
    page: 'platform.claude.com/docs/en/about-claude/pricing',
    read: 'in a copy of the page that has Claude Fable 5.1',
    provider: 'anthropic',
    calls: [
      [
        'claude-fable-5-1',
        {
          tokens: {
            input: 1000,
            output: 100,
            cached: 300,
            cacheCreation: 200,
            cacheCreationHour: 50,
          },
        },
        (500 * 10 + 300 * 0.25 + 150 * 12.5 + 50 * 20 + 100 * 50) / MILLION,
      ],
      [
        'claude-opus-5',
        {
          tokens: {
            input: 1000,
            output: 100,
            cached: 300,
            cacheCreation: 200,
            cacheCreationHour: 50,
          },
        },
        (500 * 5 + 300 * 0.5 + 150 * 6.25 + 50 * 10 + 100 * 25) / MILLION,
      ],
      [
        'claude-opus-4-1',
        {
          tokens: {
            input: 1000,
            output: 100,
            cached: 300,
            cacheCreation: 200,
            cacheCreationHour: 200,
          },
        },
        (500 * 15 + 300 * 1.5 + 200 * 30 + 100 * 75) / MILLION,
      ],
      [
        'claude-3-haiku-20240307',
        {
          tokens: {
            input: 1000,
            output: 100,
            cached: 300,
            cacheCreation: 200,
            cacheCreationHour: 50,
          },
        },
        (500 * 0.25 + 300 * 0.03 + 150 * 0.3 + 50 * 0.5 + 100 * 1.25) / MILLION,
      ],
      [
        'claude-haiku-4-5',
        { tokens: { input: 1000, output: 100, cached: 1000 }, billing: { isBatch: true } },
        (1000 * 0.1 + 100 * 5) / 2 / MILLION,
      ],
    ],
  },
  {
    page: 'platform.claude.com/docs/en/about-claude/pricing',
    read: 'in the release notes of PromptFuel, 23 September 2026',
    provider: 'anthropic',
    calls: [
      [
        'claude-opus-5-5',
        {
          tokens: {
            input: 1000,
            output: 100,
            cached: 300,
            cacheCreation: 200,
            cacheCreationHour: 50,
          },
        },
        (500 * 4 + 300 * 0.2 + 150 * 5 + 50 * 8 + 100 * 20) / MILLION,
      ],
    ],
  },
  {
    page: 'ai.google.dev/gemini-api/docs/pricing',
    read: 'in a transcript of 7 October 2026',
    provider: 'google',
    calls: [
      [
        'gemini-3.8-flash',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.75 + 100 * 3.75) / MILLION,
      ],
      // The introductory price ends with 2026.
      [
        'gemini-3.8-flash',
        { tokens: { input: 1000, output: 100 }, at: Date.UTC(2027, 0, 4, 12) },
        (1000 * 1.5 + 100 * 7.5) / MILLION,
      ],
      [
        'gemini-3.5-flash',
        { tokens: { input: 1000, output: 100, videoInput: 600 } },
        (1000 * 1.5 + 100 * 9) / MILLION,
      ],
      [
        'gemini-3.5-flash-lite',
        { tokens: { input: 1000, output: 100, audioInput: 600 } },
        (1000 * 0.3 + 100 * 2.5) / MILLION,
      ],
      [
        'gemini-3.1-pro-preview',
        { tokens: { input: 200_000, output: 100 } },
        (200_000 * 2 + 100 * 12) / MILLION,
      ],
      [
        'gemini-3.1-pro-preview',
        { tokens: { input: 200_001, output: 100 } },
        (200_001 * 4 + 100 * 18) / MILLION,
      ],
      [
        'gemini-2.5-flash',
        { tokens: { input: 1000, output: 0, audioInput: 1000 } },
        (1000 * 1) / MILLION,
      ],
      [
        'gemini-3-pro-image-preview',
        { tokens: { input: 0, output: 1120, imageOutput: 1120 } },
        (1120 * 120) / MILLION,
      ],
      ['gemini-embedding-2', { tokens: { input: 1000 } }, (1000 * 0.2) / MILLION],
    ],
  },
  {
    page: 'docs.mistral.ai/models',
    read: 'in the docs repository of Mistral, 21 August 2026',
    provider: 'mistral',
    calls: [
      [
        'mistral-medium-latest',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 1.5 + 100 * 7.5) / MILLION,
      ],
      [
        'mistral-small-2603',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.15 + 100 * 0.6) / MILLION,
      ],
      [
        'codestral-2508',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.3 + 100 * 0.9) / MILLION,
      ],
      [
        'magistral-medium-2509',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 2 + 100 * 5) / MILLION,
      ],
      ['ministral-8b-latest', { tokens: { input: 1000, output: 100 } }, (1100 * 0.15) / MILLION],
      [
        'voxtral-small-latest',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.1 + 100 * 0.4) / MILLION,
      ],
      // Transcriptions count tokens too, and are billed by the minute.
      [
        'voxtral-mini-latest',
        { tokens: { input: 1500, output: 300 }, billing: { seconds: 120 } },
        2 * 0.003,
      ],
      ['mistral-ocr-2512', { billing: { units: { pages: 10 } } }, (10 * 2) / 1000],
    ],
  },
  {
    page: 'aws.amazon.com/bedrock/pricing',
    read: 'in a table of 3 October 2026, made from the price list of AWS and its model cards',
    provider: 'bedrock',
    calls: [
      [
        'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 1.1 + 100 * 5.5) / MILLION,
      ],
      [
        'eu.anthropic.claude-opus-4-8',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'eu' } },
        (1000 * 5.5 + 100 * 27.5) / MILLION,
      ],
      [
        'eu.anthropic.claude-sonnet-5',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'eu-central-1' } },
        (1000 * 2.2 + 100 * 11) / MILLION,
      ],
      // Responses name the model without its profile.
      [
        'claude-sonnet-4-5-20250929',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'eu' } },
        (1000 * 3.3 + 100 * 16.5) / MILLION,
      ],
      [
        'claude-sonnet-4-5-20250929',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'global' } },
        (1000 * 3 + 100 * 15) / MILLION,
      ],
      [
        'global.anthropic.claude-fable-5',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 10 + 100 * 50) / MILLION,
      ],
      [
        'us.anthropic.claude-fable-5-v1:0',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 11 + 100 * 55) / MILLION,
      ],
      [
        'us.openai.gpt-5.6-sol',
        { tokens: { input: 1000, output: 100, cached: 500 } },
        (500 * 4.4 + 500 * 0.44 + 100 * 22) / MILLION,
      ],
      [
        'us.openai.gpt-5.6-sol',
        { tokens: { input: 300_000, output: 100 } },
        (300_000 * 8.8 + 100 * 33) / MILLION,
      ],
      [
        'global.openai.gpt-5.6-sol',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 4 + 100 * 20) / MILLION,
      ],
      [
        'openai.gpt-5.4',
        { tokens: { input: 1000, output: 100, cached: 500 }, billing: { region: 'us-east-1' } },
        (500 * 2.75 + 500 * 0.275 + 100 * 16.5) / MILLION,
      ],
      [
        'us.deepseek.r1-v1:0',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 1.35 + 100 * 5.4) / MILLION,
      ],
      [
        'us.writer.palmyra-x5-v1:0',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.6 + 100 * 6) / MILLION,
      ],
      [
        'us.amazon.nova-2-lite-v1:0',
        { tokens: { input: 1000, output: 100 }, billing: { region: 'us' } },
        (1000 * 0.33 + 100 * 2.75) / MILLION,
      ],
    ],
  },
  {
    page: 'azure.microsoft.com/pricing/details/azure-openai',
    read: 'in a table of 3 October 2026, made from the retail prices API of Azure (Global)',
    provider: 'azure',
    calls: [
      ['gpt-5', { tokens: { input: 1000, output: 100 } }, (1000 * 1.25 + 100 * 10) / MILLION],
      ['gpt-5-mini', { tokens: { input: 1000, output: 100 } }, (1000 * 0.25 + 100 * 2) / MILLION],
      ['gpt-5.2', { tokens: { input: 1000, output: 100 } }, (1000 * 1.75 + 100 * 14) / MILLION],
      ['gpt-5.4', { tokens: { input: 1000, output: 100 } }, (1000 * 2.5 + 100 * 15) / MILLION],
      ['gpt-5.5', { tokens: { input: 300_000, output: 100 } }, (300_000 * 10 + 100 * 45) / MILLION],
      [
        'gpt-5.6-luna',
        { tokens: { input: 1000, output: 100, cached: 500 } },
        (500 * 0.2 + 500 * 0.02 + 100 * 1.2) / MILLION,
      ],
      [
        'gpt-5.6-terra',
        { tokens: { input: 300_000, output: 100 } },
        (300_000 * 4 + 100 * 18) / MILLION,
      ],
      [
        'o3',
        { tokens: { input: 1000, output: 100, reasoning: 64 } },
        (1000 * 2 + 100 * 8) / MILLION,
      ],
      ['o4-mini', { tokens: { input: 1000, output: 100 } }, (1000 * 1.1 + 100 * 4.4) / MILLION],
      ['o1', { tokens: { input: 1000, output: 100 } }, (1000 * 15 + 100 * 60) / MILLION],
    ],
  },
  {
    page: 'docs.fireworks.ai/serverless/pricing',
    read: 'in a copy of the page that has Kimi K2.6',
    provider: 'fireworks_ai',
    calls: [
      [
        'accounts/fireworks/models/kimi-k2p6',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 0.95 + 400 * 0.16 + 100 * 4) / MILLION,
      ],
      [
        'accounts/fireworks/models/kimi-k2p5',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 0.6 + 400 * 0.1 + 100 * 3) / MILLION,
      ],
      [
        'accounts/fireworks/models/deepseek-v4-pro',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 1.74 + 400 * 0.145 + 100 * 3.48) / MILLION,
      ],
      [
        'accounts/fireworks/models/glm-5p1',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 1.4 + 400 * 0.26 + 100 * 4.4) / MILLION,
      ],
      [
        'glm-5p1-fast',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 2.8 + 400 * 0.52 + 100 * 8.8) / MILLION,
      ],
      [
        'accounts/fireworks/models/minimax-m2p7',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 0.3 + 400 * 0.06 + 100 * 1.2) / MILLION,
      ],
      [
        'accounts/fireworks/models/gpt-oss-120b',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.15 + 100 * 0.6) / MILLION,
      ],
      [
        'gpt-oss-20b',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 0.07 + 400 * 0.035 + 100 * 0.3) / MILLION,
      ],
    ],
  },
  {
    page: 'docs.x.ai/docs/models',
    read: 'in the docs of APIYI, which compared them on 13 July 2026; caches by the model card of AWS',
    provider: 'xai',
    calls: [
      ['grok-4.5', { tokens: { input: 1000, output: 100 } }, (1000 * 2 + 100 * 6) / MILLION],
      [
        'grok-4.3',
        { tokens: { input: 1000, output: 100, cached: 400 } },
        (600 * 1.25 + 400 * 0.2 + 100 * 2.5) / MILLION,
      ],
      ['grok-build-0.1', { tokens: { input: 1000, output: 100 } }, (1000 * 1 + 100 * 2) / MILLION],
    ],
  },
  {
    page: 'cohere.com/pricing',
    read: 'in a transcript of 4 May 2026',
    provider: 'cohere',
    calls: [
      [
        'command-r-plus-08-2024',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 2.5 + 100 * 10) / MILLION,
      ],
      ['command', { tokens: { input: 1000, output: 100 } }, (1000 * 1 + 100 * 2) / MILLION],
      [
        'c4ai-aya-expanse-32b',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.5 + 100 * 1.5) / MILLION,
      ],
    ],
  },
  {
    page: 'api-docs.deepseek.com/quick_start/pricing',
    read: 'in a transcript of 5 May 2026',
    provider: 'deepseek',
    calls: [
      [
        'deepseek-v4-pro',
        { tokens: { input: 1000, output: 100, cached: 400 }, at: Date.UTC(2026, 4, 5, 12) },
        (600 * 0.435 + 400 * 0.003625 + 100 * 0.87) / MILLION,
      ],
      [
        'deepseek-v4-flash',
        { tokens: { input: 1000, output: 100, cached: 400 }, at: Date.UTC(2026, 4, 5, 12) },
        (600 * 0.14 + 400 * 0.0028 + 100 * 0.28) / MILLION,
      ],
    ],
  },
  {
    page: 'www.together.ai/pricing',
    read: 'in the lists of LiteLLM (1 August 2026) and pi-catalog (23 September 2026)',
    provider: 'together_ai',
    calls: [
      [
        'meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.27 + 100 * 0.85) / MILLION,
      ],
      [
        'Llama-4-Scout-17B-16E-Instruct',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.18 + 100 * 0.59) / MILLION,
      ],
    ],
  },
  {
    page: 'www.cerebras.ai/pricing',
    read: 'in the list of pi-catalog, 23 September 2026',
    provider: 'cerebras',
    calls: [
      [
        'gpt-oss-120b',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.35 + 100 * 0.75) / MILLION,
      ],
      [
        'gemma-4-31b',
        { tokens: { input: 1000, output: 100 } },
        (1000 * 0.99 + 100 * 1.49) / MILLION,
      ],
    ],
  },
  {
    page: 'docs.voyageai.com/docs/pricing',
    read: "in LiteLLM's list of 1 August 2026",
    provider: 'voyage',
    calls: [
      ['voyage-3.5', { tokens: { input: 1000 } }, (1000 * 0.06) / MILLION],
      ['voyage-code-3', { tokens: { input: 1000 } }, (1000 * 0.18) / MILLION],
    ],
  },
];

describe('the price list', () => {
  before(() => pricing.ready?.());

  it('is loaded once for all builds of the package', async () => {
    const require = createRequire(import.meta.url);
    const commonJs = require.resolve('@openlayer-tracing/integrations/pricing');
    const modules = pathToFileURL(commonJs.replace(/dist.cjs/, 'dist')).href;
    const builds = [require(commonJs), await import(modules)] as [Build, Build];
    assert.notEqual(builds[0].prices, builds[1].prices);
    for (const build of builds) assert.equal(build.prices().ready?.(), undefined);
  });

  for (const { page, read, provider, calls } of SOURCES) {
    for (const [model, asked, usd] of calls) {
      it(`has the price of ${page}, ${read}, for ${model}, ${JSON.stringify(asked)}`, () => {
        const call = pricedCall(provider, model, asked);
        assert.deepEqual(pricing.unpriced?.(call), []);
        const price = pricing.price(call);
        assert.ok(price !== undefined && Math.abs(price - usd) < 1e-12, `${price}, not ${usd}`);
      });
    }
  }

  /** Examples that the list's makers work out themselves: in whole dollars for round numbers. */
  const EXAMPLES: readonly (readonly [string, ...Priced])[] = [
    [
      'anthropic',
      'claude-sonnet-4-20250514',
      { tokens: { input: 4740, output: 255, cached: 0, cacheCreation: 4735 } },
      (5 * 3 + 4735 * 3.75 + 255 * 15) / MILLION,
    ],
    [
      'openai',
      'gpt-image-1.5',
      {
        tokens: {
          input: 1000,
          output: 600,
          cached: 200,
          imageInput: 300,
          cachedImage: 50,
          imageOutput: 500,
        },
      },
      (550 * 5 + 250 * 8 + 150 * 1.25 + 50 * 2 + 100 * 10 + 500 * 32) / MILLION,
    ],
    [
      'openai',
      'gpt-realtime-2.1',
      {
        tokens: {
          input: 1000,
          output: 500,
          cached: 400,
          audioInput: 250,
          cachedAudio: 100,
          audioOutput: 300,
          imageInput: 150,
          cachedImage: 50,
        },
      },
      (350 * 4 + 150 * 32 + 100 * 5 + 250 * 0.4 + 100 * 0.4 + 50 * 0.5 + 200 * 24 + 300 * 64) /
        MILLION,
    ],
    [
      'google',
      'gemini-3.1-flash-live-preview',
      {
        tokens: {
          input: 1000,
          output: 500,
          audioInput: 200,
          audioOutput: 300,
          imageInput: 100,
          videoInput: 100,
        },
      },
      (600 * 0.75 + 200 * 3 + 100 * 1 + 100 * 1 + 200 * 4.5 + 300 * 12) / MILLION,
    ],
    [
      'google',
      'gemini-embedding-2',
      { tokens: { input: 1000, audioInput: 200, imageInput: 100, videoInput: 100 } },
      (600 * 0.2 + 200 * 6.5 + 100 * 0.45 + 100 * 12) / MILLION,
    ],
    [
      'google',
      'gemini-omni-flash-preview',
      { tokens: { input: 1000, output: 500, videoOutput: 300 } },
      (1000 * 1.5 + 200 * 9 + 300 * 17.5) / MILLION,
    ],
    [
      'google',
      'gemini-3-pro-image-preview',
      { tokens: { input: 0, output: 2309, imageOutput: 1120, reasoning: 529 } },
      (1189 * 12 + 1120 * 120) / MILLION,
    ],
  ];
  for (const [provider, model, asked, usd] of EXAMPLES) {
    it(`has the price of its own example for ${model}`, () => {
      const price = pricing.price(pricedCall(provider, model, asked));
      assert.ok(price !== undefined && Math.abs(price - usd) < 1e-12, `${price}, not ${usd}`);
    });
  }
});

describe('a call without a price', () => {
  before(() => pricing.ready?.());

  const text = { input: 1000, output: 100 };
  const CALLS: readonly (readonly [string | undefined, string, Asked, readonly string[]])[] = [
    // Names
    [undefined, 'gpt-5', { tokens: text }, ['provider']],
    ['my-openai-proxy', 'gpt-5', { tokens: text }, ['provider']],
    ['openai', 'gpt-none', { tokens: text }, ['model']],
    ['openai', 'ft:gpt-4.1-2025-04-14:acme::9abc', { tokens: text }, ['model']],
    ['openai', 'ft:gpt-4-0613:acme::9abc', { tokens: text }, ['model']],
    ['openai', 'openai/gpt-5:online', { tokens: text }, ['model']],
    ['azure', 'gpt-4o', { tokens: text, billing: { isDeployment: true } }, ['model']],
    [
      'bedrock',
      'arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc',
      { tokens: text },
      ['model'],
    ],
    ['bedrock', 'amazon.titan-embed-text-v2:0', { tokens: { input: 9 } }, ['model']],
    ['google', 'gemini-1.5-flash-8b', { tokens: text }, ['model']],
    ['mistral', 'mistral-large-latest', { tokens: text }, ['model']],
    ['deepseek', 'deepseek-chat', { tokens: text }, ['model']],
    ['deepseek', 'deepseek-v4-pro', { tokens: text, at: Date.UTC(2026, 10, 21, 2) }, ['model']],
    ['cerebras', 'qwen-3-coder-480b', { tokens: text }, ['model']],
    ['azure', 'davinci-002', { tokens: text }, ['tokens:output']],
    // A custom model of Amazon's has the name of its base in its ARN.
    [
      'bedrock',
      'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abc',
      { tokens: text },
      ['model'],
    ],
    // The list has the price of another model, or of another host.
    ['azure', 'DeepSeek-V3.2', { tokens: text }, ['model']],
    ['azure', 'grok-3', { tokens: text }, ['model']],
    ['azure', 'gpt-oss-120b', { tokens: text }, ['model']],
    ['azure', 'Phi-4', { tokens: text }, ['model']],
    ['azure', 'o4-mini-deep-research', { tokens: text }, ['model']],
    ['openai', 'gpt-5-image', { tokens: text }, ['model']],
    ['google', 'gemini-2.0-flash-exp-image-generation', { tokens: text }, ['model']],
    ['deepseek', 'deepseek-v3.2', { tokens: text }, ['model']],
    ['groq', 'openai/gpt-oss-safeguard-20b', { tokens: text }, ['model']],
    ['fireworks_ai', 'accounts/fireworks/models/gemma-3-27b-it', { tokens: text }, ['model']],
    // The list kept an old price.
    ['together_ai', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', { tokens: text }, ['model']],
    ['novita', 'meta-llama/llama-3.3-70b-instruct', { tokens: text }, ['model']],
    ['zai', 'glm-5.3-flash', { tokens: text }, ['model']],
    ['xai', 'grok-4.20-multi-agent', { tokens: text }, ['model']],
    ['deepseek', 'deepseek-v4-flash', { tokens: text }, ['model']],
    ['zhipuai', 'glm-5.3-flash', { tokens: text }, ['model']],
    ...[
      'meta-llama/Meta-Llama-3-8B-Instruct-Lite',
      'mistralai/Mixtral-8x7B-Instruct-v0.1',
      'WizardLM/WizardLM-13B-V1.2',
      'zero-one-ai/Yi-6B',
      'NousResearch/Nous-Hermes-Llama2-13b',
    ].map((model) => ['together_ai', model, { tokens: text }, ['model']] as const),
    // Hosts behind a router have prices of their own.
    ['openrouter', 'qwen/qwen3-max', { tokens: text }, ['route']],
    ['openrouter', 'openai/gpt-oss-120b', { tokens: text }, ['route']],
    ['openrouter', 'anthropic/claude-3.5-sonnet', { tokens: text }, ['route']],
    // At another price than OpenAI's.
    ['openrouter', 'openai/gpt-5.6-sol', { tokens: text }, ['route']],
    ['openrouter', 'openai/gpt-5:online', { tokens: text }, ['route']],
    ['openrouter', 'openai/gpt-5:nitro', { tokens: text }, ['route']],
    [
      'openrouter',
      'openai/gpt-5',
      { tokens: text, billing: { toolUses: { web_search: 1 } } },
      ['tool:web_search'],
    ],
    // Tokens
    [
      'together_ai',
      'Llama-4-Scout-17B-16E-Instruct',
      { tokens: { ...text, cached: 9 } },
      ['tokens:cached'],
    ],
    ['fireworks_ai', 'gpt-oss-120b', { tokens: { ...text, cached: 9 } }, ['tokens:cached']],
    ['openai', 'gpt-image-2', { tokens: { ...text, imageOutput: 90 } }, ['tokens:output']],
    [
      'xai',
      'grok-4-fast-reasoning',
      { tokens: { input: 128_001, output: 9 } },
      ['tokens:long_context'],
    ],
    [
      'anthropic',
      'claude-sonnet-4-20250514',
      { tokens: { input: 200_001, output: 9 } },
      ['tokens:long_context'],
    ],
    [
      'google',
      'claude-sonnet-4@20250514',
      { tokens: { input: 200_001, output: 9 } },
      ['tokens:long_context'],
    ],
    [
      'azure',
      'claude-sonnet-4-20250514',
      { tokens: { input: 200_001, output: 9 } },
      ['tokens:long_context'],
    ],
    [
      'bedrock',
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { tokens: { input: 200_001, output: 9 } },
      ['tokens:long_context'],
    ],
    [
      'google',
      'claude-opus-4-6@default',
      { tokens: { input: 200_001, output: 9 }, billing: { region: 'global' } },
      ['tokens:long_context'],
    ],
    ['openai', 'gpt-4-turbo', { tokens: { ...text, cached: 500 } }, ['tokens:cached']],
    ['openai', 'gpt-5', { tokens: { ...text, cacheCreation: 500 } }, ['tokens:cache_creation']],
    [
      'bedrock',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { tokens: { ...text, cacheCreation: 500, cacheCreationHour: 100 } },
      ['tokens:cache_creation_hour'],
    ],
    [
      'openai',
      'gpt-4o-audio-preview',
      { tokens: { ...text, audioInput: 90, audioOutput: 50 } },
      ['tokens:audio_input', 'tokens:audio_output'],
    ],
    ['openai', 'gpt-audio', { tokens: text }, ['tokens:audio_output']],
    ['google', 'gemini-2.5-flash-image', { tokens: text }, ['tokens:image_output']],
    [
      'google',
      'gemini-2.5-flash',
      { tokens: { ...text, cached: 200, audioInput: 100 } },
      ['tokens:cached_audio'],
    ],
    ['cohere', 'embed-v4.0', { tokens: { input: 1000, imageInput: 1000 } }, ['tokens:image_input']],
    // How and where
    ['openai', 'gpt-5', { tokens: text, billing: { serviceTier: 'flex' } }, ['service_tier:flex']],
    ['openai', 'gpt-5.4', { tokens: text, billing: { region: 'eu' } }, ['region:eu']],
    ['xai', 'grok-4.6', { tokens: text, billing: { region: 'us' } }, ['region:us']],
    [
      'openai',
      'gpt-5',
      { tokens: text, billing: { serviceTier: 'priority' } },
      ['service_tier:priority'],
    ],
    ['openai', 'gpt-5', { tokens: { ...text, cached: 9 }, billing: { isBatch: true } }, ['batch']],
    [
      'bedrock',
      'amazon.nova-lite-v1:0',
      { tokens: text, billing: { region: 'us-east-1', isBatch: true } },
      ['batch'],
    ],
    [
      'anthropic',
      'claude-opus-4-6',
      { tokens: text, billing: { speed: 'fast', serviceTier: 'priority' } },
      ['service_tier:priority', 'speed:fast'],
    ],
    ['anthropic', 'claude-opus-4-6', { tokens: text, billing: { region: 'us' } }, ['region:us']],
    [
      'google',
      'claude-sonnet-4-5@20250929',
      { tokens: text, billing: { region: 'us-east5' } },
      ['region:us-east5'],
    ],
    [
      'google',
      'gemini-2.5-pro',
      { tokens: text, billing: { serviceTier: 'PROVISIONED_THROUGHPUT' } },
      ['service_tier:provisioned_throughput'],
    ],
    [
      'bedrock',
      'amazon.nova-lite-v1:0',
      { tokens: text, billing: { region: 'eu-west-1' } },
      ['region:eu-west-1'],
    ],
    ['bedrock', 'amazon.nova-lite-v1:0', { tokens: text }, ['region:unknown']],
    ['bedrock', 'claude-sonnet-4-5-20250929', { tokens: text }, ['region:unknown']],
    ['bedrock', 'eu.amazon.nova-lite-v1:0', { tokens: text }, ['region:eu']],
    [
      'bedrock',
      'eu.amazon.nova-2-lite-v1:0',
      { tokens: text, billing: { region: 'eu' } },
      ['region:eu'],
    ],
    ['bedrock', 'global.amazon.nova-2-lite-v1:0', { tokens: text }, ['region:global']],
    [
      'bedrock',
      'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.meta.llama3-2-1b-instruct-v1:0',
      { tokens: text },
      ['region:eu'],
    ],
    [
      'bedrock',
      'arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0',
      { tokens: text },
      ['region:eu-central-1'],
    ],
    [
      'bedrock',
      'us-gov.anthropic.claude-3-haiku-20240307-v1:0',
      { tokens: text },
      ['region:us-gov'],
    ],
    ['google', 'claude-sonnet-4-5@20250929', { tokens: text }, ['region:unknown']],
    [
      'google',
      'gemini-2.0-flash-001',
      { tokens: text, billing: { region: 'us-central1' } },
      ['region:us-central1'],
    ],
    // Tools and units
    ['mistral', 'voxtral-small-latest', { tokens: text, billing: { seconds: 12 } }, ['seconds']],
    ['mistral', 'voxtral-mini-latest', { tokens: text }, ['seconds']],
    [
      'mistral',
      'mistral-ocr-latest',
      { billing: { units: { annotated_pages: 3 } } },
      ['unit:annotated_pages'],
    ],
    [
      'mistral',
      'mistral-ocr-latest',
      { billing: { units: { pages: 3 }, isBatch: true } },
      ['batch'],
    ],
    ['groq', 'whisper-large-v3', { billing: { seconds: 60, isBatch: true } }, ['batch']],
    [
      'openai',
      'gpt-5',
      { tokens: text, billing: { toolUses: { code_interpreter: 1, image_generation: 1 } } },
      ['tool:code_interpreter', 'tool:image_generation'],
    ],
    [
      'openai',
      'gpt-4o-mini',
      { tokens: text, billing: { toolUses: { web_search: 1 } } },
      ['tool:web_search'],
    ],
    [
      'openai',
      'gpt-4o',
      { tokens: text, billing: { toolUses: { web_search_preview: 1 } } },
      ['tool:web_search_preview'],
    ],
    ['openai', 'gpt-4o-search-preview', { tokens: text }, ['tool:web_search']],
    [
      'azure',
      'gpt-5',
      { tokens: text, billing: { toolUses: { web_search: 1 } } },
      ['tool:web_search'],
    ],
    [
      'google',
      'gemini-2.5-pro',
      { tokens: text, billing: { toolUses: { google_search: 2 } } },
      ['tool:google_search'],
    ],
    [
      'anthropic',
      'claude-opus-4-6',
      { tokens: text, billing: { units: { 'claude-opus-4-8_input_tokens': 9 } } },
      ['unit:claude-opus-4-8_input_tokens'],
    ],
    ['perplexity', 'sonar', { tokens: text }, ['request']],
    ['openai', 'gpt-4o-mini-tts', { billing: { characters: 100 } }, ['characters']],
    ['openai', 'gpt-5', { billing: { seconds: 4, pictures: 1 } }, ['seconds', 'pictures']],
    ['cohere', 'command-a', { billing: { units: { search_units: 1 } } }, ['unit:search_units']],
  ];
  for (const [provider, model, asked, reasons] of CALLS) {
    it(`has its reasons for ${provider} ${model}, ${JSON.stringify(asked)}: ${reasons.join(', ')}`, () => {
      const call = pricedCall(provider, model, asked);
      assert.equal(pricing.price(call), undefined);
      assert.deepEqual(pricing.unpriced?.(call), reasons);
    });
  }

  it('has a price up to the last moment and token that the list is right for', () => {
    const CALLS: readonly (readonly [string, ...Priced])[] = [
      [
        'zai',
        'glm-5.3-flash',
        { tokens: text, at: Date.UTC(2026, 8, 9, 15, 59) },
        (1000 * 0.075 + 100 * 0.25) / MILLION,
      ],
      [
        'xai',
        'grok-4-fast-reasoning',
        { tokens: { input: 128_000, output: 0 } },
        (128_000 * 0.2) / MILLION,
      ],
      [
        'anthropic',
        'claude-sonnet-4-20250514',
        { tokens: { input: 200_000, output: 0 } },
        (200_000 * 3) / MILLION,
      ],
      ['openrouter', 'deepseek/deepseek-r1:free', { tokens: text }, 0],
    ];
    for (const [provider, model, asked, usd] of CALLS) {
      const call = pricedCall(provider, model, asked);
      assert.deepEqual(pricing.unpriced?.(call), [], model);
      assert.ok(Math.abs((pricing.price(call) ?? Number.NaN) - usd) < 1e-12, model);
    }
  });

  it("has its reasons for counts of the app's own", () => {
    const own = { ...pricedCall('openai', 'gpt-5', {}), promptTokens: 100, completionTokens: 5 };
    const unpriced = (usageDetails: Record<string, number>) =>
      pricing.unpriced?.({ ...own, usageDetails });
    assert.deepEqual(unpriced({ input_tokens: 100, output_tokens: 5 }), []);
    assert.deepEqual(unpriced({ input_tokens: 100, cached_tokens: 5000 }), ['counts']);
    assert.deepEqual(unpriced({ input_tokens: 60, thinking_tokens: 40 }), ['tokens:thinking']);
  });
});
