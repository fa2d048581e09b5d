/** The contents of a step in one of six views. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import type { StepContent, StepSummary, TraceDetail } from '../../../../local/src/page-api.js';
import { Content } from '../../content/content.js';
import { Conversation } from '../../content/conversation.js';
import { Documents } from '../../content/documents.js';
import { JsonTree } from '../../content/json-tree.js';
import { MediaBox } from '../../content/media-box.js';
import { type Json, jsonText } from '../../json.js';
import { hasConversation, readConversation } from '../../reading/conversation/conversation.js';
import { documentsOf } from '../../reading/documents.js';
import { attachmentsIn } from '../../reading/media.js';
import { api } from '../../server/api.js';
import type { Mode, StepTab } from '../../state/page-state.js';
import { Failure, Loading } from '../../ui/layout/states.js';
import { ErrorBox, stepErrorOf } from './error-box.js';
import css from './step-pane.module.css';

export function StepPanel({
  tab,
  mode,
  content,
  step,
  detail,
}: {
  readonly tab: StepTab;
  readonly mode: Mode;
  readonly content: StepContent;
  readonly step: StepSummary;
  readonly detail: TraceDetail;
}): ReactNode {
  switch (tab) {
    case 'conversation':
      return <MainPanel mode={mode} content={content} step={step} />;
    case 'input':
      return <Content value={content.inputs} mode={mode} label="the input" />;
    case 'output':
      return (
        <>
          <Content value={content.output} mode={mode} label="the output" />
          {content.groundTruth != null && (
            <Titled title="Ground truth">
              <Content value={content.groundTruth} mode={mode} label="the ground truth" />
            </Titled>
          )}
        </>
      );
    case 'parameters':
      return content.modelParameters == null ? (
        <Nothing>This step has no model parameters.</Nothing>
      ) : (
        <JsonTree value={content.modelParameters} label="the parameters" />
      );
    case 'metadata':
      return (
        <>
          {content.metadata == null ? (
            <Nothing>This step has no metadata.</Nothing>
          ) : (
            <JsonTree value={content.metadata} label="the metadata" />
          )}
          {step.index === 0 && Object.keys(detail.metadata).length > 0 && (
            <Titled title="Columns of the row">
              <JsonTree value={detail.metadata} label="the columns of the row" />
            </Titled>
          )}
        </>
      );
    case 'raw':
      return <RawPanel content={content} step={step} detail={detail} />;
  }
}

/** The facts and contents that people read first, on one page. */
function MainPanel({
  mode,
  content,
  step,
}: {
  readonly mode: Mode;
  readonly content: StepContent;
  readonly step: StepSummary;
}): ReactNode {
  const messages = useMemo(() => readConversation(content), [content]);
  const documents = useMemo(() => documentsOf(content), [content]);
  const attachments = useMemo(() => attachmentsIn(content.attachments), [content]);
  const error = stepErrorOf(content, step);
  const isChat = mode !== 'json' && hasConversation(content, step.type);
  return (
    <>
      {error !== undefined && <ErrorBox error={error} />}
      {isChat ? (
        <Conversation messages={messages} isMarkdown={mode === 'markdown'} />
      ) : (
        <>
          <Titled title="Input">
            <Content value={content.inputs} mode={mode} label="the input" />
          </Titled>
          {documents.length > 0 && (
            <Titled title={`Documents (${documents.length})`}>
              <Documents documents={documents} />
            </Titled>
          )}
          {!(documents.length > 0 && isSame(content.output, documents[0]?.list)) && (
            <Titled title="Output">
              <Content value={content.output} mode={mode} label="the output" />
            </Titled>
          )}
        </>
      )}
      {isChat && documents.length > 0 && (
        <Titled title={`Documents (${documents.length})`}>
          <Documents documents={documents} />
        </Titled>
      )}
      {attachments.length > 0 && (
        <Titled title={`Attachments (${attachments.length})`}>
          {attachments.map((media, place) => (
            <MediaBox key={place} media={media} />
          ))}
        </Titled>
      )}
      {content.groundTruth != null && (
        <Titled title="Ground truth">
          <Content value={content.groundTruth} mode={mode} label="the ground truth" />
        </Titled>
      )}
    </>
  );
}

/** Retrievers often return the documents that they record. */
function isSame(output: unknown, documents: unknown): boolean {
  if (output === documents) return true;
  if (!Array.isArray(output) || !Array.isArray(documents)) return false;
  return output.length === documents.length && jsonText(output, 0) === jsonText(documents, 0);
}

function RawPanel({
  content,
  step,
  detail,
}: {
  readonly content: StepContent;
  readonly step: StepSummary;
  readonly detail: TraceDetail;
}): ReactNode {
  const { number } = detail.trace;
  const isRoot = step.index === 0;
  const row = useQuery({
    queryKey: ['row', number],
    queryFn: ({ signal }) => api.row(number, signal),
    enabled: isRoot,
    structuralSharing: false,
    gcTime: 60_000,
  });
  const own = useMemo(() => sentMembers(content), [content]);
  return (
    <>
      <Titled title="The step as it was sent, without its children">
        <JsonTree value={own} label="the step" />
      </Titled>
      {isRoot && (
        <Titled title="The row and its config as they were received">
          {row.data === undefined ? (
            row.isError ? (
              <Failure error={row.error} retry={() => void row.refetch()} />
            ) : (
              <Loading rows={4} />
            )
          ) : (
            <JsonTree value={row.data} label="the row" />
          )}
        </Titled>
      )}
    </>
  );
}

/** The members of the step, those with names and numbers first. */
function sentMembers(content: StepContent): Json {
  const { index: _, id: __, bytes: ___, isCut: ____, others, absent, ...members } = content;
  const isAbsent = new Set(absent);
  const sent = Object.entries(members).filter(([name]) => !isAbsent.has(name));
  return { ...others, ...Object.fromEntries(sent) };
}

function Titled({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className={css.titled}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Nothing({ children }: { readonly children: ReactNode }): ReactNode {
  return <p className={css.nothing}>{children}</p>;
}
