/** The fields of calls of tools, retrievers, services and databases. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  type StepType,
} from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import { parsedIfJson } from '../facts/parsed-json.js';
import { unwrapped } from '../messages/message-parts.js';
import { OTHER } from '../vocabulary/other-word.js';

export function toolFields(facts: FoundFacts): JsonObject {
  const inputs = facts.get('arguments') ?? facts.get('inputs') ?? facts.get('messages');
  return {
    functionName: facts.get('functionName') ?? facts.get('agentName'),
    arguments: inputs,
    inputs,
    output: facts.get('result') ?? facts.get('output') ?? facts.get('answer'),
  };
}

export function retrieverFields(facts: FoundFacts): JsonObject {
  const raw = facts.get('inputs') ?? facts.get('messages');
  const query = facts.get('query') ?? (typeof raw === 'string' ? raw : undefined);
  const output = facts.get('output') ?? facts.get('answer');
  const documents = documentsIn(facts.get('documents')) ?? documentsIn(output);
  return {
    inputs: query === undefined ? raw : { query },
    documents,
    output: output ?? documents,
  };
}

/** The documents in an array, or in an object with such a field; undefined if there are none. */
function documentsIn(value: unknown): readonly unknown[] | undefined {
  const { documents, outputs, output } = objectOrEmpty(value);
  const list = [value, documents, outputs, output].find((each) => Array.isArray(each));
  const found = arrayOrEmpty(list).map(documentOf);
  return found.length > 0 && found.every(isJsonObject) ? found : undefined;
}

/** A document with its metadata, which may be JSON text. */
function documentOf(value: unknown): unknown {
  const document = unwrapped(value);
  if (!isJsonObject(document) || typeof document.metadata !== 'string') return document;
  return { ...document, metadata: parsedIfJson(document.metadata) };
}

/** A call of a service or a database. */
export function callFields(facts: FoundFacts): JsonObject {
  const query = facts.get('query');
  const { method, url, path, target, status } = requestOf(facts) ?? {};
  const address =
    method === undefined ? undefined : definedFields({ method, url: url ?? path ?? target });
  return {
    inputs: facts.get('inputs') ?? (query === undefined ? address : { query }),
    output: facts.get('output') ?? (status === undefined ? undefined : { status }),
  };
}

/** The HTTP request, the database and the server that the span called. */
export function callMetadata(facts: FoundFacts, type: StepType): JsonObject {
  const database = facts.members('database');
  const found = requestOf(facts);
  if (found === undefined) return { database };
  const { host, port, peerAddress, scheme, ...request } = found;
  if (Object.keys(request).length === 0) {
    return { database, server: definedFields({ host, port, peerAddress }) };
  }
  // Inputs and output of a call have these.
  const { method, url, status, target, ...others } = request;
  const rest = type === 'function_call' ? others : { ...request, scheme, ...pathOf(request) };
  return { database, http: definedFields({ ...rest, host, port, peerAddress }) };
}

/** The HTTP request with the method that the client sent. The conventions state that of an unknown method beside `_OTHER`. */
function requestOf(facts: FoundFacts): JsonObject | undefined {
  const members = facts.members('http');
  if (members === undefined) return undefined;
  const { originalMethod, ...request } = members;
  const isOther = request.method === OTHER && originalMethod !== undefined;
  return isOther ? { ...request, method: originalMethod } : request;
}

/** The path and the query of the older conventions, which have both in one attribute. */
function pathOf({ target, path, query }: JsonObject): JsonObject {
  if (typeof target !== 'string') return {};
  const [ofTarget, ...rest] = target.split('?');
  const { length } = rest;
  return {
    target: undefined,
    path: path ?? ofTarget,
    query: query ?? (length > 0 ? rest.join('?') : undefined),
  };
}
