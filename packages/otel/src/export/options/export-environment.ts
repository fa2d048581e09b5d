/** Reads the environment variables of both exports. The only file of this package that reads the environment. */

import { ConfigError, environment, formatValue } from '@openlayer-tracing/core/integration';

const IGNORED = 'it is ignored';

/** Reads variables. Collects mistakes instead of throwing, since they are no mistakes in the code. */
export class ExportEnvironment {
  readonly #problems: string[] = [];
  readonly #wrong = new Set<string>();
  readonly #variables: Readonly<Record<string, string | undefined>>;

  constructor(variables: Readonly<Record<string, string | undefined>> = environment) {
    this.#variables = variables;
  }

  /** The mistakes in the variables that have been read, each with its consequence. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Whether the variable has been read, and `check` found a mistake. */
  isWrong(name: string): boolean {
    return this.#wrong.has(name);
  }

  /**
   * The value of a variable; undefined if it is unset, empty or wrong.
   * @param check throws a ConfigError if it is wrong
   * @param consequence what is done if it is wrong
   */
  read<T>(
    name: string,
    check: (value: string, name: string) => T,
    consequence = IGNORED,
  ): T | undefined {
    const value = this.#variables[name]?.trim();
    if (value === undefined || value === '') return undefined;
    try {
      return check(value, name);
    } catch (error) {
      this.#wrong.add(name);
      this.report(error, consequence);
      return undefined;
    }
  }

  /**
   * The value of a variable of OTLP: of the one for traces, else of the one for all signals.
   * @param name what follows `OTEL_EXPORTER_OTLP_`
   * @param check throws a ConfigError if it is wrong
   */
  readForTraces<T>(name: string, check: (value: string, name: string) => T): T | undefined {
    return (
      this.read(`OTEL_EXPORTER_OTLP_TRACES_${name}`, check) ??
      this.read(`OTEL_EXPORTER_OTLP_${name}`, check)
    );
  }

  /** Collects a mistake. @param error a ConfigError */
  report(error: unknown, consequence = IGNORED): void {
    this.#problems.push(`${(error as ConfigError).message}; ${consequence}`);
  }

  /** Whether a variable is `true`; anything else but `false` is a mistake. */
  isTrue(name: string): boolean {
    const value = this.read(name, (text) => text.toLowerCase());
    if (value !== undefined && value !== 'true' && value !== 'false') {
      this.#problems.push(
        `${name} must be true or false, but is ${formatValue(value)}; ${IGNORED}`,
      );
    }
    return value === 'true';
  }
}

/**
 * The word that the variable has. Ignores case, as OpenTelemetry's specification wants it.
 * @throws ConfigError if it has none
 */
export function checkedWord<T extends string>(words: readonly T[], value: string, name: string): T {
  const word = words.find((each) => each === value.toLowerCase());
  if (word !== undefined) return word;
  throw new ConfigError(`${name} must be one of ${words.join(', ')}, but is ${formatValue(value)}`);
}
