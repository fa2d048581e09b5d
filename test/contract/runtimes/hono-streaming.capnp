using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # The model and the traces of the test are on this machine.
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "app", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_als", "enable_request_signal"],
  bindings = [
    (name = "OPENAI_API_KEY", fromEnvironment = "OPENAI_API_KEY"),
    (name = "OPENAI_BASE_URL", fromEnvironment = "OPENAI_BASE_URL"),
    (name = "OPENAI_MODEL", fromEnvironment = "OPENAI_MODEL"),
    (name = "OPENLAYER_API_KEY", fromEnvironment = "OPENLAYER_API_KEY"),
    (name = "OPENLAYER_INFERENCE_PIPELINE_ID", fromEnvironment = "OPENLAYER_INFERENCE_PIPELINE_ID"),
    (name = "OPENLAYER_BASE_URL", fromEnvironment = "OPENLAYER_BASE_URL"),
  ],
);
