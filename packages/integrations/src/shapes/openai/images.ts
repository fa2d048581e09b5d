import type { Billing, TokenCounts } from '@openlayer-tracing/core/integration';
import { withoutMedia } from '../../common/content/media.js';
import {
  arrayOrEmpty,
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { KNOWN_OF_MEDIA, MediaReader, mediaShape } from './media-reader.js';
import { tokensOfImages } from './usage.js';

export const openAIImages = mediaShape(
  'Image',
  /\/images\/(generations|edits|variations)$/,
  () => new ImageReader(),
);

/** OpenRouter's images, which are created and edited by one path. */
export const openRouterImages = mediaShape('Image', /\/images$/, () => new ImageReader());

const KNOWN_OF_IMAGES = new Set([
  ...KNOWN_OF_MEDIA,
  ...wordArray('type data b64_json url partial_image_index sequence_number'),
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

  protected override readFields(body: JsonObject): void {
    super.readFields(body);
    this.unknown.add(body, KNOWN_OF_IMAGES);
    const format = stringOrUndefined(body.output_format);
    for (const image of arrayOrEmpty(body.data))
      this.#add(withFormat(objectOrEmpty(image), format));
    const type = stringOrUndefined(body.type) ?? '';
    const image = withFormat(fieldsNamed(body, IMAGE_KEYS), format);
    if (type.endsWith('.partial_image')) this.#unfinished = withoutMedia(image);
    else if (type.endsWith('.completed')) {
      this.#add(image);
      this.isComplete = true;
    }
  }

  protected readOther(body: unknown): void {
    if (typeof body === 'string') this.#add(body);
  }

  #add(image: unknown): void {
    if (this.#images.length < MAX_IMAGES) this.#images.push(withoutFormat(withoutMedia(image)));
  }
}

/** The image with the format that states its media type. */
function withFormat(image: JsonObject, format: string | undefined): JsonObject {
  return format === undefined ? image : { ...image, output_format: format };
}

function withoutFormat(image: unknown): unknown {
  return isJsonObject(image) ? fieldsExcept(image, 'output_format') : image;
}
