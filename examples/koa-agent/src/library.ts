/** The library of Halden Bay: its books, and who has borrowed which. */

interface Book {
  readonly title: string;
  readonly author: string;
  readonly shelf: string;
  readonly isReserved?: boolean;
}

interface Loan {
  readonly title: string;
  /** The day of the month. */
  due: number;
}

const BOOKS: readonly Book[] = [
  { title: 'The Tombs of Atuan', author: 'Ursula K. Le Guin', shelf: 'Fantasy, G to L' },
  { title: 'Dune', author: 'Frank Herbert', shelf: 'Science fiction, H', isReserved: true },
  { title: 'Solaris', author: 'Stanisław Lem', shelf: 'Science fiction, L' },
];

const LOAN_DAYS = 14;

/** The library refuses something. The messages are written for visitors. */
export class Refused extends Error {}

export class Library {
  readonly #loans = new Map<string, Loan[]>([
    [
      'ada',
      [
        { title: 'Solaris', due: 3 },
        { title: 'Dune', due: 9 },
      ],
    ],
  ]);

  async find(title: string): Promise<Book> {
    const wanted = title.toLowerCase();
    const book = BOOKS.find((each) => wanted.includes(each.title.toLowerCase()));
    if (book === undefined) throw new Refused('We have no such book.');
    return book;
  }

  async loansOf(user: string): Promise<readonly Readonly<Loan>[]> {
    return this.#loans.get(user) ?? [];
  }

  /** Renews a loan. @returns the day of the month on which the book is now due */
  async renew(user: string, title: string): Promise<number> {
    const book = await this.find(title);
    const loan = this.#loans.get(user)?.find((each) => each.title === book.title);
    if (loan === undefined) throw new Refused(`You have not borrowed ${book.title}.`);
    if (book.isReserved) throw new Refused(`${book.title} is reserved by another reader.`);
    loan.due += LOAN_DAYS;
    return loan.due;
  }
}
