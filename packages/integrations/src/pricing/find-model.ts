/** Finds the model of a call in the price list. */

import type { PricedCall } from '@openlayer-tracing/core/integration';
import type { ListedModel, PriceList } from './listed-model.js';
import { isTuned, modelNames } from './model-names.js';
import { regionOfCall } from './regions.js';
import { hasWrongPrices } from './wrong-prices.js';

type ModelInfo = NonNullable<ReturnType<PriceList['findProvider']>>['models'][number];

/** The model of a call in the list; undefined if the list has no price for it that can be trusted. */
export function findModel(
  list: PriceList,
  providerId: string,
  call: PricedCall,
): ListedModel | undefined {
  // The name of a deployment is its owner's choice.
  if (call.model === undefined || call.billing.isDeployment === true) return undefined;
  const timestamp = new Date(call.startTime);
  for (const name of namesInList(list, providerId, call, call.model)) {
    const found = list.calcPrice({}, name, { providerId, timestamp });
    if (found === null) continue;
    const { id, price_comments: comments } = found.model;
    // The price of its base says nothing about a fine-tuned model.
    if (isTuned(name) !== isTuned(id)) return undefined;
    if (providerId !== 'openrouter' && isFromGateway(comments)) return undefined;
    if (!isSoldBy(list, providerId, found.model)) return undefined;
    if (!isSameKind(name, found.model)) return undefined;
    if (hasWrongPrices(providerId, [call.model, name], call.startTime)) return undefined;
    return { list, providerId, name, id, prices: found.model_price, timestamp };
  }
  return undefined;
}

/** Whether the list took the prices from a gateway, and not from the provider. */
function isFromGateway(comments: string | undefined): boolean {
  return /open ?router|trusting the original source/i.test(comments ?? '');
}

function* namesInList(
  list: PriceList,
  providerId: string,
  call: PricedCall,
  model: string,
): Generator<string> {
  // An ARN contains names of models that it does not stand for, as that of a custom model does.
  const names = modelNames(call.provider, model).filter((name) => !name.startsWith('arn:'));
  if (providerId === 'aws') {
    const region = regionOfCall(call);
    for (const name of names) yield* withProfile(name, region);
  }
  yield* names;
  yield* pathsTo(list, providerId, model);
}

/** The name with the inference profile that decides the price, which responses leave out. */
function withProfile(name: string, region: string | undefined): readonly string[] {
  if (region === undefined || /\d/.test(region) || name.startsWith(`${region}.`)) return [];
  return [`${region}.${name.startsWith('claude-') ? 'anthropic.' : ''}${name}`];
}

/** The full name of a model whose path clients leave out, if only one model has the rest of the name. */
function pathsTo(list: PriceList, providerId: string, model: string): readonly string[] {
  if (model.includes('/')) return [];
  const models = list.findProvider({ providerId })?.models ?? [];
  const ids = models.flatMap(({ id, match }) => ('equals' in match ? [id, match.equals] : [id]));
  const found = new Set(ids.filter((id) => id.endsWith(`/${model}`)));
  return found.size === 1 ? [...found] : [];
}

/**
 * Clouds that sell the models of these vendors at the vendors' prices. The list has more such vendors for Azure, whose
 * models cost two or three times as much there.
 */
const AT_VENDORS_PRICES: Readonly<Record<string, readonly string[]>> = {
  azure: ['openai', 'anthropic'],
  google: ['anthropic'],
};

function isSoldBy(list: PriceList, providerId: string, model: ModelInfo): boolean {
  const sellers = [providerId, ...(AT_VENDORS_PRICES[providerId] ?? [])];
  return sellers.some((seller) =>
    list.findProvider({ providerId: seller })?.models.includes(model),
  );
}

/** Words that tell models of one family apart, whose prices differ. */
const KINDS =
  /(?<![a-z])(image|audio|live|tts|realtime|transcribe|embed|embedding|mini|nano|lite|pro|fast|highspeed|flash|turbo|ultra|max|vision|codex|research|computer|safeguard)(?![a-z])/g;

/** The list finds some models by the beginning of their names, which newer models of another kind share. */
function isSameKind(name: string, { id, match }: ModelInfo): boolean {
  const listedKinds = kindsOf(`${id} ${JSON.stringify(match)}`);
  return [...kindsOf(name)].every((kind) => listedKinds.has(kind));
}

function kindsOf(text: string): ReadonlySet<string> {
  return new Set([...text.toLowerCase().matchAll(KINDS)].map(([kind]) => kind));
}
