/** The letter of a step's type, on its hue. */

import type { ReactNode } from 'react';
import css from './type-mark.module.css';

const LETTERS: Readonly<Record<string, string>> = {
  chat_completion: 'M',
  embedding: 'E',
  retriever: 'R',
  tool: 'T',
  function_call: 'F',
  guardrail: 'G',
  agent: 'A',
  handoff: 'H',
  chain: 'C',
  user_call: 'U',
};

export function typeWords(type: string): string {
  return type.replaceAll('_', ' ');
}

export function hueOf(type: string): string {
  return Object.hasOwn(LETTERS, type) ? `var(--${type})` : 'var(--chain)';
}

export function TypeMark({ type }: { readonly type: string }): ReactNode {
  const isKnown = Object.hasOwn(LETTERS, type);
  return (
    <span className={css.mark} data-type={isKnown ? type : 'chain'} title={typeWords(type)}>
      <span aria-hidden="true">{isKnown ? LETTERS[type] : '?'}</span>
      <span className="visually-hidden">{typeWords(type)}</span>
    </span>
  );
}
