/** Gives an answer a header of ours without changing how Node writes those of the app. */

import type { ServerResponse } from 'node:http';

type WriteHead = (this: ServerResponse, ...args: unknown[]) => ServerResponse;

/**
 * Sets the header, unless the head is sent or has it. Where no header is set yet, it waits until the head is written:
 * only then does Node take the headers given to `writeHead` as they are. Once another is set, Node 20 keeps but the last
 * of those that are given more than once, such as cookies.
 */
export function setAnswerHeader(res: ServerResponse, name: string, value: string): void {
  if (res.headersSent) return;
  // What Express sets is quickly found; a list of all names is not made for it.
  if (res.hasHeader('x-powered-by') || res.getHeaderNames().length > 0) {
    res.setHeader(name, value);
    return;
  }
  setHeaderWithHead(res, name, value);
}

/** Sets the header when the head is written, unless it has it: for an app that takes back what was set before. */
export function setHeaderWithHead(res: ServerResponse, name: string, value: string): void {
  if (res.headersSent) return;
  const original = res.writeHead as WriteHead;
  const writeHead: WriteHead = function (...args) {
    return original.apply(this, withHeader(this, args, name, value));
  };
  res.writeHead = writeHead as ServerResponse['writeHead'];
}

/** The arguments of `writeHead`, with the header where it cannot be set on the answer itself. */
function withHeader(res: ServerResponse, args: unknown[], name: string, value: string): unknown[] {
  try {
    if (res.headersSent) return args;
    const given = args.length > 1 ? args.at(-1) : undefined;
    if (typeof given === 'object' && given !== null && res.getHeaderNames().length === 0) {
      return hasHeader(given, name) ? args : [...args.slice(0, -1), added(given, name, value)];
    }
    if (res.getHeader(name) === undefined) res.setHeader(name, value);
  } catch {
    // What is wrong with the head is for Node to say.
  }
  return args;
}

function hasHeader(given: object, name: string): boolean {
  const names = Array.isArray(given) ? given.flat() : Object.keys(given);
  return names.some((each) => typeof each === 'string' && each.toLowerCase() === name);
}

/** A list holds names and values in turn, or pairs of them. */
function added(given: object, name: string, value: string): object {
  if (!Array.isArray(given)) return { ...given, [name]: value };
  return Array.isArray(given[0]) ? [...given, [name, value]] : [...given, name, value];
}
