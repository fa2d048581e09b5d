/** A value in one of four ways: as messages, as text, as formatted text, as a tree. */

import { type ReactNode, useMemo } from 'react';
import { textOf } from '../json.js';
import { hasConversation, readConversation } from '../reading/conversation/conversation.js';
import { MODES, type Mode } from '../state/page-state.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import { LongText } from '../ui/values/long-text.js';
import css from './content.module.css';
import { Conversation } from './conversation.js';
import { JsonTree } from './json-tree.js';
import { Markdown } from './markdown.js';

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  chat: 'Chat',
  plain: 'Plain',
  markdown: 'Markdown',
  json: 'JSON',
};

export function ModeSwitch({
  mode,
  onMode,
}: {
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
}): ReactNode {
  return (
    <div className={css.modes} role="group" aria-label="Show as">
      {MODES.map((each) => (
        <button key={each} type="button" aria-pressed={each === mode} onClick={() => onMode(each)}>
          {MODE_WORDS[each]}
        </button>
      ))}
    </div>
  );
}

export function Content({
  value,
  mode,
  label,
}: {
  readonly value: unknown;
  readonly mode: Mode;
  readonly label: string;
}): ReactNode {
  const contents = useMemo(() => ({ inputs: value, output: undefined }), [value]);
  const messages = useMemo(
    () =>
      mode === 'chat' && typeof value === 'object' && hasConversation(contents, '')
        ? readConversation(contents)
        : [],
    [contents, mode, value],
  );
  if (value === null || value === undefined)
    return <p className={css.none}>Nothing was recorded.</p>;
  if (messages.length > 0) return <Conversation messages={messages} isMarkdown={false} />;
  if (typeof value === 'string' && mode !== 'json') {
    return (
      <div className={css.text}>
        <span className={css.copy}>
          <CopyButton text={value} title={`Copy ${label}`} />
        </span>
        {mode === 'markdown' ? <Markdown text={value} /> : <LongText text={value} />}
      </div>
    );
  }
  if (mode === 'plain') {
    return (
      <div className={css.text}>
        <span className={css.copy}>
          <CopyButton text={() => textOf(value)} title={`Copy ${label}`} />
        </span>
        <LongText text={textOf(value)} isCode />
      </div>
    );
  }
  return <JsonTree value={value} label={label} />;
}
