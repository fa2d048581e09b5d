/** Amazon Bedrock's `ApplyGuardrail`, `InvokeGuardrailChecks` and `StartAsyncInvoke`. */

import {
  type Billing,
  type GuardrailFields,
  percentDecoded,
  type StepUpdate,
} from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  fieldsExcept,
  type JsonObject,
  objectOrEmpty,
  positiveCounts,
  presentFields,
  stringOrUndefined,
} from '../../common/json.js';
import { PlainReader } from '../reading/plain-reader.js';
import type { ModelResponse, Shape } from '../reading/shape.js';
import { bareBedrockModel } from './model-id.js';

export const bedrockGuardrail: Shape<'guardrail'> = {
  operation: 'Guardrail',
  type: 'guardrail',
  matches: ({ url }) => /\/guardrail\/[^/]+\/version\/[^/]+\/apply$/.test(url.pathname),
  describe: ({ url, params }) => {
    const [, guardrail = '', version = ''] =
      /\/guardrail\/([^/]+)\/version\/([^/]+)\//.exec(url.pathname) ?? [];
    return {
      inputs: { content: params.content },
      modelParameters: {
        guardrailIdentifier: percentDecoded(guardrail),
        guardrailVersion: percentDecoded(version),
        ...fieldsExcept(params, 'content'),
      },
    };
  },
  reader: ({ params }) =>
    new PlainReader((body) => readGuardrail(objectOrEmpty(body), params.source)),
};

function readGuardrail(body: JsonObject, source: unknown): ModelResponse {
  const { action, actionReason, outputs, usage, ...others } = body;
  const texts = arrayOrEmpty(outputs).map(
    (each) => stringOrUndefined(objectOrEmpty(each).text) ?? each,
  );
  return {
    output: texts.length > 1 ? texts : texts[0],
    billing: policyUnits(usage),
    fields: {
      action: actionOf(action, actionReason),
      reason: stringOrUndefined(actionReason),
      dataType: source === 'INPUT' ? 'input' : source === 'OUTPUT' ? 'output' : undefined,
      detectedEntities: foundIn(others.assessments),
    } satisfies GuardrailFields as StepUpdate,
    metadata: { action: stringOrUndefined(action) },
    details: presentFields(others),
  };
}

function actionOf(action: unknown, reason: unknown): string | undefined {
  if (action === 'NONE') return 'allow';
  if (action !== 'GUARDRAIL_INTERVENED') return undefined;
  return /mask/i.test(stringOrUndefined(reason) ?? '') ? 'modify' : 'block';
}

/** The kinds of the entities that the guardrail found, such as `EMAIL`, without their values. */
function foundIn(assessments: unknown): readonly string[] | undefined {
  const found = new Set<string>();
  for (const assessment of arrayOrEmpty(assessments)) {
    const { topicPolicy, contentPolicy, sensitiveInformationPolicy } = objectOrEmpty(assessment);
    const { piiEntities, regexes } = objectOrEmpty(sensitiveInformationPolicy);
    const all = [
      ...arrayOrEmpty(objectOrEmpty(topicPolicy).topics).map((each) => objectOrEmpty(each).name),
      ...arrayOrEmpty(objectOrEmpty(contentPolicy).filters).map((each) => objectOrEmpty(each).type),
      ...arrayOrEmpty(piiEntities).map((each) => objectOrEmpty(each).type),
      ...arrayOrEmpty(regexes).map((each) => objectOrEmpty(each).name),
    ];
    for (const each of all) if (typeof each === 'string') found.add(each);
  }
  return found.size > 0 ? [...found] : undefined;
}

/** The billed units of each policy. */
function policyUnits(usage: unknown): Billing | undefined {
  const units = positiveCounts(usage);
  return units && { units };
}

export const bedrockChecks: Shape<'guardrail'> = {
  operation: 'Guardrail Checks',
  type: 'guardrail',
  matches: ({ url }) => url.pathname.endsWith('/guardrail-checks/invoke'),
  describe: ({ params }) => ({
    inputs: { messages: params.messages },
    modelParameters: fieldsExcept(params, 'messages'),
  }),
  reader: () =>
    new PlainReader((body) => {
      const { results, usage, ...unknown } = objectOrEmpty(body);
      const flat = Object.entries(objectOrEmpty(usage)).map(([check, used]) => [
        check,
        objectOrEmpty(used).textUnits,
      ]);
      return {
        output: results,
        billing: policyUnits(Object.fromEntries(flat)),
        details: presentFields(unknown),
      };
    }),
};

/** A request whose result is written to a bucket later: the step has the input and the ARN. */
export const bedrockAsync: Shape<'chat_completion'> = {
  operation: 'Async Invoke',
  type: 'chat_completion',
  matches: ({ url, params }) =>
    url.pathname.endsWith('/async-invoke') && params.modelId !== undefined,
  describe: ({ params }) => {
    const model = stringOrUndefined(params.modelId);
    return {
      inputs: { input: params.modelInput },
      model: model === undefined ? undefined : bareBedrockModel(model),
      modelParameters: fieldsExcept(params, 'modelId', 'modelInput', 'clientRequestToken'),
    };
  },
  reader: () => new PlainReader((body) => ({ output: body })),
};
