import type { ReactNode } from 'react';
import type { TraceSummary } from '../../../local/src/page-api.js';
import css from './preview.module.css';
import { VisibleText } from './visible-text.js';

/** The question and the answer on one line. */
export function Preview({ trace }: { readonly trace: TraceSummary }): ReactNode {
  const { input, output, error } = trace;
  return (
    <span className={css.preview} title={`${input}\n\n${output}`.toWellFormed()}>
      <bdi>
        <VisibleText text={oneLine(input)} />
      </bdi>
      <span aria-hidden="true" className={css.arrow}>
        {' → '}
      </span>
      {error !== null && output === '' ? (
        <bdi className={css.error}>
          <VisibleText text={oneLine(error)} />
        </bdi>
      ) : (
        <bdi className={css.output}>
          <VisibleText text={oneLine(output)} />
        </bdi>
      )}
    </span>
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
