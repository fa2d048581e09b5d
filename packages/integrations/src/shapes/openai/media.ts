/** OpenAI's images, videos, speech and transcription. Media are recorded by their type and size only. */

import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import { bytesOfBase64, nameMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  fieldsExcept,
  fieldsNamed,
  isRecord,
  type Json,
  knownFirst,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { nameArray, nameSet } from '../../common/names.js';
import { CollectedText } from '../reading/collected-text.js';
import { OtherFacts } from '../reading/other-facts.js';
import type { ModelRequest, ModelResponse, ResponseReader, Shape } from '../shape.js';
import { deploymentOf } from './chat.js';
import { OpenAIUsage, tokensOfImages } from './usage.js';

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

function mediaShape(
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

export const openAIImages = mediaShape(
  'Image',
  /\/images\/(generations|edits|variations)$/,
  () => new ImageReader(),
);

/** OpenRouter's images, which are created and edited by one path. */
export const openRouterImages = mediaShape('Image', /\/images$/, () => new ImageReader());

export const openAISpeech = mediaShape(
  'Speech',
  /\/audio\/speech$/,
  ({ params }) => new SpeechReader(params),
);

export const openAITranscription = mediaShape(
  'Transcription',
  /\/audio\/(transcriptions|translations)$/,
  () => new TranscriptionReader(),
);

/** Videos are created after the response, which describes them. */
export const openAIVideos = mediaShape(
  'Video',
  /\/videos(\/edits|\/extensions|\/[^/]+\/remix)?$/,
  () => new VideoReader(),
);

const READ = nameSet('usage error object created created_at id model');

/** Reads the fields that these responses have in common. */
abstract class MediaReader implements ResponseReader {
  isComplete = false;
  failure: unknown = undefined;
  amount = 0;
  protected readonly facts = new OtherFacts();
  protected readonly usage = new OpenAIUsage();
  protected model: string | undefined;
  protected id: string | undefined;

  abstract get output(): unknown;

  readWhole(body: unknown): void {
    this.isComplete = true;
    this.amount++;
    if (isRecord(body)) this.take(body);
    else this.takeOther(body);
  }

  readEvent(event: Json): boolean {
    this.take(event);
    this.amount++;
    return true;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const others = this.usage.others;
    return {
      model: this.model,
      output: this.output,
      tokens: this.tokens,
      billing: { ...this.usage.billing, ...this.billing },
      metadata: { responseId: this.id },
      details: knownFirst(others && { usage: others }, this.facts.facts),
    };
  }

  protected get tokens(): TokenCounts | undefined {
    return this.usage.tokens;
  }

  /** What the price depends on besides the tokens. */
  protected get billing(): Billing {
    return {};
  }

  protected take(body: Json): void {
    const { error } = body;
    if (error !== undefined && error !== null) this.failure ??= error;
    if (body.type === 'error') this.failure ??= fieldsExcept(body, 'type');
    this.usage.take(body.usage);
    this.model = stringOrUndefined(body.model) ?? this.model;
    this.id = stringOrUndefined(body.id) ?? this.id;
  }

  /** Reads a body that is no JSON: audio or text. */
  protected abstract takeOther(body: unknown): void;
}

const READ_OF_IMAGES = new Set([
  ...READ,
  ...nameArray('type data b64_json url partial_image_index sequence_number'),
]);
const IMAGE_KEYS = ['b64_json', 'url', 'partial_image_index'];
const MAX_IMAGES = 64;

class ImageReader extends MediaReader {
  readonly hasEndMarker = true;
  readonly #images: unknown[] = [];
  /** The last partial image, until an image is complete. */
  #unfinished: unknown;

  get output(): unknown {
    if (this.#images.length > 0) return this.#images;
    return this.#unfinished === undefined ? undefined : [this.#unfinished];
  }

  protected override get tokens(): TokenCounts | undefined {
    return tokensOfImages(this.usage.tokens);
  }

  protected override get billing(): Billing {
    return this.#images.length > 0 ? { pictures: this.#images.length } : {};
  }

  protected override take(body: Json): void {
    super.take(body);
    this.facts.add(body, READ_OF_IMAGES);
    const format = stringOrUndefined(body.output_format);
    for (const image of arrayOrEmpty(body.data))
      this.#add(withFormat(objectOrEmpty(image), format));
    const type = stringOrUndefined(body.type) ?? '';
    const image = withFormat(fieldsNamed(body, IMAGE_KEYS), format);
    if (type.endsWith('.partial_image')) this.#unfinished = nameMedia(image);
    else if (type.endsWith('.completed')) {
      this.#add(image);
      this.isComplete = true;
    }
  }

  protected takeOther(body: unknown): void {
    if (typeof body === 'string') this.#add(body);
  }

  #add(image: unknown): void {
    if (this.#images.length < MAX_IMAGES) this.#images.push(withoutFormat(nameMedia(image)));
  }
}

/** The image with the format that states its media type. */
function withFormat(image: Json, format: string | undefined): Json {
  return format === undefined ? image : { ...image, output_format: format };
}

function withoutFormat(image: unknown): unknown {
  return isRecord(image) ? fieldsExcept(image, 'output_format') : image;
}

const READ_OF_SPEECH = new Set([...READ, 'type', 'audio', 'data']);

class SpeechReader extends MediaReader {
  readonly #params: Json;
  #sound: unknown;
  #bytes = 0;

  constructor(params: Json) {
    super();
    this.#params = params;
  }

  /** Audio that is not sent as events has no end marker. */
  get hasEndMarker(): boolean {
    return this.#bytes > 0;
  }

  get output(): unknown {
    if (this.#bytes === 0) return this.#sound;
    return `[audio, ${this.#bytes} bytes]`;
  }

  protected override get billing(): Billing {
    const { input } = this.#params;
    return typeof input === 'string' ? { characters: input.length } : {};
  }

  protected override take(body: Json): void {
    super.take(body);
    this.facts.add(body, READ_OF_SPEECH);
    const data = stringOrUndefined(body.audio) ?? stringOrUndefined(body.data);
    if (data !== undefined) this.#bytes += bytesOfBase64(data);
    if (body.type === 'speech.audio.done') this.isComplete = true;
  }

  protected takeOther(body: unknown): void {
    this.#sound = body;
  }
}

const READ_OF_TRANSCRIPT = new Set([...READ, ...nameArray('type text delta task')]);
const SEGMENT = 'transcript.text.segment';

class TranscriptionReader extends MediaReader {
  readonly acceptsText = true;
  #text = new CollectedText();
  #isStream = false;

  get hasEndMarker(): boolean {
    return this.#isStream;
  }

  get output(): unknown {
    return this.#text.chars > 0 ? this.#text.toString() : undefined;
  }

  protected override get billing(): Billing {
    const { duration } = this.facts.facts;
    // Some services send the length as a string.
    const seconds = Number(duration ?? Number.NaN);
    const { seconds: billed = seconds } = this.usage.billing;
    return billed >= 0 ? { seconds: billed } : {};
  }

  protected override take(body: Json): void {
    super.take(body);
    const { type } = body;
    if (type === SEGMENT) {
      this.#isStream = true;
      this.facts.add({ segments: [fieldsExcept(body, 'type')] });
      return;
    }
    this.facts.add(body, READ_OF_TRANSCRIPT);
    if (type === 'transcript.text.delta') {
      this.#isStream = true;
      this.#text.add(stringOrUndefined(body.delta) ?? '');
      return;
    }
    if (type === 'transcript.text.done') this.isComplete = true;
    if (typeof body.text !== 'string') return;
    // This event repeats the whole text.
    this.#text = new CollectedText();
    this.#text.add(body.text);
  }

  protected takeOther(body: unknown): void {
    this.#text.add(stringOrUndefined(body)?.trimEnd() ?? '');
  }
}

const READ_OF_VIDEO = new Set([...READ, ...nameArray('prompt status seconds size')]);

class VideoReader extends MediaReader {
  #video: Json = {};

  get output(): unknown {
    const { status } = this.#video;
    return status === undefined
      ? undefined
      : fieldsNamed(this.#video, ['id', 'status', 'seconds', 'size']);
  }

  protected override get billing(): Billing {
    const seconds = Number(this.#video.seconds ?? Number.NaN);
    return seconds >= 0 ? { seconds } : {};
  }

  protected override take(body: Json): void {
    super.take(body);
    this.#video = body;
    this.facts.add(body, READ_OF_VIDEO);
    if (body.status === 'failed') this.failure ??= 'the video failed';
  }

  protected takeOther(): void {}
}
