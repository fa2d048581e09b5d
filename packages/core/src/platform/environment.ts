/** What packages that read the environment themselves need to know of the process. */

import { timersOutliveRequests, environment as variables } from '#platform';

/** With a declared type, the declaration file holds no import of `#platform`, which TypeScript's node10 cannot resolve. */
export const environment: Readonly<Record<string, string | undefined>> = variables;

/** Whether the process has Node's APIs. */
export const hasNode: boolean = timersOutliveRequests;

/** A module of Node, such as `node:http`, if the runtime has it and a way to ask for it; else undefined. */
export function builtinModule(name: string): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(name);
}
