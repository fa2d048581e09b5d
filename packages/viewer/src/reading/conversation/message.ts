import type { Media } from '../media.js';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'media'; readonly media: Media }
  | ToolCall
  | ToolResult
  | { readonly kind: 'unknown'; readonly value: unknown };

export interface ToolCall {
  readonly kind: 'call';
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: unknown;
  /** The result of the tool, if a later message has it. */
  result?: ToolResult;
}

/** The result of a tool, shown by itself if its call is unknown. */
export interface ToolResult {
  readonly kind: 'result';
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly isError: boolean;
  /** The result in parts, if its form is known, such as a text or a picture. */
  readonly parts: readonly Part[];
}

export interface Message {
  /** `system`, `developer`, `user`, `assistant`, `tool`, or as the provider calls it. */
  readonly role: string;
  /** The name of the speaker, if the message has one. */
  readonly name: string | undefined;
  readonly side: 'input' | 'output';
  readonly parts: readonly Part[];
}
