/** Markdown as React elements: HTML in it is shown as text, links and pictures as their addresses. */

import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough';
import { gfmTable } from 'micromark-extension-gfm-table';
import type { ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import { CopyButton } from '../ui/controls/copy-button.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './formatted.module.css';

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
        <VisibleText text={url.slice(0, 300)} />
      </code>
      <CopyButton text={url} title="Copy the address; nothing is loaded from it" />
    </>
  );
}

export default function Formatted({ text }: { readonly text: string }): ReactNode {
  return (
    <div className={css.formatted} dir="auto">
      <ReactMarkdown remarkPlugins={[tables]} components={COMPONENTS} urlTransform={(url) => url}>
        {text.toWellFormed()}
      </ReactMarkdown>
    </div>
  );
}
