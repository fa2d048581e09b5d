/** The price list of `@pydantic/genai-prices`, and a model in it. */

export type PriceList = typeof import('@pydantic/genai-prices');

/** A model as the list has it. */
export interface ListedModel {
  readonly list: PriceList;
  readonly providerId: string;
  /** The name that the list finds the model by. */
  readonly name: string;
  /** The list's own name of the model. */
  readonly id: string;
  readonly prices: Readonly<Record<string, unknown>>;
  readonly timestamp: Date;
}
