import { separated } from './search-text.js';
import type { Tokenizer } from './tokenizer.js';

/** Characters that a part of a word has at least, to be found within longer words. */
export const MIN_PART_LENGTH = 3;
/** Of the words that contain a part, a search looks for this many in each partition. */
const MAX_ALTERNATIVES = 200;

/** The words of a partition that contain a part. */
export type WordsWith = (part: string) => Promise<readonly string[]>;

interface SearchedWord {
  /** The quoted text, which FTS5 cuts into words itself: `e-mail` into two. */
  readonly phrase: string;
  readonly first: string;
  /** The words of the phrase behind the first. */
  readonly others: readonly string[];
  /** Whether the first word may be the end of a longer one. */
  readonly isOpenAtStart: boolean;
  /** Whether the last word may be the beginning of a longer one. */
  readonly isOpenAtEnd: boolean;
}

/**
 * The words of a search. A trace has to contain all. Each is found as a whole word; from three characters up also as a part
 * of a longer one, unless a punctuation mark separates it: `ibrar` finds `library`, `"ibrar` does not.
 */
export class Search {
  readonly #words: readonly SearchedWord[];
  #isCut = false;
  #lastExpression: { readonly partition: number; readonly expression: string } | undefined;
  #lastNumbers: { readonly partition: number; readonly numbers: readonly number[] } | undefined;

  constructor(text: string, tokenizer: Tokenizer) {
    this.#words = text
      .split(/[\s\0]+/)
      .filter((word) => /[\p{L}\p{N}]/u.test(word))
      .map((word) => searchedWord(word, tokenizer))
      .filter((word) => word !== undefined);
  }

  /** Without words nothing matches. */
  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  /** Whether more words contain a part than were looked for. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * The expression of FTS5 for one partition. That of the last one is kept: a search reads some traces of it after the others.
   * @param partition number of its first trace
   */
  async expressionFor(partition: number, wordsWith: WordsWith): Promise<string> {
    const last = this.#lastExpression;
    if (last?.partition === partition) return last.expression;
    const expression = await this.#expressionOf(wordsWith);
    this.#lastExpression = { partition, expression };
    return expression;
  }

  /** What `match` returns, or what it returned for this partition if that is the last one. */
  numbersOf(partition: number, match: () => readonly number[]): readonly number[] {
    const last = this.#lastNumbers;
    if (last?.partition === partition) return last.numbers;
    const numbers = match();
    this.#lastNumbers = { partition, numbers };
    return numbers;
  }

  async #expressionOf(wordsWith: WordsWith): Promise<string> {
    const conditions: string[] = [];
    for (const word of this.#words) {
      const { first, others, phrase, isOpenAtStart, isOpenAtEnd } = word;
      const star = isOpenAtEnd ? '*' : '';
      const phrases = [`${phrase}${star}`];
      if (isOpenAtStart) {
        const isWhole = others.length > 0 || !isOpenAtEnd;
        const longer = (await wordsWith(first)).filter((each) =>
          isWhole ? each.endsWith(first) && each !== first : !each.startsWith(first),
        );
        if (longer.length > MAX_ALTERNATIVES) this.#isCut = true;
        for (const each of longer.slice(0, MAX_ALTERNATIVES)) {
          phrases.push(`"${[each, ...others].join(' ')}"${others.length > 0 ? star : ''}`);
        }
      }
      conditions.push(`(${phrases.join(' OR ')})`);
    }
    return conditions.join(' AND ');
  }
}

function searchedWord(text: string, tokenizer: Tokenizer): SearchedWord | undefined {
  const spaced = separated(text).trim().replaceAll('"', ' ');
  const [first, ...others] = tokenizer.wordsOf(spaced);
  // A letter that FTS5 does not know yet.
  if (first === undefined) return undefined;
  const end = /[\p{L}\p{N}\p{M}]+$/u.exec(spaced)?.[0] ?? '';
  return {
    phrase: `"${spaced}"`,
    first,
    others,
    isOpenAtStart: /^[\p{L}\p{N}]/u.test(spaced) && [...first].length >= MIN_PART_LENGTH,
    isOpenAtEnd: end.length >= MIN_PART_LENGTH,
  };
}
