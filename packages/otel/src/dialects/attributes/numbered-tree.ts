/** Puts flattened attributes together again: `0.message.role` and `0.message.content` are one message. */

/** Items and members in all; further attributes are refused. */
const MAX_NODES = 20_000;
/** Items with a higher number are refused. */
const MAX_INDEX = 1000;
const MAX_DEPTH = 12;

type Node = Map<string, Node | Leaf>;

class Leaf {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** Numbered items with members, built from one attribute at a time. */
export class NumberedTree {
  readonly #root: Node = new Map();
  #nodes = 0;

  /**
   * Adds the value of one attribute.
   * @param path what follows the name of the list: `0.message.role`
   * @returns whether it was added
   */
  add(path: string, value: unknown): boolean {
    const keys = path.split('.', MAX_DEPTH + 1);
    const last = keys.pop();
    if (last === undefined || keys.length >= MAX_DEPTH || ![...keys, last].every(isAllowed)) {
      return false;
    }
    let node = this.#root;
    for (const key of keys) {
      let next = node.get(key);
      if (next instanceof Leaf) return false;
      if (next === undefined) {
        if (!this.#hasRoom()) return false;
        next = new Map();
        node.set(key, next);
      }
      node = next;
    }
    if (node.has(last) || !this.#hasRoom()) return false;
    node.set(last, new Leaf(value));
    return true;
  }

  #hasRoom(): boolean {
    return ++this.#nodes <= MAX_NODES;
  }

  /** The items in the order of their numbers. */
  get items(): readonly unknown[] {
    const built = builtOf(this.#root);
    return Array.isArray(built) ? built : [built];
  }
}

const NUMBER = /^\d+$/;

function isAllowed(key: string): boolean {
  if (key === '__proto__') return false;
  return !NUMBER.test(key) || Number(key) < MAX_INDEX;
}

/** A node whose keys are all numbers is an array, without holes. */
function builtOf(node: Node | Leaf): unknown {
  if (node instanceof Leaf) return node.value;
  const keys = [...node.keys()];
  if (keys.length > 0 && keys.every((key) => NUMBER.test(key))) {
    return keys
      .sort((a, b) => Number(a) - Number(b))
      .map((key) => builtOf(node.get(key) as Node | Leaf));
  }
  return Object.fromEntries([...node].map(([key, child]) => [key, builtOf(child)]));
}
