import type { Command, Database, Query } from '../../storage/database.js';

/** How FTS5 cuts texts into words: letters and digits, in lower case and without accents. */
export const TOKENIZER = 'tokenize="unicode61 remove_diacritics 2"';

/** Cuts texts into words as the full-text index does, by a table of its own in memory. */
export class Tokenizer {
  readonly #add: Command;
  readonly #clear: Command;
  readonly #words: Query<{ words: string | null }>;

  constructor(db: Database) {
    db.exec(`
      CREATE VIRTUAL TABLE temp.tokenized USING fts5(text, content='', ${TOKENIZER});
      CREATE VIRTUAL TABLE temp.tokens USING fts5vocab(temp, tokenized, instance);`);
    this.#add = db.command('INSERT INTO temp.tokenized (rowid, text) VALUES (1, ?)');
    this.#clear = db.command("INSERT INTO temp.tokenized (tokenized) VALUES ('delete-all')");
    this.#words = db.query(
      "SELECT group_concat(term, ' ') AS words FROM (SELECT term FROM temp.tokens ORDER BY offset)",
    );
  }

  /** The words of a text, in their order. */
  wordsOf(text: string): readonly string[] {
    this.#add.run(text);
    const words = this.#words.get()?.words;
    this.#clear.run();
    return words ? words.split(' ') : [];
  }
}
