/**
 * The code that our texts show: fenced in Markdown, or as an `@example` in a docblock.
 *
 * A snippet in Markdown is whole, or names the helpers that it leaves out in a comment before its fence:
 * `<!-- snippet: with req, openai -->`. An example in a docblock has the names of all entry points of its package, and
 * all helpers, without saying so. Helpers are declared here, and made in `run-snippets.ts`.
 *
 * All snippets are compiled. Those of the pages are also run, each by `run-snippets.ts`:
 *
 * - `<!-- run: POST /chat {"question":"Why?"} -->` before the fence sends this request to the app that the snippet
 *   makes. There may be several. A header is written as `x-request-id: req-42`, before the body.
 * - `<!-- trace -->` before a `text` fence: that is what the traces of the last snippet look like. With
 *   `<!-- trace of the next snippet -->` it stands above its snippet.
 * - `<!-- row -->` before a `json` fence: that is the row of the last snippet's trace; with `<!-- row: body output -->`
 *   these columns of it.
 *
 * A snippet whose first line is a comment with a path, `// src/main.ts`, is a file of the app that its page shows. It is
 * run with the other files of the page, by a test of the page's own.
 */

import { entryPointsOf, publishedPackages, readText, type Workspace } from '../house/repository.ts';
import { type EntryPointNames, exportedNames, type Source } from '../house/sources.ts';

export interface Snippet {
  /** Where it stands, from the root of the repository. */
  readonly file: string;
  /** The line before its first one. */
  readonly line: number;
  readonly code: string;
  /** What it takes for granted; stands on the line before it. */
  readonly prelude: string;
  /** The helpers that it names. */
  readonly helpers: readonly string[];
  /** Requests to the app that it makes. */
  readonly requests: readonly string[];
  /** What its page shows of its traces. */
  readonly trees?: string | undefined;
  /** What its page shows of the row of its trace. */
  readonly row?: string | undefined;
  /** The columns that the page shows; undefined for all. */
  readonly columns?: readonly string[] | undefined;
}

const HELPERS: Readonly<Record<string, string>> = {
  addTraceProcessor: `import { addTraceProcessor } from '@openai/agents';`,
  Anthropic: `import Anthropic from 'anthropic1';`,
  app: `declare const app: import('express').Express;`,
  ask: `declare function ask(question: string): Promise<string>;`,
  assert: `import assert from 'node:assert/strict';`,
  BaseChatModel: `import { BaseChatModel } from '@langchain/core/language_models/chat_models';`,
  CallbackManager: `import { CallbackManager } from '@langchain/core/callbacks/manager';`,
  OpenAIEmbeddings: `import { OpenAIEmbeddings } from '@langchain/openai';`,
  configure: `import { configure } from '@openlayer-tracing/express';`,
  Client: `import { Client } from '@modelcontextprotocol/sdk/client/index.js';`,
  createOpenAI: `import { createOpenAI } from 'ai7-openai';`,
  express: `import express from 'express';`,
  ctx: `declare const ctx: import('koa').Context & { trace: import('@openlayer-tracing/koa').RequestTrace };`,
  Hono: `import { Hono } from 'hono';`,
  Groq: `import Groq from 'groq-sdk';`,
  index: `declare const index: { search(query: string): Promise<Passage[]> };`,
  Koa: `import Koa from 'koa';`,
  NodeTracerProvider: `import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';`,
  OTLPTraceExporter: `import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';`,
  McpServer: `import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';`,
  model: `declare const model: { answer(question: string): Promise<string> };`,
  namespace: `declare const namespace: import('cls-hooked').Namespace;`,
  AnthropicBedrock: `import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';`,
  BedrockRuntimeClient: `import { BedrockRuntimeClient } from 'bedrock3';`,
  CohereClientV2: `import { CohereClientV2 } from 'cohere8';`,
  GoogleGenAI: `import { GoogleGenAI } from 'genai3';`,
  Mistral: `import { Mistral } from 'mistral2';`,
  Ollama: `import { Ollama } from 'ollama0-6';`,
  openai: `declare const openai: import('openai').OpenAI;`,
  OpenAI: `import OpenAI from 'openai';`,
  openlayerTracing: `import { openlayerTracing } from '@openlayer-tracing/express';`,
  Passage: `interface Passage { readonly title: string; readonly text: string }`,
  query: `declare function query(asked: { prompt: string }): AsyncGenerator<{ type: 'result'; result: string }>;`,
  question: `declare const question: string;`,
  req: `declare const req: import('express').Request & { trace: import('@openlayer-tracing/express').RequestTrace };`,
  request: `import request from 'supertest';`,
  res: `declare const res: import('express').Response;`,
  row: `declare const row: import('@openlayer-tracing/core/wire').WireRow;`,
  search: `declare function search(query: string): Promise<Passage[]>;`,
  Together: `import Together from 'together-ai';`,
};

/** What helpers need of each other. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  index: ['Passage'],
  search: ['Passage'],
};

/** A fence with the comments that stand right before it. */
interface Fence {
  readonly language: string;
  readonly code: string;
  /** The line before its first one. */
  readonly line: number;
  readonly comments: readonly string[];
}

function fencesOf(text: string): readonly Fence[] {
  const fences = /((?:<!--[^\n]*-->\s*)*)^```(\w*)[^\n]*\n([\s\S]*?)^```/gm;
  return [...text.matchAll(fences)].map((match) => {
    const [whole, before = '', language = '', code = ''] = match;
    const start = match.index + whole.length - '```'.length - code.length;
    return {
      language,
      code,
      line: text.slice(0, start).split('\n').length - 1,
      comments: [...before.matchAll(/<!-- *(.*?) *-->/g)].map(([, comment = '']) => comment),
    };
  });
}

const KNOWN = /^(snippet: with .+|run: .+|trace|trace of the next snippet|row|row: .+)$/;

/** The snippets of a Markdown file that are TypeScript. */
export function snippetsOfMarkdown(file: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  let treesOfNext: string | undefined;
  for (const { language, code, line, comments } of fencesOf(readText(file))) {
    const of = (kind: string) =>
      comments
        .filter((comment) => comment.startsWith(`${kind}: `))
        .map((comment) => comment.slice(kind.length + 2));
    const unknown = comments.find((comment) => !KNOWN.test(comment));
    if (unknown !== undefined) throw new Error(`${file}:${line}: what is <!-- ${unknown} -->?`);
    if (comments.includes('trace of the next snippet')) treesOfNext = code;
    const isTrace = comments.includes('trace');
    const [columns] = of('row');
    if (isTrace || columns !== undefined || comments.includes('row')) {
      const last = snippets.pop();
      if (last === undefined) throw new Error(`${file}:${line}: no snippet stands before this`);
      const shown = isTrace ? { trees: code } : { row: code, columns: columns?.split(' ') };
      snippets.push({ ...last, ...shown });
    }
    if (language !== 'ts' || pathOf(code) !== undefined) continue;
    const helpers = of('snippet').flatMap((names) =>
      names
        .replace(/^with /, '')
        .split(/[\s,]+/)
        .filter((name) => name !== ''),
    );
    snippets.push({
      file,
      line,
      code,
      helpers,
      prelude: preludeOf(helpers, file),
      requests: of('run'),
      trees: treesOfNext,
    });
    treesOfNext = undefined;
  }
  return snippets;
}

/** The files of the app that a page shows, by path. Each has the lines that it has in the page. */
export function filesOfMarkdown(file: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fencesOf(readText(file)).flatMap(({ code, line }) => {
      const path = pathOf(code);
      return path === undefined ? [] : [[path, `${'\n'.repeat(line)}${code}`]];
    }),
  );
}

function pathOf(code: string): string | undefined {
  return /^\/\/ ([\w./-]+\.m?[jt]s)\n/.exec(code)?.[1];
}

function preludeOf(names: readonly string[], place: string): string {
  const all = new Set(names.flatMap((name) => [...(NEEDS[name] ?? []), name]));
  return [...all]
    .map((name) => {
      const declaration = HELPERS[name];
      if (declaration === undefined) throw new Error(`${place}: there is no helper '${name}' yet`);
      return declaration;
    })
    .join(' ');
}

/** The examples in the docblocks of all packages. */
export function snippetsOfDocblocks(sources: readonly Source[]): readonly Snippet[] {
  return publishedPackages().flatMap((workspace) => {
    const own = new Set(entryPointsOf(workspace).flatMap(namesOf));
    const helpers = Object.keys(HELPERS).filter((name) => !own.has(name));
    const prelude = `${preludeOf(helpers, workspace.folder)} ${importsOf(workspace, helpers)}`;
    return sources
      .filter(({ path }) => path.startsWith(`${workspace.folder}/src/`))
      .flatMap(({ path, text }) => examplesIn(path, text, prelude));
  });
}

function namesOf(entryPoint: string): readonly string[] {
  const { values, types } = exportedNames()[entryPoint] as EntryPointNames;
  return [...values, ...types];
}

/** Imports of everything that a package's entry points export, but for names that are taken. */
function importsOf(workspace: Workspace, helpers: readonly string[]): string {
  const entryPoints = exportedNames();
  const taken = new Set(helpers);
  return entryPointsOf(workspace)
    .map((entryPoint) => {
      const { values, types } = entryPoints[entryPoint] as EntryPointNames;
      const free = (name: string) => !taken.has(name) && taken.add(name);
      const names = [...values.filter(free), ...types.filter(free).map((name) => `type ${name}`)];
      return `import { ${names.join(', ')} } from '${entryPoint}';`;
    })
    .join(' ');
}

function examplesIn(file: string, text: string, prelude: string): readonly Snippet[] {
  const examples = /^[ \t]*\* @example[^\n]*\n((?:[ \t]*\*(?!\/)(?! @)[^\n]*\n)*)/gm;
  return [...text.matchAll(examples)].map((match) => {
    const [whole, block = ''] = match;
    const code = block
      .split('\n')
      .map((line) => line.replace(/^[ \t]*\* ?/, ''))
      .map((line) => (line.startsWith('```') ? '' : line))
      .join('\n');
    const start = match.index + whole.length - block.length;
    const line = text.slice(0, start).split('\n').length - 1;
    // In a block, an example may give names of its own to what else is a helper.
    return { file, line, code: `${code}\n}`, prelude: `${prelude} {`, helpers: [], requests: [] };
  });
}
