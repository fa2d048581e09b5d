/** English sentences and terms, by wink-nlp's pretrained model. */

import english from 'wink-eng-lite-web-model';
import winkNLP, { type ItsFunction } from 'wink-nlp';

const nlp = winkNLP(english);
const { its } = nlp;
/** wink's types leave out the third argument that `out` passes to this one. */
const stem = its.stem as unknown as ItsFunction<string>;

/** A text's sentences, in order. */
export function toSentences(text: string): string[] {
  // Line breaks within a paragraph are the author's editor, not the end of a sentence.
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s+/g, ' '));
  return paragraphs.flatMap((paragraph) => nlp.readDoc(paragraph.trim()).sentences().out());
}

/** A text's terms for comparing: stems of its words and numbers, without stop words. */
export function toTerms(text: string): string[] {
  // A hyphen and a slash part words that a question may well use alone.
  const tokens = nlp.readDoc(text.toLowerCase().replace(/[-/]/g, ' ')).tokens();
  return tokens
    .filter((token) => TERM_TYPES.has(token.out(its.type)) && !token.out(its.stopWordFlag))
    .out(stem);
}

const TERM_TYPES = new Set(['word', 'number', 'alpha', 'time', 'ordinal']);
