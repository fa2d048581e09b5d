/** Checks environment variables as options of the same meaning are checked. */

import { ConfigError } from './checks.js';

/** An environment variable that cannot be read. */
export interface EnvironmentProblem {
  readonly variable: string;
  /** A message that says what to do. */
  readonly message: string;
}

/** Reads environment variables. Collects mistakes instead of throwing, since they are not mistakes in the code. */
export class EnvironmentReader {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #problems: EnvironmentProblem[] = [];

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /** Variables that were read and are wrong. */
  get problems(): readonly EnvironmentProblem[] {
    return this.#problems;
  }

  /**
   * The value of a variable, checked like the option of the same meaning; undefined if it is unset or wrong. A wrong one is
   * added to `problems`.
   */
  read<T>(name: string, check: (value: string, name: string) => T): T | undefined {
    const value = this.#variables[name];
    if (value === undefined) return undefined;
    try {
      // Shells remove quotation marks; env files of Docker and the like do not.
      if (/^\s*(["'`]).*\1\s*$/s.test(value))
        throw new ConfigError(`${name} is in quotation marks; give it without them`);
      return check(value, name);
    } catch (error) {
      this.#problems.push({ variable: name, message: (error as Error).message });
      return undefined;
    }
  }

  /** Whether a variable is set and wrong. */
  isWrong(name: string): boolean {
    return this.#problems.some(({ variable }) => variable === name);
  }
}
