/**
 * The files of docs/collector. The Collector's own `validate` cannot run here: it is neither in npm nor in Debian. Therefore a
 * schema made from those of the Collector stands in for it, and what one file says of another is compared.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { readText } from '../house/repository.ts';

const FOLDER = 'docs/collector/';

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
}

interface Collector {
  readonly receivers: { readonly otlp: Otlp };
  readonly processors: { readonly memory_limiter: { limit_mib: number; spike_limit_mib: number } };
  readonly exporters: {
    readonly otlp_http: {
      readonly endpoint: string;
      readonly sending_queue: {
        readonly queue_size: number;
        readonly batch: { readonly min_size: number; readonly max_size: number };
      };
    };
  };
  readonly service: {
    readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  };
}

interface Otlp {
  readonly protocols: { readonly http: { endpoint: string; max_request_body_size: number } };
}

interface Tempo {
  readonly server: { readonly http_listen_port: number };
  readonly distributor: {
    readonly receivers: { otlp: Otlp };
    readonly max_attribute_bytes: number;
  };
  readonly overrides: { readonly defaults: { global: { max_bytes_per_trace: number } } };
}

interface Grafana {
  readonly datasources: readonly { readonly type: string; readonly url: string }[];
}

function read<T>(file: string): T {
  return load(readText(`${FOLDER}${file}`)) as T;
}

/** The number behind the last colon. */
function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

describe('the Collector of the docs', () => {
  const compose = read<Compose>('compose.yaml');
  const collector = read<Collector>('collector.yaml');
  const tempo = read<Tempo>('tempo.yaml');
  const grafana = read<Grafana>('grafana-datasources.yaml');
  const services = Object.entries(compose.services);
  /** The ports on which each container listens. */
  const listening: Readonly<Record<string, readonly number[]>> = {
    collector: [portOf(collector.receivers.otlp.protocols.http.endpoint)],
    tempo: [
      tempo.server.http_listen_port,
      portOf(tempo.distributor.receivers.otlp.protocols.http.endpoint),
    ],
    // Its default.
    grafana: [3000],
  };

  it('is configured by its schema', () => {
    const schema = JSON.parse(readText('test/docs/collector/collector.schema.json'));
    const validate = new Ajv({ allErrors: true }).compile(schema);
    assert.ok(validate(collector), JSON.stringify(validate.errors, null, 2));
    const misspelt = structuredClone(collector) as unknown as { exporters: object };
    Object.assign(misspelt.exporters, { otlp_http: { endpoint: 'http://tempo:4318', retry: {} } });
    assert.ok(!validate(misspelt), 'the schema refuses unknown keys');
  });

  it('is configured by its schema on the page about OpenTelemetry as well', () => {
    const schema = JSON.parse(readText('test/docs/collector/collector.schema.json'));
    const validate = new Ajv({ allErrors: true }).compile(schema);
    const blocks = [...readText('docs/opentelemetry.md').matchAll(/^```yaml\n(.*?)^```$/gms)];
    const configurations = blocks.map(([, yaml = '']) => load(yaml));
    assert.equal(configurations.length, 1);
    for (const each of configurations) {
      assert.ok(validate(each), JSON.stringify(validate.errors, null, 2));
    }
  });

  it('has limits that fit each other', () => {
    const { limit_mib, spike_limit_mib } = collector.processors.memory_limiter;
    const { queue_size, batch } = collector.exporters.otlp_http.sending_queue;
    assert.ok(spike_limit_mib < limit_mib);
    assert.ok(
      queue_size < (limit_mib - spike_limit_mib) * 1024 * 1024,
      'the queue fits the memory',
    );
    assert.ok(batch.min_size <= batch.max_size && batch.max_size <= queue_size);
    // Tempo receives by the Collector's receiver, whose default this is.
    assert.ok(batch.max_size <= 20 * 1024 * 1024, 'Tempo takes each batch');
  });

  it('uses each component that it sets up, and no other', () => {
    const pipelines = Object.values(collector.service.pipelines);
    for (const kind of ['receivers', 'processors', 'exporters'] as const) {
      const used = pipelines.flatMap((pipeline) => pipeline[kind] ?? []);
      assert.deepEqual([...new Set(used)].sort(), Object.keys(collector[kind]).sort(), kind);
    }
  });

  it('sends to a container and port that are there, as Grafana reads from one', () => {
    const urls = [
      collector.exporters.otlp_http.endpoint,
      ...grafana.datasources.map(({ url }) => url),
    ];
    for (const url of urls) {
      const { hostname, port } = new URL(url);
      assert.ok(listening[hostname]?.includes(Number(port)), url);
    }
  });

  it('publishes ports that are listened on, to this machine alone', () => {
    assert.deepEqual(Object.keys(listening).sort(), Object.keys(compose.services).sort());
    for (const [name, { ports = [] }] of services) {
      for (const port of ports) {
        assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
        assert.ok(listening[name]?.includes(portOf(port)), `${name} ${port}`);
      }
    }
  });

  it('mounts files that are there, and starts from them', () => {
    const mounted = services.flatMap(([, { volumes = [], command = [] }]) => {
      const files = volumes
        .map((volume) => volume.split(':'))
        .filter(([from]) => /^\./.test(from ?? ''));
      for (const [, to = ''] of files) {
        const isGrafana = to.startsWith('/etc/grafana/provisioning/datasources/');
        assert.ok(isGrafana || command.some((argument) => argument.endsWith(`=${to}`)), to);
      }
      return files.map(([from = '']) => `${FOLDER}${from.slice(2)}`);
    });
    assert.equal(mounted.length, 3);
    assert.deepEqual(
      mounted.filter((file) => !existsSync(file)),
      [],
    );
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[0]),
    );
    assert.deepEqual(named, Object.keys(compose.volumes));
  });

  it('names exact versions, and only services that are there', () => {
    for (const [name, { image, depends_on = [] }] of services) {
      assert.match(image, /:\d+\.\d+\.\d+$/, name);
      assert.deepEqual(
        depends_on.filter((other) => !(other in compose.services)),
        [],
      );
    }
  });

  it('has the limits that the page states', () => {
    const page = readText('docs/collector.md').replaceAll(',', '');
    const { batch, queue_size } = collector.exporters.otlp_http.sending_queue;
    const { max_request_body_size } = collector.receivers.otlp.protocols.http;
    const mib = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
    const limits: [name: string, value: string][] = [
      ['max_request_body_size', mib(max_request_body_size)],
      ['batch.max_size', mib(batch.max_size)],
      ['sending_queue.queue_size', mib(queue_size)],
      ['max_attribute_bytes', `${tempo.distributor.max_attribute_bytes} bytes`],
      ['max_bytes_per_trace', `${tempo.overrides.defaults.global.max_bytes_per_trace / 1e6} MB`],
    ];
    for (const [name, value] of limits) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      assert.ok(row?.includes(value), `${name} is ${value}`);
    }
  });
});
