import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import * as ai5 from 'ai5';
import * as ai6 from 'ai6';
import * as ai7 from 'ai7';
import { functionsOf, UNRECORDED } from './ai-sdk-functions.ts';
import { type Specification, tablesOfModels, typesOfModels } from './ai-sdk-models.ts';
import { coverageSuite } from './suite.ts';

const VERSIONS: readonly (readonly [page: string, number, object, Specification])[] = [
  ['ai-sdk-5', 5, ai5, 'v2'],
  ['ai-sdk-6', 6, ai6, 'v3'],
  ['ai-sdk', 7, ai7, 'v4'],
];

for (const [page, version, ai, specification] of VERSIONS) {
  coverageSuite({
    page,
    client: `ai ${version}, its models by \`traceModel\``,
    types: typesOfModels(`ai${version}`, specification),
    answers: tablesOfModels(specification),
    tried: {
      methods: () => functionsOf({ ai, version: specification, wrap: traceModel }),
      unrecorded: version === 7 ? UNRECORDED : {},
    },
  });
}
