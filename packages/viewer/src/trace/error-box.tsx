/** An error with its stack. Frames of the app stand out from those of libraries and of Node. */

import { type ReactNode, useState } from 'react';
import type { StepContent, StepSummary } from '../../../local/src/page-api.js';
import { isRecord } from '../json.js';
import { CopyButton } from '../ui/copy-button.js';
import { LongText } from '../ui/long-text.js';
import { VisibleText } from '../ui/visible-text.js';
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
    message: typeof message === 'string' ? message : (String(stack).split('\n', 1)[0] ?? ''),
    stack: stack as string | undefined,
  };
}

const MAX_FRAMES = 100;

export function ErrorBox({
  error: { type, message, stack },
}: {
  readonly error: StepError;
}): ReactNode {
  const [isAll, setAll] = useState(false);
  const frames = (stack ?? '')
    .split('\n')
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
              <StackFrame line={line} />
            </li>
          ))}
          {others > 0 && others < frames.length && (
            <li>
              <button type="button" onClick={() => setAll(!isAll)}>
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

/** A frame with its place, which a click copies in the form that editors open. */
function StackFrame({ line }: { readonly line: string }): ReactNode {
  const place = /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/
    .exec(line)?.[1]
    ?.replace(/^file:\/\//, '');
  return (
    <>
      <code>
        <VisibleText text={line} />
      </code>
      {place !== undefined && (
        <CopyButton
          text={place}
          title={`Copy ${place.slice(0, 200)} for "open file" of an editor`}
        />
      )}
    </>
  );
}
