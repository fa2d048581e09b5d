/** Records LangChain's embeddings, for which LangChain calls no callback. */

import {
  isUntraced,
  type RecordedCall,
  reportFailure,
  runCall,
  startCall,
  untraced,
} from '@openlayer-tracing/core/integration';
import { recordedContent, recordedParameters } from '../common/content/recorded-content.js';
import { failCall } from '../common/failures/fail-call.js';
import { replaceMethod } from '../common/hooks/replace-method.js';
import { arrayOrEmpty, type Json, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { providerOf } from '../common/providers.js';
import { billingOf, responseUpdate } from '../http/calls/response-update.js';
import { openAIEmbeddings } from '../shapes/openai/embeddings.js';
import { dimensionsOf } from '../shapes/reading/dimensions.js';
import { readWhole } from '../shapes/reading/read-whole.js';
import type { ModelResponse } from '../shapes/shape.js';

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

/** A call of a replaced method. */
interface EmbeddingRequest {
  readonly input: unknown;
  readonly model: string | undefined;
  readonly parameters: Json;
  /** Reads what the method returned. */
  response(result: unknown): ModelResponse;
}

function recordedEmbed(
  embed: Embed,
  options: CallOptions,
  read: (embeddings: Json, argument: unknown) => EmbeddingRequest,
): Embed {
  return function tracedEmbed(this: object, ...args: never[]): unknown {
    const call = isUntraced() ? undefined : EmbeddingCall.start(this, options, read, args[0]);
    return call === undefined ? embed.apply(this, args) : call.run(() => embed.apply(this, args));
  };
}

class EmbeddingCall {
  readonly #embeddings: Json;
  readonly #options: CallOptions;
  readonly #request: EmbeddingRequest;
  readonly #recorded: RecordedCall<'embedding'>;

  /** Undefined if nothing is recorded. Never throws. */
  static start(
    embeddings: object,
    options: CallOptions,
    read: (embeddings: Json, argument: unknown) => EmbeddingRequest,
    argument: unknown,
  ): EmbeddingCall | undefined {
    try {
      const request = read(embeddings as Json, argument);
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
      return recorded && new EmbeddingCall(embeddings as Json, options, request, recorded);
    } catch (error) {
      reportFailure('embedding', error);
      return undefined;
    }
  }

  private constructor(
    embeddings: Json,
    options: CallOptions,
    request: EmbeddingRequest,
    recorded: RecordedCall<'embedding'>,
  ) {
    this.#embeddings = embeddings;
    this.#options = options;
    this.#request = request;
    this.#recorded = recorded;
    recorded.startWaiting();
  }

  /** Calls the original method. Its client may be traced as well, and records nothing then. */
  run(embed: () => unknown): unknown {
    return runCall(this.#recorded, () => untraced(embed), {
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
    const update = { provider: this.#provider(baseUrlOf(this.#embeddings)) };
    this.#recorded.stopWaiting();
    failCall(this.#recorded as unknown as RecordedCall, this.#options, error, { update });
  }

  #provider(url: URL | undefined): string | undefined {
    const { provider } = this.#options;
    return provider ?? (url === undefined ? vendorOf(this.#embeddings) : providerOf(url));
  }
}

/** The address of its client; undefined before the first request, which creates the client. */
function baseUrlOf({ client }: Json): URL | undefined {
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
function rawRequest(_embeddings: Json, body: unknown): EmbeddingRequest {
  const { input, model, encoding_format: _format, ...parameters } = objectOrEmpty(body);
  return {
    input,
    model: stringOrUndefined(model),
    parameters,
    response: (result) => readWhole(openAIEmbeddings, result).response(),
  };
}

function queryRequest(embeddings: Json, query: unknown): EmbeddingRequest {
  return vectorRequest(embeddings, query, (vector) => (vector === undefined ? [] : [vector]));
}

function documentsRequest(embeddings: Json, documents: unknown): EmbeddingRequest {
  return vectorRequest(embeddings, documents, arrayOrEmpty);
}

function vectorRequest(
  { model, modelName, dimensions }: Json,
  input: unknown,
  vectors: (result: unknown) => readonly unknown[],
): EmbeddingRequest {
  return {
    input,
    model: stringOrUndefined(model) ?? stringOrUndefined(modelName),
    parameters: typeof dimensions === 'number' ? { dimensions } : {},
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
