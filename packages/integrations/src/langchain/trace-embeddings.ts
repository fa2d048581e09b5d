/** Records LangChain's embeddings, for which LangChain calls no callback. */

import {
  currentClientCall,
  isUntraced,
  processWide,
  type RecordedCall,
  reportFailure,
  runCall,
  startCall,
  untraced,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedParameters } from '../common/content/recorded-content.js';
import { failCall } from '../common/failures/fail-call.js';
import { statusUpdate } from '../common/failures/thrown.js';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { arrayOrEmpty, type JsonObject, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { providerOf } from '../common/providers.js';
import { billingOf, responseUpdate } from '../http/calls/response-update.js';
import { openAIEmbeddings } from '../shapes/openai/embeddings.js';
import { dimensionsOf } from '../shapes/reading/dimensions.js';
import { readWhole } from '../shapes/reading/read-whole.js';
import type { ModelResponse } from '../shapes/reading/shape.js';

type Embed = (this: object, ...args: never[]) => unknown;

/** The methods of a class of embeddings that are replaced. */
interface Embeddings {
  embedQuery: Embed;
  embedDocuments: Embed;
  /** Sends one request and returns the provider's response. The other methods call it. */
  embeddingWithRetry?: Embed;
}

/** Whether the argument is the prototype of a class of embeddings. */
export function isEmbeddings(prototype: unknown): prototype is Embeddings {
  const { embedQuery, embedDocuments } = (prototype ?? {}) as Partial<Embeddings>;
  return typeof embedQuery === 'function' && typeof embedDocuments === 'function';
}

/**
 * Makes each request a step if the class returns the provider's responses, which state the tokens; otherwise each call of
 * `embedQuery` and `embedDocuments`.
 */
export function traceEmbeddings(prototype: Embeddings, options: CallOptions): void {
  if (typeof prototype.embeddingWithRetry === 'function') {
    const sends = prototype as Required<Embeddings>;
    replaceMethod(sends, 'embeddingWithRetry', (embed) =>
      recordedEmbed(embed, options, rawRequest),
    );
  } else {
    replaceMethod(prototype, 'embedQuery', (embed) => recordedEmbed(embed, options, queryRequest));
    replaceMethod(prototype, 'embedDocuments', (embed) =>
      recordedEmbed(embed, options, documentsRequest),
    );
  }
}

/** The calls in progress, of any copy or build of this package. */
const openCalls = processWide('integrations.embedding-calls.v1', () => new WeakSet());

/** Whether the running code is called by a replaced method, as `embedQuery` is by the `embedDocuments` of some classes. */
function isWithinEmbedding(): boolean {
  const call = currentClientCall();
  return call !== undefined && openCalls.has(call);
}

/** A call of a replaced method. */
interface EmbeddingRequest {
  readonly input: unknown;
  readonly model: string | undefined;
  readonly parameters: JsonObject;
  /**
   * Whether the method returns the provider's response, with its usage. Otherwise the usage is recorded by the client that the
   * method calls, if that is traced.
   */
  readonly hasUsage: boolean;
  /** Reads what the method returned. */
  response(result: unknown): ModelResponse;
}

function recordedEmbed(
  embed: Embed,
  options: CallOptions,
  read: (embeddings: JsonObject, argument: unknown) => EmbeddingRequest,
): Embed {
  return function tracedEmbed(this: object, ...args: never[]): unknown {
    const isRecorded = !isUntraced() && !isWithinEmbedding();
    const call = isRecorded ? EmbeddingCall.start(this, options, read, args[0]) : undefined;
    return call === undefined ? embed.apply(this, args) : call.run(() => embed.apply(this, args));
  };
}

class EmbeddingCall {
  readonly #embeddings: JsonObject;
  readonly #options: CallOptions;
  readonly #request: EmbeddingRequest;
  readonly #recorded: RecordedCall<'embedding'>;

  /** Undefined if nothing is recorded. Never throws. */
  static start(
    embeddings: object,
    options: CallOptions,
    read: (embeddings: JsonObject, argument: unknown) => EmbeddingRequest,
    argument: unknown,
  ): EmbeddingCall | undefined {
    try {
      const request = read(embeddings as JsonObject, argument);
      const recorded = startCall<'embedding'>({
        name: 'LangChain Embedding',
        type: 'embedding',
        inputs: recordedContent(options, 'inputs', { input: request.input }),
        provider: options.provider,
        model: request.model,
        ...(Object.keys(request.parameters).length > 0 && {
          modelParameters: recordedParameters(options, request.parameters),
        }),
      });
      return recorded && new EmbeddingCall(embeddings as JsonObject, options, request, recorded);
    } catch (error) {
      reportFailure('embedding', error);
      return undefined;
    }
  }

  private constructor(
    embeddings: JsonObject,
    options: CallOptions,
    request: EmbeddingRequest,
    recorded: RecordedCall<'embedding'>,
  ) {
    this.#embeddings = embeddings;
    this.#options = options;
    this.#request = request;
    this.#recorded = recorded;
    openCalls.add(recorded);
    recorded.startWaiting();
  }

  /** Calls the original method. A traced client below records nothing if this step has the usage, else a child of this step. */
  run(embed: () => unknown): unknown {
    const send = this.#request.hasUsage ? () => untraced(embed) : embed;
    return runCall(this.#recorded, send, {
      completed: (result) => this.#end(result),
      failed: (error) => this.#fail(error),
    });
  }

  #end(result: unknown): void {
    const response = this.#request.response(result);
    const url = baseUrlOf(this.#embeddings);
    if (url !== undefined) this.#recorded.addBilling(billingOf(response, url));
    this.#recorded.stopWaiting();
    this.#recorded.end({
      ...responseUpdate(this.#options, response, {}),
      provider: this.#provider(url),
    });
  }

  #fail(error: unknown): void {
    const provider = this.#provider(baseUrlOf(this.#embeddings));
    const update = { provider, ...statusUpdate(error) };
    this.#recorded.stopWaiting();
    failCall(this.#recorded as unknown as RecordedCall, this.#options, error, { update });
  }

  #provider(url: URL | undefined): string | undefined {
    const { provider } = this.#options;
    return provider ?? (url === undefined ? vendorOf(this.#embeddings) : providerOf(url));
  }
}

/** The address of its client; undefined before the first request, which creates the client. */
function baseUrlOf({ client }: JsonObject): URL | undefined {
  try {
    const { baseURL } = objectOrEmpty(client);
    return typeof baseURL === 'string' ? new URL(baseURL) : undefined;
  } catch {
    return undefined;
  }
}

/** Providers by the beginning of the class's name. */
const VENDORS: readonly (readonly [name: RegExp, provider: string])[] = [
  [/^Bedrock/, 'bedrock'],
  [/^Cohere/, 'cohere'],
  [/^Fireworks/, 'fireworks_ai'],
  [/^(Google|Vertex)/, 'google'],
  [/^Mistral/, 'mistral'],
  [/^Ollama/, 'ollama'],
  [/^Together/, 'together_ai'],
  [/^Voyage/, 'voyage'],
];

function vendorOf(embeddings: object): string | undefined {
  const { name } = embeddings.constructor;
  return VENDORS.find(([beginning]) => beginning.test(name))?.[1];
}

/** A call of `embeddingWithRetry`, which is given the body of the request. */
function rawRequest(_embeddings: JsonObject, body: unknown): EmbeddingRequest {
  const { input, model, encoding_format: _format, ...parameters } = objectOrEmpty(body);
  return {
    input,
    model: stringOrUndefined(model),
    parameters,
    hasUsage: true,
    response: (result) => readWhole(openAIEmbeddings, result).response(),
  };
}

function queryRequest(embeddings: JsonObject, query: unknown): EmbeddingRequest {
  return vectorRequest(embeddings, query, (vector) => (vector === undefined ? [] : [vector]));
}

function documentsRequest(embeddings: JsonObject, documents: unknown): EmbeddingRequest {
  return vectorRequest(embeddings, documents, arrayOrEmpty);
}

function vectorRequest(
  { model, modelName, dimensions }: JsonObject,
  input: unknown,
  vectors: (result: unknown) => readonly unknown[],
): EmbeddingRequest {
  return {
    input,
    model: stringOrUndefined(model) ?? stringOrUndefined(modelName),
    parameters: typeof dimensions === 'number' ? { dimensions } : {},
    hasUsage: false,
    response: (result) => {
      const [first] = vectors(result);
      return {
        fields: {
          embeddingCount: vectors(result).length,
          embeddingDimensions: dimensionsOf(first),
        },
      };
    },
  };
}
