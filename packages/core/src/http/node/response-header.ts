/** Sets a response header without changing how Node writes the headers of the app. */

import type { ServerResponse } from 'node:http';
import { emitterBehind } from '../../follow/observe/on-emit.js';
import type { Method } from '../../follow/observe/replace-method.js';
import { replaceOnResponse } from './replace-on-response.js';

/**
 * Sets the header, unless the head is sent. If no header is set yet, sets it when the head is written: once a header is set,
 * Node 20 keeps only the last of repeated headers given to `writeHead`, such as cookies.
 */
export function setResponseHeader(res: ServerResponse, name: string, value: string): void {
  if (res.headersSent) return;
  // Express sets this header, unless the app turned that off. Checking it is cheaper than building the array of names.
  if (res.hasHeader('x-powered-by') || res.getHeaderNames().length > 0) {
    res.setHeader(name, value);
    return;
  }
  setHeaderWithHead(res, name, value);
}

/** Sets the header when the head is written, unless it is set: for frameworks that remove earlier headers on an error. */
export function setHeaderWithHead(res: ServerResponse, name: string, value: string): void {
  if (res.headersSent) return;
  const by = (original: Method): Method =>
    function writeHead(...args) {
      return original.apply(this, withHeader(this as ServerResponse, args, name, value));
    };
  replaceOnResponse(res, emitterBehind(res), 'writeHead', by, undefined);
}

/** Sets the header on the response, or adds it to the headers in the arguments of `writeHead`. @returns the arguments */
function withHeader(res: ServerResponse, args: unknown[], name: string, value: string): unknown[] {
  try {
    if (res.headersSent) return args;
    const headers = args.length > 1 ? args.at(-1) : undefined;
    if (typeof headers === 'object' && headers !== null && res.getHeaderNames().length === 0) {
      return hasHeader(headers, name)
        ? args
        : [...args.slice(0, -1), withAdded(headers, name, value)];
    }
    if (res.getHeader(name) === undefined) res.setHeader(name, value);
  } catch {
    // Node's own `writeHead` throws for a wrong head.
  }
  return args;
}

function hasHeader(headers: object, name: string): boolean {
  return namesIn(headers).some((each) => typeof each === 'string' && each.toLowerCase() === name);
}

function namesIn(headers: object): readonly unknown[] {
  if (!Array.isArray(headers)) return Object.keys(headers);
  if (Array.isArray(headers[0]))
    return headers.map((pair: unknown) => Array.isArray(pair) && pair[0]);
  return headers.filter((_, index) => index % 2 === 0);
}

/** The headers with one more. An array contains names and values in turn, or pairs of them. */
function withAdded(headers: object, name: string, value: string): object {
  if (!Array.isArray(headers)) return { ...headers, [name]: value };
  return Array.isArray(headers[0]) ? [...headers, [name, value]] : [...headers, name, value];
}
