/** Reads what nodes of LangGraph throw to control the graph, and what of it becomes the output of steps. */

import { arrayOrEmpty, isPlainObject, objectOrEmpty, stringOrUndefined } from '../common/json.js';

/** What a node threw that is no failure: an interrupt that waits for a human, a command to the graph around it. */
export interface GraphControl {
  /** The name of its class. */
  readonly name: string | undefined;
  /** What the node asks the human. */
  readonly interrupts: readonly unknown[];
  /** What the node has left as its output; undefined if nothing. */
  readonly output: unknown;
}

/** @returns undefined if it is a failure */
export function graphControlOf(error: unknown): GraphControl | undefined {
  const { is_bubble_up: isControl, name, interrupts, command } = objectOrEmpty(error);
  if (isControl !== true) return undefined;
  const asked = arrayOrEmpty(interrupts);
  return {
    name: stringOrUndefined(name),
    interrupts: asked,
    output: asked.length > 0 ? { [INTERRUPTS]: asked } : command,
  };
}

/** The key under which LangGraph returns the interrupts to the app. Its callbacks do not report them. */
const INTERRUPTS = '__interrupt__';

/** The output of a graph with the interrupts of its nodes, as the app receives it. */
export function withInterrupts(output: unknown, interrupts: readonly unknown[]): unknown {
  if (interrupts.length === 0) return output;
  if (output === undefined || output === null) return { [INTERRUPTS]: interrupts };
  if (typeof output !== 'object' || !isPlainObject(output)) return output;
  return INTERRUPTS in output ? output : { ...output, [INTERRUPTS]: interrupts };
}
