/** The question before a trace is deleted. */

import { AlertDialog } from '@base-ui/react/alert-dialog';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import type { TraceSummary } from '../../../../local/src/page-api.js';
import { beginOf, formatBytes, plural } from '../../format.js';
import { api } from '../../server/api.js';
import { forgetTrace, removeFromLists } from '../../server/reload-trace.js';
import controls from '../../ui/styles/controls.module.css';
import popup from '../../ui/styles/popup.module.css';
import { Time } from '../../ui/values/time.js';
import { VisibleText } from '../../ui/values/visible-text.js';
import css from './delete-dialog.module.css';

export function DeleteDialog({
  trace,
  isOpen,
  onOpen,
  onDeleted,
}: {
  readonly trace: TraceSummary;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
  /** Shows something else. */
  readonly onDeleted: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const { number } = trace;
  const isDeleted = useRef(false);
  const cancel = useRef<HTMLButtonElement>(null);
  const deletion = useMutation({
    mutationFn: () => api.deleteRow(trace),
    onSuccess: () => {
      isDeleted.current = true;
      removeFromLists(queries, number);
      onOpen(false);
      onDeleted();
    },
  });
  useEffect(
    // While it is shown, it would be loaded again.
    () => () => {
      if (isDeleted.current) forgetTrace(queries, number);
    },
    [queries, number],
  );
  return (
    <AlertDialog.Root open={isOpen} onOpenChange={onOpen}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={popup.backdrop} />
        <AlertDialog.Popup
          className={`${popup.raised} ${popup.centred} ${css.dialog}`}
          initialFocus={cancel}
        >
          <AlertDialog.Title className={popup.title}>Delete this trace?</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className={css.what}>
            <p>
              <strong>
                <VisibleText text={beginOf(trace.name, 100)} />
              </strong>
              , <Time time={trace.time} />
            </p>
            <p>
              Inference ID{' '}
              <span className={css.id}>
                <VisibleText text={beginOf(trace.inferenceId, 100)} />
              </span>
            </p>
            <p>
              Its {plural(trace.steps, 'step')} and all of its texts and feedback,{' '}
              {formatBytes(trace.bytes)}, are deleted from this server. This cannot be undone.
            </p>
          </AlertDialog.Description>
          {deletion.error !== null && <p role="alert">{deletion.error.message}</p>}
          <div className={css.buttons}>
            <AlertDialog.Close ref={cancel} className={controls.button}>
              Cancel
            </AlertDialog.Close>
            <button
              type="button"
              className={controls.danger}
              disabled={deletion.isPending}
              onClick={() => deletion.mutate()}
            >
              Delete
            </button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
