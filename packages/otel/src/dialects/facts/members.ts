/**
 * The members of facts that the tables of dialects name, each with its kind. A table cannot name a member that is missing
 * here.
 */

import { lookUp } from '../data/look-up.js';

/** Content is what went in or came out: an export without content leaves it out. All else is a label. */
type MemberKind = 'content' | 'label';

const metadata = {
  agentDescription: 'label',
  agentId: 'label',
  agentVersion: 'label',
  dataSourceId: 'label',
  entityPath: 'label',
  entityVersion: 'label',
  environment: 'label',
  /** What the model generated, as base64. */
  files: 'content',
  functionId: 'label',
  levelNumber: 'label',
  mcpMethod: 'label',
  mcpProtocolVersion: 'label',
  mcpRequestId: 'label',
  /** What the caller asked for. */
  mcpResource: 'content',
  mcpSessionId: 'label',
  /** A text with the values of the span filled in. */
  message: 'content',
  model: 'label',
  project: 'label',
  promptId: 'label',
  promptName: 'label',
  promptTemplate: 'content',
  promptUrl: 'label',
  promptVariables: 'content',
  promptVendor: 'label',
  promptVersion: 'label',
  /** It may hold searches, citations and probabilities of tokens. */
  providerMetadata: 'content',
  rankingType: 'label',
  release: 'label',
  responseId: 'label',
  responseTimestamp: 'label',
  serviceTier: 'label',
  systemFingerprint: 'label',
  toolCallId: 'label',
  toolDescription: 'label',
  toolType: 'label',
  topK: 'label',
  traceName: 'label',
  version: 'label',
  workflowName: 'label',
} as const satisfies Readonly<Record<string, MemberKind>>;

const parameters = {
  frequency_penalty: 'label',
  /** Of the request, which may hold keys. */
  headers: 'content',
  max_tokens: 'label',
  output_type: 'label',
  presence_penalty: 'label',
  schema: 'content',
  schema_description: 'content',
  schema_name: 'label',
  /** They are parts of texts. */
  stop_sequences: 'content',
  stream: 'label',
  temperature: 'label',
  tool_choice: 'label',
  top_k: 'label',
  top_p: 'label',
} as const satisfies Readonly<Record<string, MemberKind>>;

const http = {
  bytes: 'label',
  clientAddress: 'label',
  host: 'label',
  method: 'label',
  originalMethod: 'label',
  path: 'label',
  peerAddress: 'label',
  port: 'label',
  query: 'content',
  requestId: 'label',
  resendCount: 'label',
  route: 'label',
  scheme: 'label',
  status: 'label',
  target: 'content',
  url: 'content',
  userAgent: 'label',
} as const satisfies Readonly<Record<string, MemberKind>>;

const database = {
  batchSize: 'label',
  collection: 'label',
  namespace: 'label',
  operation: 'label',
  rows: 'label',
  status: 'label',
  summary: 'label',
  system: 'label',
  user: 'label',
} as const satisfies Readonly<Record<string, MemberKind>>;

const MEMBERS = { metadata, parameters, http, database };

/** A member of a fact, as the tables name it: `metadata.files`. */
export type MemberName = {
  [Fact in keyof typeof MEMBERS]: `${Fact}.${keyof (typeof MEMBERS)[Fact] & string}`;
}[keyof typeof MEMBERS];

/** Whether the member is content (what went in or came out) or a label; undefined if no table names it. */
export function kindOfMember(fact: keyof typeof MEMBERS, member: string): MemberKind | undefined {
  return lookUp<MemberKind>(MEMBERS[fact], member);
}
