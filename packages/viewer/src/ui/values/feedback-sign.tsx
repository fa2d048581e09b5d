/** Feedback as a thumb and a word. */

import type { ReactNode } from 'react';
import type { Feedback } from '../../../../local/src/page-api.js';
import { feedbackText, thumbOf } from '../../reading/feedback-text.js';
import { Icon } from '../icons.js';
import css from './feedback-sign.module.css';
import { OneLine } from './visible-text.js';

export function FeedbackSign({ feedback }: { readonly feedback: Feedback }): ReactNode {
  const { comment } = feedback;
  const thumb = thumbOf(feedback);
  const text = feedbackText(feedback);
  return (
    <span className={css.feedback} data-thumb={thumb} title={comment?.slice(0, 500).toWellFormed()}>
      {thumb !== undefined && <Icon name={thumb === 'up' ? 'thumbUp' : 'thumbDown'} />}
      <OneLine text={text} />
    </span>
  );
}
