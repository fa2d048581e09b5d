/** A table of measurements, one line each: the clock, and the processor time of the page and of the server. */

export interface Sample {
  readonly ms: number;
  /** Milliseconds that the page's main thread worked; unknown for what runs beside other work. */
  readonly cpu?: number;
  readonly close?: () => Promise<void>;
}

interface MeasureOptions {
  /** The goal for the median, in milliseconds. A line that misses it ends in `over`. */
  readonly limitMs?: number;
  readonly rounds: number;
}

const COLUMNS = ['median', 'worst', 'limit', 'page', 'server'] as const;
const NAME_WIDTH = 48;

export class Table {
  readonly #serverCpu: () => Promise<number>;

  /** @param serverCpu returns the milliseconds that the server has worked */
  constructor(serverCpu: () => Promise<number>) {
    this.#serverCpu = serverCpu;
  }

  printHead(): void {
    console.log(
      'milliseconds'.padEnd(NAME_WIDTH) + COLUMNS.map((each) => each.padStart(8)).join(''),
    );
  }

  async measure(
    name: string,
    { limitMs, rounds }: MeasureOptions,
    sample: () => Promise<Sample>,
  ): Promise<void> {
    const clock: number[] = [];
    const page: number[] = [];
    const server: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = await this.#serverCpu();
      const { ms, cpu, close } = await sample();
      server.push((await this.#serverCpu()) - before);
      clock.push(ms);
      if (cpu !== undefined) page.push(cpu);
      await close?.();
    }
    const ms = median(clock);
    const cells = [ms, Math.max(...clock), limitMs, median(page), median(server)];
    const isOver = limitMs !== undefined && ms > limitMs;
    console.log(name.padEnd(NAME_WIDTH) + cells.map(cellOf).join('') + (isOver ? '  over' : ''));
  }
}

/** A line of its own for a value that is no time. */
export function printValue(name: string, value: string): void {
  console.log(`${name.padEnd(NAME_WIDTH)}${value.padStart(8)}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function cellOf(value: number | undefined): string {
  return (value === undefined || Number.isNaN(value) ? '' : value.toFixed(0)).padStart(8);
}
