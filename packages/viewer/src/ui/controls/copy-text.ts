/**
 * Copies a text, also where the page has no clipboard because it was opened by plain HTTP under another name than localhost.
 * @throws Error with words for the reader
 */
export async function copyText(text: string): Promise<void> {
  // Typed as always there, which it is only in a secure context.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text);
      return;
    }
  } catch {
    // The browser may refuse it, and still copy what is selected.
  }
  if (!copySelected(text)) throw new Error('The browser did not let the page copy this.');
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
