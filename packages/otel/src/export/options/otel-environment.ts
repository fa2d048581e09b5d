/** Reads the environment variables of OpenTelemetry. The only file of this package that reads the environment. */

import { type ConfigError, environment, formatValue } from '@openlayer-tracing/core/integration';

/** Reads variables. Collects mistakes instead of throwing, since they are no mistakes in the code. */
export class OtelEnvironment {
  /** What is wrong, and what is done instead. */
  readonly problems: string[] = [];
  readonly #variables: Readonly<Record<string, string | undefined>>;

  constructor(variables: Readonly<Record<string, string | undefined>> = environment) {
    this.#variables = variables;
  }

  /** The value of a variable; undefined if it is unset, empty or wrong. @param check throws a ConfigError if it is wrong */
  read<T>(name: string, check: (value: string, name: string) => T): T | undefined {
    const value = this.#variables[name]?.trim();
    if (value === undefined || value === '') return undefined;
    try {
      return check(value, name);
    } catch (error) {
      this.problems.push(`${(error as ConfigError).message}; it is ignored`);
      return undefined;
    }
  }

  /** Whether a variable is `true`; anything else but `false` is a mistake. */
  isTrue(name: string): boolean {
    const value = this.read(name, (text) => text.toLowerCase());
    if (value !== undefined && value !== 'true' && value !== 'false') {
      this.problems.push(
        `${name} must be true or false, but is ${formatValue(value)}; it is ignored`,
      );
    }
    return value === 'true';
  }
}
