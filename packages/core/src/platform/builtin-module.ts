/** A module of Node, such as `node:http`, if the runtime has it and a way to ask for it; else undefined. */
export function builtinModule(name: string): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(name);
}
