/** What an app and its test say to each other. They share nothing else: the app may run in another process. */

/** The app's end. */
export interface AppSignals {
  /** Tells the test something that JSON can say. */
  tell(what: string, value?: unknown): void;
  /** Resolves once the test has opened the gate. */
  opened(gate: string): Promise<void>;
}

/** Both ends, in the app's process. */
export class Signals implements AppSignals {
  readonly #told = new Map<string, unknown[]>();
  readonly #gates = new Map<string, Gate>();

  readonly tell = (what: string, value: unknown = null): void => {
    const said: unknown = JSON.parse(JSON.stringify(value));
    this.#told.set(what, [...this.told(what), said]);
  };

  readonly opened: AppSignals['opened'] = (gate) => this.#gate(gate).passed;

  /** What the app has told so far. */
  told(what: string): readonly unknown[] {
    return this.#told.get(what) ?? [];
  }

  isOpen(gate: string): boolean {
    return this.#gate(gate).isOpen;
  }

  open(gate: string): void {
    this.#gate(gate).open();
  }

  #gate(name: string): Gate {
    const gate = this.#gates.get(name) ?? new Gate();
    this.#gates.set(name, gate);
    return gate;
  }
}

/** A door that is opened once. */
export class Gate {
  isOpen = false;
  readonly passed: Promise<void>;
  open: () => void = () => {};

  constructor() {
    this.passed = new Promise((resolve) => {
      this.open = () => {
        this.isOpen = true;
        resolve();
      };
    });
  }
}
