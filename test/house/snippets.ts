/**
 * The TypeScript that our texts show: fenced in Markdown, or as an `@example` in a docblock.
 *
 * A snippet in Markdown is whole, or names the helpers that it leaves out in a comment before its fence:
 * `<!-- snippet: with req, openai -->`. An example in a docblock has the names of all doors of its package, and all
 * helpers, without saying so. Helpers are declared here.
 *
 * A snippet whose first line is a comment with a path, `// src/main.ts`, is a file of the app that its page shows. It is
 * compiled and run with the other files of the page, by a test of the page's own in test/recipes.
 */

import { doorsOf, publishedPackages, readText, type Workspace } from './repository.ts';
import { type DoorNames, exportedNames, type Source } from './sources.ts';

export interface Snippet {
  /** Where it stands, from the root of the repository. */
  readonly file: string;
  /** The line before its first one. */
  readonly line: number;
  readonly code: string;
  /** What it takes for granted; stands on the line before it. */
  readonly prelude: string;
}

const HELPERS: Readonly<Record<string, string>> = {
  addTraceProcessor: `import { addTraceProcessor } from '@openai/agents';`,
  Anthropic: `import Anthropic from 'anthropic1';`,
  app: `declare const app: import('express').Express;`,
  ask: `declare function ask(question: string): Promise<string>;`,
  assert: `import assert from 'node:assert/strict';`,
  CallbackManager: `import { CallbackManager } from '@langchain/core/callbacks/manager';`,
  Client: `import { Client } from '@modelcontextprotocol/sdk/client/index.js';`,
  createOpenAI: `import { createOpenAI } from 'ai7-openai';`,
  express: `import express from 'express';`,
  ctx: `declare const ctx: import('koa').Context & { trace: import('@openlayer-tracing/koa').RequestTrace };`,
  Hono: `import { Hono } from 'hono';`,
  Groq: `import Groq from 'groq-sdk';`,
  index: `declare const index: { search(query: string): Promise<Passage[]> };`,
  Koa: `import Koa from 'koa';`,
  McpServer: `import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';`,
  model: `declare const model: { answer(question: string): Promise<string> };`,
  namespace: `declare const namespace: import('cls-hooked').Namespace;`,
  BedrockRuntimeClient: `import { BedrockRuntimeClient } from 'bedrock3';`,
  CohereClientV2: `import { CohereClientV2 } from 'cohere8';`,
  GoogleGenAI: `import { GoogleGenAI } from 'genai3';`,
  Mistral: `import { Mistral } from 'mistral2';`,
  Ollama: `import { Ollama } from 'ollama0-6';`,
  openai: `declare const openai: import('openai').OpenAI;`,
  OpenAI: `import OpenAI from 'openai';`,
  openlayerTracing: `import { openlayerTracing } from '@openlayer-tracing/express';`,
  Passage: `interface Passage { readonly title: string; readonly text: string }`,
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

/** The snippets of a Markdown file that are TypeScript. */
export function snippetsOfMarkdown(file: string): readonly Snippet[] {
  const text = readText(file);
  const fences =
    /(?:<!-- snippet: with ([^>]*?) -->\s*)?^```(?:ts|typescript)[ \t]*\n([\s\S]*?)^```/gm;
  return [...text.matchAll(fences)].flatMap((match) => {
    const [whole, names = '', code = ''] = match;
    if (pathOf(code) !== undefined) return [];
    const start = match.index + whole.lastIndexOf(code, whole.length - 3);
    return {
      file,
      line: text.slice(0, start).split('\n').length - 1,
      code,
      prelude: preludeOf(
        names.split(/[\s,]+/).filter((name) => name !== ''),
        file,
      ),
    };
  });
}

/** The files of the app that a page shows, by path. Each has the lines that it has in the page. */
export function filesOfMarkdown(file: string): Readonly<Record<string, string>> {
  const text = readText(file);
  const fences = /^```(?:ts|typescript)[ \t]*\n([\s\S]*?)^```/gm;
  const files: Record<string, string> = {};
  for (const match of text.matchAll(fences)) {
    const [whole, code = ''] = match;
    const path = pathOf(code);
    if (path === undefined) continue;
    const start = match.index + whole.lastIndexOf(code, whole.length - 3);
    files[path] = `${'\n'.repeat(text.slice(0, start).split('\n').length - 1)}${code}`;
  }
  return files;
}

function pathOf(code: string): string | undefined {
  return /^\/\/ ([\w./-]+\.ts)\n/.exec(code)?.[1];
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
    const own = new Set(doorsOf(workspace).flatMap(namesOf));
    const helpers = Object.keys(HELPERS).filter((name) => !own.has(name));
    const prelude = `${preludeOf(helpers, workspace.folder)} ${importsOf(workspace, helpers)}`;
    return sources
      .filter(({ path }) => path.startsWith(`${workspace.folder}/src/`))
      .flatMap(({ path, text }) => examplesIn(path, text, prelude));
  });
}

function namesOf(door: string): readonly string[] {
  const { values, types } = exportedNames()[door] as DoorNames;
  return [...values, ...types];
}

/** Imports of everything that a package's doors export, but for names that are taken. */
function importsOf(workspace: Workspace, helpers: readonly string[]): string {
  const doors = exportedNames();
  const taken = new Set(helpers);
  return doorsOf(workspace)
    .map((door) => {
      const { values, types } = doors[door] as DoorNames;
      const free = (name: string) => !taken.has(name) && taken.add(name);
      const names = [...values.filter(free), ...types.filter(free).map((name) => `type ${name}`)];
      return `import { ${names.join(', ')} } from '${door}';`;
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
    return { file, line, code: `${code}\n}`, prelude: `${prelude} {` };
  });
}
