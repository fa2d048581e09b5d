/** English sentences and terms, by wink-nlp's pretrained model. */

import english from 'wink-eng-lite-web-model';
import winkNLP, { type ItsFunction } from 'wink-nlp';

const nlp = winkNLP(english);
const { its } = nlp;
/** wink's types lack the third argument that `out` passes to this function. */
const stem = its.stem as unknown as ItsFunction<string>;

/** The sentences of a text, in order and unchanged, except for line breaks. */
export function toSentences(text: string): string[] {
  // A line break within a paragraph does not end a sentence.
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s+/g, ' '));
  return paragraphs
    .flatMap((paragraph) => sentencesOf(paragraph.trim()))
    .filter((sentence) => sentence !== '');
}

/** The sentences, cut from the text: wink joins them from tokens, perhaps with other spaces. */
function sentencesOf(paragraph: string): string[] {
  let end = 0;
  return nlp
    .readDoc(paragraph)
    .sentences()
    .out()
    .map((sentence) => {
      const start = end;
      for (let rest = sentence.replace(/\s/g, '').length; rest > 0; end++) {
        if (paragraph[end] !== ' ') rest--;
      }
      return paragraph.slice(start, end).trim();
    });
}

/** The terms by which texts are compared: stems of words and numbers, without stop words. */
export function toTerms(text: string): string[] {
  const plain = text
    .toLowerCase()
    .replace(/\bhow (long|many|much|often|old)\b/g, 'how')
    // A question may use one part of a word with a hyphen or slash.
    .replace(/[-/]/g, ' ');
  return nlp
    .readDoc(plain)
    .tokens()
    .filter((token) => TERM_TYPES.has(token.out(its.type)) && !token.out(its.stopWordFlag))
    .out(stem);
}

const TERM_TYPES = new Set(['word', 'number', 'alpha', 'time', 'ordinal']);
