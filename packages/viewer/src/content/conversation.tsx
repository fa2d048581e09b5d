/** Messages one below the other. Place and label show the speaker, not colour alone. */

import { type ReactNode, useState } from 'react';
import { beginOf, plural } from '../format.js';
import { textOf } from '../json.js';
import type { Message, Part, ToolCall, ToolResult } from '../reading/conversation/message.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './conversation.module.css';
import { JsonTree } from './json-tree.js';
import { Markdown } from './markdown.js';
import { MediaBox } from './media-box.js';

/** A longer conversation is folded in its middle, since readers mostly want the last messages. */
const MAX_MESSAGES = 60;
const FIRST_MESSAGES = 10;
const LAST_MESSAGES = 40;
const MESSAGES_AT_ONCE = 100;

export function Conversation({
  messages,
  isMarkdown,
}: {
  readonly messages: readonly Message[];
  readonly isMarkdown: boolean;
}): ReactNode {
  const [last, setLast] = useState(LAST_MESSAGES);
  const hidden =
    messages.length <= MAX_MESSAGES ? 0 : Math.max(0, messages.length - FIRST_MESSAGES - last);
  const shown =
    hidden === 0
      ? messages.map((message, place) => ({ message, place }))
      : messages
          .map((message, place) => ({ message, place }))
          .filter(({ place }) => place < FIRST_MESSAGES || place >= messages.length - last);
  if (messages.length === 0) return <p className={css.nothing}>This step has no messages.</p>;
  return (
    <ol className={css.conversation}>
      {shown.map(({ message, place }) => (
        <li key={place} className={css.item}>
          {hidden > 0 && place === messages.length - last && (
            <button
              type="button"
              className={controls.more}
              onClick={() => setLast(last + MESSAGES_AT_ONCE)}
            >
              Show {hidden > MESSAGES_AT_ONCE && `${MESSAGES_AT_ONCE} of `}
              {plural(hidden, 'more message')}
            </button>
          )}
          <MessageBox message={message} isMarkdown={isMarkdown} />
        </li>
      ))}
    </ol>
  );
}

function MessageBox({
  message: { role, name, side, parts },
  isMarkdown,
}: {
  readonly message: Message;
  readonly isMarkdown: boolean;
}): ReactNode {
  return (
    <article className={css.message} data-role={role} data-side={side}>
      <header className={css.role}>
        <span>
          <VisibleText text={role} />
        </span>
        {name !== undefined && (
          <span className={css.name}>
            <VisibleText text={beginOf(name, 100)} />
          </span>
        )}
        {side === 'output' && <span className={css.side}>output</span>}
        <CopyButton text={() => parts.map(partText).join('\n\n')} title="Copy the message" />
      </header>
      {parts.map((part, place) => (
        <PartBox key={place} part={part} isMarkdown={isMarkdown} />
      ))}
    </article>
  );
}

function PartBox({
  part,
  isMarkdown,
}: {
  readonly part: Part;
  readonly isMarkdown: boolean;
}): ReactNode {
  switch (part.kind) {
    case 'text':
      return isMarkdown ? <Markdown text={part.text} /> : <LongText text={part.text} />;
    case 'reasoning':
      return (
        <details className={css.reasoning}>
          <summary>Reasoning, {plural(part.text.length, 'character')}</summary>
          <LongText text={part.text} />
        </details>
      );
    case 'refusal':
      return (
        <div className={css.refusal}>
          <strong>Refused: </strong>
          <LongText text={part.text} />
        </div>
      );
    case 'media':
      return <MediaBox media={part.media} />;
    case 'call':
      return <CallBox call={part} />;
    case 'result':
      return (
        <ResultBox
          result={part}
          label={part.name === undefined ? 'Result' : `Result of ${part.name}`}
        />
      );
    case 'unknown':
      return <JsonTree value={part.value} label="this part" />;
  }
}

function CallBox({ call }: { readonly call: ToolCall }): ReactNode {
  const { name, arguments: args, result } = call;
  const isEmpty =
    args === undefined ||
    args === null ||
    (typeof args === 'object' && Object.keys(args).length === 0);
  return (
    <section className={css.call} aria-label={`Call of ${name.slice(0, 100)}`}>
      <div className={css.callHead}>
        <Icon name="path" />
        <code>
          <VisibleText text={name} />
        </code>
        {isEmpty && <span className={css.muted}>without arguments</span>}
      </div>
      {!isEmpty &&
        (isFlat(args) ? (
          <FlatArguments args={args} />
        ) : (
          <JsonTree value={args} label="the arguments" />
        ))}
      {result === undefined ? (
        <p className={css.muted}>No result in this step.</p>
      ) : (
        <ResultBox result={result} label="Result" />
      )}
    </section>
  );
}

function ResultBox({
  result,
  label,
}: {
  readonly result: ToolResult;
  readonly label: string;
}): ReactNode {
  return (
    <div className={css.result} data-error={result.isError || undefined}>
      <div className={css.resultHead}>{result.isError ? `${label}: an error` : label}</div>
      {result.parts.length === 0 && <p className={css.muted}>Empty.</p>}
      {result.parts.map((part, place) => (
        <PartBox key={place} part={part} isMarkdown={false} />
      ))}
    </div>
  );
}

function isFlat(args: unknown): args is Readonly<Record<string, string | number | boolean | null>> {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return false;
  const values = Object.values(args);
  return values.length <= 8 && values.every((each) => typeof each !== 'object' || each === null);
}

/** Few arguments read better without the tree. */
function FlatArguments({
  args,
}: {
  readonly args: Readonly<Record<string, string | number | boolean | null>>;
}): ReactNode {
  return (
    <dl className={css.args}>
      {Object.entries(args).map(([name, value]) => (
        <div key={name}>
          <dt>
            <VisibleText text={name} />
          </dt>
          <dd>
            <LongText text={typeof value === 'string' ? value : String(value)} isCode />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text;
    case 'media':
      return part.media.url ?? `[${part.media.type}]`;
    case 'call':
      return `${part.name}(${textOf(part.arguments)})${part.result === undefined ? '' : `\n→ ${partText(part.result)}`}`;
    case 'result':
      return part.parts.map(partText).join('\n');
    case 'unknown':
      return textOf(part.value);
  }
}
