/** Feedback of a reader, sent by the platform's own call for rows, as an app would send it. */

import { Popover } from '@base-ui/react/popover';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { FeedbackColumns, TraceSummary } from '../../../../local/src/page-api.js';
import { feedbackText, isThumb, thumbOf } from '../../reading/feedback-text.js';
import {
  feedbackUpdate,
  formOf,
  isWhole,
  type StoredFeedback,
  wholeFeedback,
} from '../../reading/feedback-update.js';
import { api } from '../../server/api.js';
import { reloadTrace } from '../../server/reload-trace.js';
import { Icon } from '../../ui/icons.js';
import { Loading } from '../../ui/layout/states.js';
import controls from '../../ui/styles/controls.module.css';
import popup from '../../ui/styles/popup.module.css';
import css from './feedback-button.module.css';
import head from './trace-head.module.css';

interface FeedbackProps {
  readonly trace: TraceSummary;
  readonly columns: FeedbackColumns;
}

export function FeedbackButton({ trace, columns }: FeedbackProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { feedback } = trace;
  const word = feedback === null ? '' : feedbackText(feedback).slice(0, 24);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className={controls.button}>
        <Icon name={thumbOf(feedback) === 'down' ? 'thumbDown' : 'thumbUp'} />
        <span className="visually-hidden">Feedback{feedback !== null && `: ${word}`}</span>
        <span className={head.wide} aria-hidden="true">
          {feedback === null ? 'Feedback' : word}
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end">
          <Popover.Popup className={`${popup.raised} ${popup.form} ${css.popup}`}>
            <Popover.Title className={css.title}>Feedback</Popover.Title>
            <FeedbackForm trace={trace} columns={columns} onDone={() => setOpen(false)} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

const CHOICE = `${controls.button} ${controls.choice}`;

/** Values that the form sends for its thumbs. */
const CHOSEN: ReadonlyMap<unknown, 'up' | 'down'> = new Map([
  ['thumbs_up', 'up'],
  ['thumbs_down', 'down'],
]);

interface FormProps extends FeedbackProps {
  readonly onDone: () => void;
}

/** The form, once it has the whole texts: the summary has the beginning of a long one. */
function FeedbackForm(props: FormProps): ReactNode {
  const { trace, columns } = props;
  const [feedback] = useState(trace.feedback);
  const needsRow = feedback !== null && !isWhole(feedback);
  const whole = useQuery({
    queryKey: ['row', trace.number, 'feedback'],
    queryFn: async ({ signal }) => {
      const { row } = await api.row(trace.number, signal);
      return wholeFeedback(feedback ?? NO_FEEDBACK, row, columns);
    },
    enabled: needsRow,
    gcTime: 0,
  });
  if (needsRow && whole.isPending) return <Loading rows={4} />;
  const isCut = needsRow && whole.data === undefined;
  return <FeedbackFields {...props} feedback={whole.data ?? feedback} isCut={isCut} />;
}

const NO_FEEDBACK: StoredFeedback = { value: null, comment: null, groundTruth: null };

/**
 * @param isCut whether the texts are the beginnings of longer ones, so that they cannot be edited
 */
function FeedbackFields({
  trace,
  columns,
  onDone,
  isCut,
  ...props
}: FormProps & {
  readonly feedback: StoredFeedback | null;
  readonly isCut: boolean;
}): ReactNode {
  const queries = useQueryClient();
  // Other feedback may arrive while the form is open: what is compared is what its fields had at first.
  const [feedback] = useState(props.feedback);
  const before = formOf(feedback);
  const [value, setValue] = useState<unknown>(before.value);
  const [isUnchanged, setUnchanged] = useState(false);
  const save = useMutation({
    mutationFn: (body: object) => api.updateRow(trace, body),
    onSuccess: async () => {
      await Promise.all([
        reloadTrace(queries, trace.number),
        queries.invalidateQueries({ queryKey: ['thread'] }),
      ]);
      onDone();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = feedbackUpdate(
      { feedback, columns },
      {
        value,
        comment: String(form.get('comment') ?? ''),
        truth: String(form.get('truth') ?? ''),
      },
    );
    setUnchanged(body === undefined);
    if (body !== undefined) save.mutate(body);
  };
  const [shown] = useState(trace.feedback);
  const stored = shown !== null && isThumb(shown.value) ? thumbOf(shown) : undefined;
  const thumb = value === shown?.value ? stored : CHOSEN.get(value);
  return (
    <form className={css.form} onSubmit={onSubmit}>
      <div className={css.thumbs} role="group" aria-label="Was it good?">
        <button
          type="button"
          className={CHOICE}
          aria-pressed={thumb === 'up'}
          onClick={() => setValue('thumbs_up')}
        >
          <Icon name="thumbUp" /> Good
        </button>
        <button
          type="button"
          className={CHOICE}
          aria-pressed={thumb === 'down'}
          onClick={() => setValue('thumbs_down')}
        >
          <Icon name="thumbDown" /> Bad
        </button>
      </div>
      <fieldset className={css.rating}>
        <legend>Or a rating</legend>
        {[1, 2, 3, 4, 5].map((stars) => (
          <button
            key={stars}
            type="button"
            className={CHOICE}
            aria-pressed={value === `${stars}/5`}
            // A rating is sent as text, because the number 1 is a thumb up.
            onClick={() => setValue(`${stars}/5`)}
          >
            {stars}
          </button>
        ))}
      </fieldset>
      <label>
        Comment
        <textarea
          name="comment"
          className={controls.field}
          rows={2}
          defaultValue={before.comment}
          readOnly={isCut}
        />
      </label>
      <label>
        Expected answer
        <textarea
          name="truth"
          className={controls.field}
          rows={3}
          defaultValue={before.truth}
          readOnly={isCut}
        />
      </label>
      {isCut && (
        <p role="alert">
          The texts can be read up to 1,000 characters, and not changed: the row could not be
          loaded.
        </p>
      )}
      {isUnchanged && <p role="alert">Nothing has changed.</p>}
      {save.error !== null && <p role="alert">{save.error.message}</p>}
      <button type="submit" className={controls.primary} disabled={save.isPending}>
        Save
      </button>
    </form>
  );
}
