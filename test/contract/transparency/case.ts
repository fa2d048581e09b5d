/** What the transparency suite is made of: small apps, what is asked of them, and the frameworks that they run on. */

import type { Server } from 'node:http';
import type * as library from '@openlayer-tracing/core';
import type { Script } from '../../support/raw-http.ts';

/** The part of the library that handlers call: the real one, or plain functions in its place. */
export type Tools = Pick<
  typeof library,
  | 'addStep'
  | 'currentStep'
  | 'currentTrace'
  | 'logFields'
  | 'startStep'
  | 'step'
  | 'trace'
  | 'traced'
  | 'updateCurrentStep'
  | 'updateCurrentTrace'
>;

/** Takes down what the app itself sees, to be compared like the answer. */
export type Note = (text: string) => void;

/** One small app and what its clients do. */
export interface Case {
  readonly name: string;
  /** What the clients do, one after the other. */
  readonly clients: readonly Script[];
  /** Status of the last answer, to know that the case shows what its name says; 0 where there is none. */
  readonly status: number;
  /** The size of the network's pieces shows in the answer: its body is compared without its chunks. */
  readonly anyChunks?: boolean | undefined;
  /** The answer holds a stack, and its length changes with it. */
  readonly showsStack?: boolean | undefined;
  /** How long the app works on after its last answer. */
  readonly lingersMs?: number | undefined;
  /** What the app notes in that time, which a busy machine takes longer for. */
  readonly lastNote?: string | undefined;
  /** Makes the library report failures: of functions that the app gave it, or of arguments that make no sense. */
  readonly provokes?: boolean | undefined;
  /** Also run with each of our functions failing. */
  readonly faults?: boolean | undefined;
}

/** Where the middleware stands, if anywhere. */
export type Mount = 'nowhere' | 'before the parsers' | 'after the parsers' | 'twice';

/** A web framework under test. `C` is a case that it can run. */
export interface Framework<C extends Case = Case, M = unknown> {
  readonly name: string;
  readonly cases: readonly C[];
  /** Our middleware for this framework, made by the library that is under test. */
  server(run: Run<C, M>): Server;
}

export interface Run<C extends Case, M> {
  readonly example: C;
  readonly mount: Mount;
  /** Called once for each place where the middleware stands. */
  readonly middleware: () => M;
  readonly tools: Tools;
  readonly note: Note;
}
