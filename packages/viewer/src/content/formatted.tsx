/** Markdown as React elements: HTML in it is shown as text, links and pictures as their addresses. */

import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough';
import { gfmTable } from 'micromark-extension-gfm-table';
import { type ReactNode, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import { beginOf } from '../format.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './formatted.module.css';
import { isRenderable } from './markdown-limits.js';

const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <span className={css.link}>
      {children}
      <Address url={href} />
    </span>
  ),
  img: ({ src, alt }) => (
    <span className={css.link}>
      [picture{alt ? `: ${alt}` : ''}]
      <Address url={typeof src === 'string' ? src : undefined} />
    </span>
  ),
  table: ({ children }) => (
    <div className={css.wide}>
      <table>{children}</table>
    </div>
  ),
};

/** The additions of GitHub that models use: tables and strikethrough. */
function tables(this: { data(): object }): void {
  const data = this.data() as Record<string, unknown>;
  data.micromarkExtensions = [gfmTable(), gfmStrikethrough()];
  data.fromMarkdownExtensions = [gfmTableFromMarkdown(), gfmStrikethroughFromMarkdown()];
}

function Address({ url }: { readonly url: string | undefined }): ReactNode {
  if (url === undefined || url === '') return null;
  return (
    <>
      {' '}
      <code>
        <VisibleText text={beginOf(url, 300)} />
      </code>
      <CopyButton text={url} title="Copy the address; nothing is loaded from it" />
    </>
  );
}

/** Refuses a text with too many levels. */
function limited(): (root: Parameters<typeof isRenderable>[0]) => void {
  return (root) => {
    if (!isRenderable(root)) throw new RangeError('The text has too many levels.');
  };
}

/** The text as elements; undefined if it is too deep for what parses and renders it. */
function formatted(text: string): ReactNode {
  try {
    // Called, so that its errors can be caught here: it has no state.
    return ReactMarkdown({
      children: text.toWellFormed(),
      remarkPlugins: [tables, limited],
      components: COMPONENTS,
      urlTransform: (url) => url,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

export default function Formatted({ text }: { readonly text: string }): ReactNode {
  const content = useMemo(() => formatted(text), [text]);
  if (content === undefined) return <LongText text={text} />;
  return (
    <div className={css.formatted} dir="auto">
      {content}
    </div>
  );
}
