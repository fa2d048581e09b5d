import type { Billing } from '@openlayer-tracing/core/integration';
import { fieldsNamed, type JsonObject } from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { KNOWN_OF_MEDIA, MediaReader, mediaShape } from './media-reader.js';

/** Videos are created after the response, which describes them. */
export const openAIVideos = mediaShape(
  'Video',
  /\/videos(\/edits|\/extensions|\/[^/]+\/remix)?$/,
  () => new VideoReader(),
);

const KNOWN_OF_VIDEO = new Set([...KNOWN_OF_MEDIA, ...wordArray('prompt status seconds size')]);

class VideoReader extends MediaReader {
  #video: JsonObject = {};

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

  protected override readFields(body: JsonObject): void {
    super.readFields(body);
    this.#video = body;
    this.unknown.add(body, KNOWN_OF_VIDEO);
    if (body.status === 'failed') this.failure ??= 'the video failed';
  }

  protected readOther(): void {}
}
