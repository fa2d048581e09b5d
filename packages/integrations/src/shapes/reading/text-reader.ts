import {
  arrayOrEmpty,
  countOrUndefined,
  fieldsExcept,
  isJsonObject,
  type JsonObject,
  knownFirst,
  objectOrEmpty,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { wordArray } from '../../common/words.js';
import { CollectedText } from './collected-text.js';
import { LoosePart } from './loose-part.js';
import type { ExtendedText, ModelResponse, ResponseReader } from './shape.js';

const MAX_TEXTS = 16;
/** Fields with an array of texts, under the names of the vendors. */
const ARRAY_FIELDS = ['generations', 'completions', 'results', 'outputs', 'choices'];
/** Known fields of one text. */
const KNOWN_OF_TEXT = wordArray(`
  text outputText generation completion data message index stop_reason finish_reason
  completionReason finishReason tokenCount is_finished
`);
/** Known fields of the response. */
const KNOWN = [
  ...KNOWN_OF_TEXT,
  ...ARRAY_FIELDS,
  ...wordArray(`
    id response_id generation_id model stop type error prompt prompt_token_count
    inputTextTokenCount generation_token_count totalOutputTextTokenCount
  `),
];

/** One of the texts of a response. */
class OneText {
  readonly text = new CollectedText();
  /** Unknown fields. */
  readonly unknown = new LoosePart();
  #finishReason: string | undefined;
  #tokens: number | undefined;

  get finishReason(): string | undefined {
    return this.#finishReason;
  }

  get tokens(): number | undefined {
    return this.#tokens;
  }

  /** Adds a piece of the text, or the whole of it. */
  addPiece(item: JsonObject): void {
    this.text.add(pieceIn(item) ?? '');
    this.#finishReason = finishReasonIn(item) ?? this.#finishReason;
    this.#tokens = countOrUndefined(item.tokenCount) ?? this.#tokens;
  }
}

/** Reads responses of models that continue a text, of all vendors: one text or several, whole or in pieces. */
export class TextReader implements ResponseReader {
  isComplete = false;
  readonly hasEndMarker = true;
  failure: unknown = undefined;
  readonly #texts: OneText[] = [];
  /** Unknown fields, with the last value of each. */
  #unknown: JsonObject = {};
  #model: string | undefined;
  #id: string | undefined;
  #stopSequence: string | undefined;
  #input: number | undefined;
  #output: number | undefined;

  get amount(): number {
    return this.#texts.reduce((sum, each) => sum + each.text.chars, 0);
  }

  readWhole(body: unknown): void {
    if (isJsonObject(body)) this.readEvent(body);
    else if (body !== undefined) this.#unknown = { body };
    this.isComplete = true;
  }

  readEvent(event: JsonObject): boolean {
    if (event.type === 'ping') return false;
    const before = this.amount;
    if (event.error !== undefined && event.error !== null) this.#fail(event.error);
    this.#model ??= stringOrUndefined(event.model);
    this.#id ??=
      stringOrUndefined(event.id) ??
      stringOrUndefined(event.response_id) ??
      stringOrUndefined(event.generation_id);
    this.#stopSequence = stringOrUndefined(event.stop) ?? this.#stopSequence;
    this.#input =
      countOrUndefined(event.prompt_token_count) ??
      countOrUndefined(event.inputTextTokenCount) ??
      this.#input;
    this.#output =
      countOrUndefined(event.generation_token_count) ??
      countOrUndefined(event.totalOutputTextTokenCount) ??
      this.#output;
    const key = ARRAY_FIELDS.find((name) => Array.isArray(event[name]));
    if (key !== undefined) this.#readItems(arrayOrEmpty(event[key]));
    else if (pieceIn(event) !== undefined || finishReasonIn(event) !== undefined) {
      this.#ensureText(countOrUndefined(event.index) ?? 0)?.addPiece(event);
    }
    this.#unknown = { ...this.#unknown, ...presentFields(fieldsExcept(event, ...KNOWN)) };
    const reasons = this.#texts.map(({ finishReason }) => finishReason);
    this.isComplete = reasons.length > 0 && reasons.every((reason) => reason !== undefined);
    return this.amount > before;
  }

  extendedText(event: JsonObject): ExtendedText | undefined {
    const names = ['generation', 'completion', 'outputText', 'text'];
    const [key, ...others] = names.filter((name) => event[name]);
    const isOneOf = event.index !== undefined && event.index !== 0;
    if (key === undefined || others.length > 0 || isOneOf) return undefined;
    const first = this.#texts[0];
    return first?.finishReason === undefined && first !== undefined
      ? { key, text: first.text }
      : undefined;
  }

  endOfEvents(): void {
    this.isComplete = true;
  }

  response(): ModelResponse {
    const nonEmpty = this.#texts.filter(({ text: each }) => each.chars > 0);
    const texts = nonEmpty.map(({ text: each }) => each.toString());
    const unknown = this.#unknown;
    const unknownOfTexts = this.#texts.map((each) => each.unknown.value);
    const counted = this.#texts.map(({ tokens }) => tokens).filter((each) => each !== undefined);
    const output = this.#output ?? (counted.length > 0 ? sumOf(counted) : undefined);
    const isCounted = this.#input !== undefined || output !== undefined;
    // A response of an unknown form is kept as a whole.
    const isUnknown = texts.length === 0 && this.isComplete && Object.keys(unknown).length > 0;
    const reasons = this.#texts.map(({ finishReason }) => finishReason);
    return {
      model: this.#model,
      output: isUnknown ? unknown : texts.length > 1 ? texts : texts[0],
      ...(isCounted && { tokens: { input: this.#input, output } }),
      metadata: {
        responseId: this.#id,
        finishReason: reasons[0],
        finishReasons: reasons.length > 1 ? reasons : undefined,
      },
      details: knownFirst(
        {
          ...(this.#stopSequence !== undefined && { stopSequence: this.#stopSequence }),
          ...(unknownOfTexts.some((each) => Object.keys(each).length > 0) && {
            choices: unknownOfTexts,
          }),
        },
        isUnknown ? {} : unknown,
      ),
    };
  }

  #readItems(items: readonly unknown[]): void {
    for (const [i, each] of items.entries()) {
      const item = objectOrEmpty(each);
      const one = this.#ensureText(countOrUndefined(item.index) ?? i);
      one?.addPiece(item);
      one?.unknown.add(presentFields(fieldsExcept(item, ...KNOWN_OF_TEXT)));
    }
  }

  /** The text with this number, a new one if there is none; undefined above the limit. */
  #ensureText(index: number): OneText | undefined {
    if (index >= MAX_TEXTS) return undefined;
    while (this.#texts.length <= index) this.#texts.push(new OneText());
    return this.#texts[index];
  }

  #fail(error: unknown): void {
    this.failure = isJsonObject(error) ? error : { message: String(error) };
  }
}

/** The text of an event, or of an item of an array, under the names of the vendors. */
function pieceIn(item: JsonObject): string | undefined {
  return (
    stringOrUndefined(item.text) ??
    stringOrUndefined(item.outputText) ??
    stringOrUndefined(item.generation) ??
    stringOrUndefined(item.completion) ??
    stringOrUndefined(objectOrEmpty(item.data).text) ??
    stringOrUndefined(item.message)
  );
}

function finishReasonIn(item: JsonObject): string | undefined {
  const reason = item.stop_reason ?? item.finish_reason ?? item.completionReason;
  return stringOrUndefined(reason) ?? reasonIn(item.finishReason);
}

function reasonIn(value: unknown): string | undefined {
  return stringOrUndefined(value) ?? stringOrUndefined(objectOrEmpty(value).reason);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((all, each) => all + each, 0);
}
