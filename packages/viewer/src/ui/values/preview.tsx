import type { ReactNode } from 'react';
import type { TraceSummary } from '../../../../local/src/page-api.js';
import css from './preview.module.css';
import { VisibleText } from './visible-text.js';

/** The question and the answer, or else the error, on one line, where each gets the room that the other leaves. */
export function Preview({ trace }: { readonly trace: TraceSummary }): ReactNode {
  const { input, output, error } = trace;
  const answer = output === '' ? (error ?? '') : output;
  return (
    <span className={css.preview} title={`${input}\n\n${answer}`.trim().toWellFormed()}>
      <bdi className={css.input}>
        <VisibleText text={oneLine(input)} />
      </bdi>
      {answer !== '' && (
        <>
          <span aria-hidden="true" className={css.arrow}>
            →
          </span>
          <bdi className={output === '' ? css.error : css.output}>
            <VisibleText text={oneLine(answer)} />
          </bdi>
        </>
      )}
    </span>
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
