/** The letter of a step's type, on its hue. */

import type { ReactNode } from 'react';
import type { StepType } from '../../../../local/src/page-api.js';
import css from './type-mark.module.css';

const LETTERS: Readonly<Record<StepType, string>> = {
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
  return isStepType(type) ? `var(--${type})` : 'var(--chain)';
}

function isStepType(type: string): type is StepType {
  return Object.hasOwn(LETTERS, type);
}

export function TypeMark({ type }: { readonly type: string }): ReactNode {
  return (
    <span
      className={css.mark}
      data-type={isStepType(type) ? type : 'chain'}
      title={typeWords(type)}
    >
      <span aria-hidden="true">{isStepType(type) ? LETTERS[type] : '?'}</span>
      <span className="visually-hidden">{typeWords(type)}</span>
    </span>
  );
}
