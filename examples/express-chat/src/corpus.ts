import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A paragraph of an article, which is searched and quoted. */
export interface Passage {
  /** The article's file and the paragraph's number in it: `renewals#2`. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** The folder of this example's articles. */
export const CORPUS = fileURLToPath(new URL('../corpus/', import.meta.url));

/** Reads the articles of a folder: `.txt` files, each a title and paragraphs with a blank line between. */
export async function readCorpus(folder: string = CORPUS): Promise<Passage[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.txt')).sort();
  const articles = files.map(async (file) =>
    toPassages(basename(file, '.txt'), await readFile(join(folder, file), 'utf8')),
  );
  return (await Promise.all(articles)).flat();
}

function toPassages(name: string, article: string): Passage[] {
  const [title = name, ...paragraphs] = article.trim().split(/\n\s*\n/);
  return paragraphs.map((text, index) => ({ id: `${name}#${index + 1}`, title, text }));
}
