/** English sentences and terms, by wink-nlp's pretrained model. */

import english from 'wink-eng-lite-web-model';
import winkNLP, { type ItsFunction } from 'wink-nlp';

const nlp = winkNLP(english);
const { its } = nlp;
/** wink's types leave out the third argument that `out` passes to this one. */
const stem = its.stem as unknown as ItsFunction<string>;

/** A text's sentences, in order and word for word. */
export function toSentences(text: string): string[] {
  // Line breaks within a paragraph are the author's editor, not the end of a sentence.
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s+/g, ' '));
  return paragraphs
    .flatMap((paragraph) => sentencesOf(paragraph.trim()))
    .filter((sentence) => sentence !== '');
}

/** wink puts a sentence together from its tokens and may space them anew: cut it from the text instead. */
function sentencesOf(paragraph: string): string[] {
  let end = 0;
  return nlp
    .readDoc(paragraph)
    .sentences()
    .out()
    .map((sentence) => {
      const start = end;
      for (let left = sentence.replace(/\s/g, '').length; left > 0; end++) {
        if (paragraph[end] !== ' ') left--;
      }
      return paragraph.slice(start, end).trim();
    });
}

/** A text's terms for comparing: stems of its words and numbers, without stop words. */
export function toTerms(text: string): string[] {
  const plain = text
    .toLowerCase()
    .replace(/\bhow (long|many|much|often|old)\b/g, 'how')
    // A hyphen and a slash part words that a question may well use alone.
    .replace(/[-/]/g, ' ');
  return nlp
    .readDoc(plain)
    .tokens()
    .filter((token) => TERM_TYPES.has(token.out(its.type)) && !token.out(its.stopWordFlag))
    .out(stem);
}

const TERM_TYPES = new Set(['word', 'number', 'alpha', 'time', 'ordinal']);
