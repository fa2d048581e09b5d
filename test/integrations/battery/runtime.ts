/** The runtime that batteries run on: that of the tests, or the one that `npm run test:runtimes` names. */

import { compiled } from '../../support/compiled.ts';

const { CONTRACT_RUNTIME = '', CONTRACT_PROGRAM = '' } = process.env;

export type Command = readonly [program: string, ...flags: string[]];

const ELSEWHERE: Readonly<Record<string, Command>> = {
  Bun: [CONTRACT_PROGRAM],
  Deno: [CONTRACT_PROGRAM, 'run', '--allow-all', '--no-check'],
};

const elsewhere = ELSEWHERE[CONTRACT_RUNTIME];

/** Whether the tests are run once more for the sake of another runtime. */
export const isElsewhere: boolean = CONTRACT_RUNTIME !== '';

/** Runs a TypeScript file. */
export function commandOf(file: string): Command {
  if (elsewhere !== undefined) return [...elsewhere, file];
  return [process.execPath, '--no-warnings', compiled(file)];
}

export const runtimeName: string =
  elsewhere === undefined ? `Node ${process.versions.node.split('.')[0]}` : CONTRACT_RUNTIME;

/** What each runtime, and each library that fetches, says of connections that break and calls that are given up. */
const WORDINGS: readonly (readonly [wording: RegExp, meaning: string])[] = [
  [
    /This operation was aborted|The (user aborted a request|operation was aborted)\.|The signal has been aborted/g,
    'ABORTED',
  ],
  [
    /(fetch failed|Fetch failed|terminated|ECONN[A-Z]+|request to [^"]*? failed, reason): [^"\n]*?(?= {2}→ |"|$)|Premature close|error reading a body from connection/gm,
    'BROKEN',
  ],
  // The last of the metadata, which may be cut.
  [/(?<="BROKEN"),"errorType":.*$/gm, '}'],
];

/** What is to be printed here, where the file tells what is on Node. */
export function expectedHere(onNode: string, difference?: readonly [string, string]): string {
  if (elsewhere === undefined || difference === undefined) return inOneWording(onNode);
  if (!onNode.includes(difference[0])) throw new Error(`nothing is printed as ${difference[0]}`);
  return inOneWording(onNode.replace(...difference));
}

/** The same text, with failures of the connection told by their meaning. On Node they are told as they are. */
export function inOneWording(text: string): string {
  if (elsewhere === undefined) return text;
  return WORDINGS.reduce((told, [wording, meaning]) => told.replace(wording, meaning), text);
}
