/** What workerd is told of a worker: its module, its age, its bindings, and where it listens. */

export interface WorkerSettings {
  /** @default the oldest that is supported */
  readonly compatibilityDate?: string | undefined;
  /** @default AsyncLocalStorage, and clients that leave */
  readonly compatibilityFlags?: readonly string[] | undefined;
  /** Names of variables of the environment, which become bindings. */
  readonly variables?: readonly string[] | undefined;
  /** A class of the module whose objects the binding of the same name leads to. */
  readonly durableObject?: string | undefined;
  /** Entry points of the module besides the default one. Each listens at a port of its own. */
  readonly entryPoints?: readonly string[] | undefined;
}

/** The first date with streams that code can construct. */
export const OLDEST_DATE = '2022-11-30';

/** Of Node, nothing but AsyncLocalStorage. */
const FLAGS: readonly string[] = ['nodejs_als', 'enable_request_signal'];

/** The default entry point listens as `app`, and is bound to the worker itself as `SELF`. */
export function workerConfig(settings: WorkerSettings): string {
  const {
    compatibilityDate = OLDEST_DATE,
    compatibilityFlags = FLAGS,
    variables = [],
    durableObject,
    entryPoints = [],
  } = settings;
  const sockets = ['app', ...entryPoints].map((name) => {
    const service = name === 'app' ? '"main"' : `(name = "main", entrypoint = "${name}")`;
    return `(name = "${name}", address = "127.0.0.1:0", http = (), service = ${service})`;
  });
  const bindings = [
    '(name = "SELF", service = "main")',
    ...variables.map((name) => `(name = "${name}", fromEnvironment = "${name}")`),
  ];
  let objects = '';
  if (durableObject !== undefined) {
    bindings.push(`(name = "${durableObject}", durableObjectNamespace = "${durableObject}")`);
    objects = `durableObjectNamespaces = [(className = "${durableObject}", uniqueKey = "one")],
  durableObjectStorage = (inMemory = void),`;
  }
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # What tests publish to is on this machine.
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [${sockets.join(', ')}],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
  bindings = [${bindings.join(', ')}],
  ${objects}
);
`;
}
