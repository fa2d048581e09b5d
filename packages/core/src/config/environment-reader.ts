/** The environment, where a mistake must not end the process: its operator is not the one who wrote the code. */

import { ConfigError } from './checks.js';

export interface EnvironmentProblem {
  readonly variable: string;
  /** One sentence that says what to do. */
  readonly message: string;
}

export class EnvironmentReader {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  /** What is wrong with the variables that were read. */
  readonly problems: EnvironmentProblem[] = [];

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /**
   * The value of a variable by the check that an option of the same meaning has; undefined where it is unset, or where the
   * check threw: then that is one of the problems.
   */
  read<T>(name: string, check: (value: string, name: string) => T): T | undefined {
    const value = this.#variables[name];
    if (value === undefined) return undefined;
    try {
      // Shells take quotation marks away; env files of Docker and the like do not.
      if (/^\s*(["'`]).*\1\s*$/s.test(value))
        throw new ConfigError(`${name} stands in quotation marks; give it without them`);
      return check(value, name);
    } catch (error) {
      this.problems.push({ variable: name, message: (error as Error).message });
      return undefined;
    }
  }

  /** Whether a variable could not be read. */
  isWrong(name: string): boolean {
    return this.problems.some(({ variable }) => variable === name);
  }
}
