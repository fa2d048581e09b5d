/** An error with its stack. Frames of the app stand out from those of libraries and of Node. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { ServerInfo, StepContent, StepSummary } from '../../../../local/src/page-api.js';
import { isRecord } from '../../json.js';
import { editorLink, placeIn, placeText } from '../../reading/editor-link.js';
import { infoQuery } from '../../server/queries.js';
import { CopyButton } from '../../ui/controls/copy-button.js';
import controls from '../../ui/styles/controls.module.css';
import { LongText } from '../../ui/values/long-text.js';
import { VisibleText } from '../../ui/values/visible-text.js';
import css from './error-box.module.css';

interface StepError {
  readonly type: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

export function stepErrorOf(
  { metadata }: StepContent,
  { error }: StepSummary,
): StepError | undefined {
  const facts = isRecord(metadata) ? metadata : {};
  const thrown = facts.error ?? facts.Exceptions ?? facts.exception;
  const inner = isRecord(thrown) ? thrown : {};
  const message = [thrown, inner.message, error].find(
    (each) => typeof each === 'string' && each !== '',
  );
  const stack = [facts.stack, facts.errorStack, inner.stack, facts.stacktrace].find(
    (each) => typeof each === 'string',
  );
  const type = [facts.errorType, inner.name, inner.type].find((each) => typeof each === 'string');
  if (message === undefined && stack === undefined) return undefined;
  return {
    type: type as string | undefined,
    message: typeof message === 'string' ? message : (String(stack).split(/\r?\n/, 1)[0] ?? ''),
    stack: stack as string | undefined,
  };
}

const MAX_FRAMES = 100;
const NO_EDITOR: Pick<ServerInfo, 'editor'> = { editor: null };

export function ErrorBox({
  error: { type, message, stack },
}: {
  readonly error: StepError;
}): ReactNode {
  const [isAll, setAll] = useState(false);
  const { data: { editor } = NO_EDITOR } = useQuery(infoQuery);
  const frames = (stack ?? '')
    .split(/\r?\n/)
    .filter((line) => /^\s*at /.test(line) || /^\s+File "/.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => ({
      line: line.trim(),
      isOwn: !/node:|node_modules|site-packages|<anonymous>/.test(line),
    }));
  const others = frames.filter(({ isOwn }) => !isOwn).length;
  const shown = isAll || others === frames.length ? frames : frames.filter(({ isOwn }) => isOwn);
  return (
    <section className={css.error} aria-label="Error">
      <div className={css.head}>
        <strong>
          <VisibleText text={type ?? 'Error'} />
        </strong>
        <CopyButton text={stack ?? message} title="Copy the error" />
      </div>
      <LongText text={message} />
      {frames.length > 0 ? (
        <ol className={css.frames}>
          {shown.map(({ line, isOwn }, place) => (
            <li key={place} data-own={isOwn || undefined}>
              <StackFrame line={line} editor={editor} />
            </li>
          ))}
          {others > 0 && others < frames.length && (
            <li>
              <button type="button" className={controls.link} onClick={() => setAll(!isAll)}>
                {isAll
                  ? 'Show only frames of the app'
                  : `Show ${others} frames of libraries and Node`}
              </button>
            </li>
          )}
        </ol>
      ) : (
        stack !== undefined && <LongText text={stack} isCode />
      )}
    </section>
  );
}

/** A frame, whose place is copied in the form that editors take, or opened in the editor of the server. */
function StackFrame({
  line,
  editor,
}: {
  readonly line: string;
  readonly editor: ServerInfo['editor'];
}): ReactNode {
  const place = placeIn(line);
  const link = place && editorLink(place, editor);
  const text = place && placeText(place);
  return (
    <>
      <code>
        <VisibleText text={line} />
      </code>
      {text !== undefined && (
        <CopyButton text={text} title={`Copy ${text.slice(0, 200)} for "open file" of an editor`} />
      )}
      {link !== undefined && <a href={link}>Open in {editor?.name}</a>}
    </>
  );
}
