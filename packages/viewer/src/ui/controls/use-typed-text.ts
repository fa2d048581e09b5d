import { useEffect, useRef, useState } from 'react';
import { AddressValue } from '../../state/address-value.js';
import { useStable } from '../use-stable.js';

/**
 * The text of a field whose words are in the address. It follows a link or the back button, and not the words that the field
 * has written itself, which the address has later than the field.
 * @param page another page has its own words: what was typed on the one before is not written there
 */
export function useTypedText(
  words: string,
  page: string,
): {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** Call it before the words are written into the address. */
  readonly onWrite: (words: string) => void;
} {
  const [text, setText] = useState(words);
  const address = useRef(new AddressValue<string>());
  const shownPage = useRef(page);
  useEffect(() => {
    const isRequest = address.current.isRequest(words);
    if (isRequest || shownPage.current !== page) setText(words);
    shownPage.current = page;
  }, [words, page]);
  const onWrite = useStable((written: string) => {
    if (written !== words) address.current.write(written);
  });
  return { text, setText, onWrite };
}
