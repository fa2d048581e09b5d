/** What OpenAI's images, videos, speech and transcription have in common. Media are recorded by their type and size only. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import {
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  knownFirst,
  stringOrUndefined,
} from '../../common/json.js';
import { wordSet } from '../../common/words.js';
import type { ModelRequest, ModelResponse, ResponseReader, Shape } from '../reading/shape.js';
import { UnknownFields } from '../reading/unknown-fields.js';
import { deploymentOf } from './chat.js';
import { OpenAIUsage } from './usage.js';

/** Fields with inputs. All other fields are parameters. */
const INPUTS = [
  'prompt',
  'image',
  'images',
  'image_url',
  'reference_images',
  'mask',
  'markup',
  'input',
  'instructions',
  'file',
  'input_reference',
  'video',
  'known_speaker_references',
] as const;

/** @param path matches the end of the path of such a request */
export function mediaShape(
  operation: string,
  path: RegExp,
  reader: (request: ModelRequest) => ResponseReader,
): Shape<'chat_completion'> {
  return {
    operation,
    type: 'chat_completion',
    matches: ({ url }) => path.test(url.pathname),
    describe: ({ url, params }) => ({
      inputs: fieldsNamed(params, INPUTS),
      model: stringOrUndefined(params.model) || deploymentOf(url),
      modelParameters: fieldsExcept(params, 'model', ...INPUTS),
    }),
    reader,
  };
}

/** Fields that these responses have in common, and that are read. */
export const KNOWN_OF_MEDIA = wordSet('usage error object created created_at id model');

/** Reads the fields that these responses have in common. */
export abstract class MediaReader implements ResponseReader {
  isComplete = false;
  failure: unknown = undefined;
  amount = 0;
  protected readonly unknown = new UnknownFields();
  protected readonly usage = new OpenAIUsage();
  protected model: string | undefined;
  protected id: string | undefined;

  abstract get output(): unknown;

  readWhole(body: unknown): void {
    this.isComplete = true;
    this.amount++;
    if (isJsonObject(body)) this.readFields(body);
    else this.readOther(body);
  }

  readEvent(event: JsonObject): boolean {
    this.readFields(event);
    this.amount++;
    return true;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const unknownUsage = this.usage.unknownFields;
    return {
      model: this.model,
      output: this.output,
      tokens: this.tokens,
      billing: { ...this.usage.billing, ...this.billing },
      metadata: { responseId: this.id },
      details: knownFirst(unknownUsage && { usage: unknownUsage }, this.unknown.fields),
    };
  }

  protected get tokens(): TokenCounts | undefined {
    return this.usage.tokens;
  }

  /** What the price depends on besides the tokens. */
  protected get billing(): Billing {
    return {};
  }

  protected readFields(body: JsonObject): void {
    const { error } = body;
    if (error !== undefined && error !== null) this.failure ??= error;
    if (body.type === 'error') this.failure ??= fieldsExcept(body, 'type');
    this.usage.read(body.usage);
    this.model = stringOrUndefined(body.model) ?? this.model;
    this.id = stringOrUndefined(body.id) ?? this.id;
  }

  /** Reads a body that is no JSON: audio or text. */
  protected abstract readOther(body: unknown): void;
}
