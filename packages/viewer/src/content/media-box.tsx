/** A picture, a sound, a film or a file: its type and size, and its content on demand. */

import { type ReactNode, useEffect, useState } from 'react';
import { beginOf, formatBytes, formatCount } from '../format.js';
import { type Media, storedId } from '../reading/media.js';
import { api } from '../server/api.js';
import { CopyButton } from '../ui/controls/copy-button.js';
import controls from '../ui/styles/controls.module.css';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './conversation.module.css';

type Kind = 'image' | 'audio' | 'video' | 'text';

/** How a type is shown without running scripts: HTML and SVG as text. Undefined: it is not shown. */
function kindOf(type: string): Kind | undefined {
  if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(type)) return 'image';
  if (/^audio\/[\w.+-]+$/.test(type)) return 'audio';
  if (/^video\/(mp4|webm|ogg)$/.test(type)) return 'video';
  return /^(text\/[\w.+-]+|application\/(json|xml)|image\/svg\+xml)$/.test(type)
    ? 'text'
    : undefined;
}

type LoadedMedia =
  | { readonly kind: Exclude<Kind, 'text'>; readonly address: string }
  | { readonly kind: 'text'; readonly text: string };

export function MediaBox({ media }: { readonly media: Media }): ReactNode {
  const { type, name, bytes, url, data } = media;
  const [content, setContent] = useState<LoadedMedia>();
  const [failure, setFailure] = useState<string>();
  const stored = url === undefined ? undefined : storedId(url);
  const kind = kindOf(type);
  const canShow = kind !== undefined && (data !== undefined || stored !== undefined);

  useEffect(
    () => () => {
      if (content !== undefined && content.kind !== 'text') URL.revokeObjectURL(content.address);
    },
    [content],
  );
  const load = async () => {
    if (kind === undefined) return;
    const blob =
      stored === undefined
        ? new Blob([decoded(data ?? '')], { type })
        : (await api.attachment(stored)).slice(0, undefined, type);
    setContent(
      kind === 'text'
        ? { kind, text: await blob.text() }
        : { kind, address: URL.createObjectURL(blob) },
    );
  };
  const show = () =>
    load().catch((error: unknown) =>
      setFailure(
        stored === undefined || !(error instanceof Error)
          ? 'The data is incomplete and cannot be shown.'
          : error.message,
      ),
    );
  const title = name ?? `${type} of this message`;
  return (
    <figure className={css.media}>
      <figcaption>
        <span className={css.mediaType}>{type}</span>
        {name !== undefined && (
          <span>
            <VisibleText text={beginOf(name, 200)} />
          </span>
        )}
        {bytes !== undefined && (
          <span title={`${formatCount(bytes)} bytes`}>{formatBytes(bytes)}</span>
        )}
        {url !== undefined && stored === undefined && (
          <>
            <code className={css.url}>
              <VisibleText text={beginOf(url, 300)} />
            </code>
            <CopyButton text={url} title="Copy the address; nothing is loaded from it" />
          </>
        )}
        {canShow && content === undefined && (
          <button type="button" className={controls.more} onClick={() => void show()}>
            Show
          </button>
        )}
      </figcaption>
      {failure !== undefined && <p className={css.muted}>{failure}</p>}
      {content?.kind === 'image' && <img src={content.address} alt={title} />}
      {content?.kind === 'audio' && (
        // biome-ignore lint/a11y/useMediaCaption: files of apps come without captions.
        <audio controls src={content.address} aria-label={title} />
      )}
      {content?.kind === 'video' && (
        // biome-ignore lint/a11y/useMediaCaption: files of apps come without captions.
        <video controls src={content.address} aria-label={title} />
      )}
      {content?.kind === 'text' && <LongText text={content.text} />}
    </figure>
  );
}

/** The bytes of a base64 text. @throws if it is not base64 */
function decoded(base64: string): Uint8Array<ArrayBuffer> {
  const raw = atob(base64.replaceAll('-', '+').replaceAll('_', '/').replace(/\s+/g, ''));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}
