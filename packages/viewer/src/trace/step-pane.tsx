/** The step that is selected: its facts, and its contents in six views. */

import { Tabs } from '@base-ui/react/tabs';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import type { StepContent, StepSummary, TraceDetail } from '../../../local/src/page-api.js';
import { Content, ModeSwitch } from '../content/content.js';
import { Conversation } from '../content/conversation.js';
import { Documents, documentsOf } from '../content/documents.js';
import { JsonTree } from '../content/json-tree.js';
import { MediaBox } from '../content/media-box.js';
import { formatBytes, formatCost, formatCount, formatDuration } from '../format.js';
import { hasConversation, readConversation } from '../reading/conversation/conversation.js';
import { attachmentsIn } from '../reading/media.js';
import { api } from '../server/api.js';
import { type Mode, STEP_TABS, type StepTab } from '../state/page-state.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { Failure, Loading } from '../ui/states.js';
import { useKeys } from '../ui/use-keys.js';
import { CopyId, OneLine, VisibleText } from '../ui/visible-text.js';
import { ErrorBox, errorOf } from './error-box.js';
import { PROBLEM_WORDS } from './problem-words.js';
import css from './step-pane.module.css';
import { type StepTree, selfTime } from './step-tree.js';
import { TypeMark, typeWords } from './type-mark.js';

const TAB_WORDS: Readonly<Record<StepTab, string>> = {
  conversation: 'Conversation',
  input: 'Input',
  output: 'Output',
  parameters: 'Parameters',
  metadata: 'Metadata',
  raw: 'Raw',
};

export function StepPane({
  detail,
  tree,
  step,
  onStep,
}: {
  readonly detail: TraceDetail;
  readonly tree: StepTree;
  readonly step: StepSummary;
  readonly onStep: (step: number) => void;
}): ReactNode {
  const { trace } = detail;
  const state = usePageState();
  const change = useChangePageState();
  const settings = useSettings();
  const mode = state.mode ?? settings.mode;
  const query = useQuery({
    queryKey: ['step', trace.number, step.index],
    queryFn: ({ signal }) => api.step(trace.number, step.index, signal),
    structuralSharing: false,
    gcTime: 60_000,
  });
  const content = query.data;
  const chosen = state.view ?? 'conversation';
  const open = (next: StepTab) =>
    change({ view: next === 'conversation' ? undefined : next }, { replace: true });
  useKeys(
    Object.fromEntries(
      STEP_TABS.map((each, place) => [
        String(place + 1),
        () => {
          open(each);
          return true;
        },
      ]),
    ),
  );
  const own = selfTime(tree, step.index);
  const onMode = (next: Mode) => {
    changeSettings({ mode: next });
    change({ mode: next }, { replace: true });
  };
  return (
    <section className={css.pane} aria-label={`Step ${step.name.slice(0, 200)}`}>
      <div className={css.head}>
        <div className={css.top}>
          <TypeMark type={step.type} />
          <h2 className={css.name}>
            <OneLine text={step.name} max={400} />
          </h2>
          {step.parent >= 0 && (
            <button type="button" className={css.parent} onClick={() => onStep(step.parent)}>
              Parent step
            </button>
          )}
        </div>
        <p className={css.facts}>
          <span>{typeWords(step.type)}</span>
          <span title={step.duration === null ? 'Not recorded' : `${step.duration} ms`}>
            {step.isUnfinished ? 'unfinished' : formatDuration(step.duration)}
            {own !== null &&
              step.duration !== null &&
              own < step.duration &&
              `, self time ${formatDuration(own)}`}
          </span>
          {step.firstToken !== null && (
            <span>first token after {formatDuration(step.firstToken)}</span>
          )}
          {step.model !== null && (
            <span>
              <VisibleText
                text={[step.provider, step.model].filter((each) => each !== null).join(' ')}
              />
            </span>
          )}
          {step.tokens !== null && (
            <span>
              {step.promptTokens === null && step.completionTokens === null
                ? `${formatCount(step.tokens)} tokens`
                : `${formatCount(step.promptTokens)} tokens in, ${formatCount(step.completionTokens)} out`}
            </span>
          )}
          {step.cost !== null && <span title={`$${step.cost}`}>{formatCost(step.cost)}</span>}
          {step.chunks.length > 0 && <span>{formatCount(step.chunks.length)} chunks</span>}
          {content !== undefined && (
            <>
              <span>{formatBytes(content.bytes)}</span>
              <CopyId label="the id of the step" value={content.id} length={13} />
            </>
          )}
        </p>
        {step.problem !== null && <p className={css.problem}>{PROBLEM_WORDS[step.problem]}.</p>}
      </div>
      <Tabs.Root
        className={css.tabs}
        value={chosen}
        onValueChange={(value) => {
          if (STEP_TABS.includes(value as StepTab)) open(value as StepTab);
        }}
      >
        <div className={css.bar}>
          <Tabs.List className={css.list} aria-label="Views of the step">
            {STEP_TABS.map((each) => (
              <Tabs.Tab key={each} value={each} className={css.tab}>
                {TAB_WORDS[each]}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {(chosen === 'conversation' || chosen === 'input' || chosen === 'output') && (
            <ModeSwitch mode={mode} onMode={onMode} />
          )}
        </div>
        <Tabs.Panel value={chosen} className={css.panel}>
          {content === undefined ? (
            query.isError ? (
              <Failure
                error={query.error}
                retry={() => void query.refetch()}
                still="The other steps can still be opened."
              />
            ) : (
              <Loading rows={6} />
            )
          ) : (
            <>
              {content.isCut && (
                <p className={css.problem}>The contents are larger than 16 MB and are cut here.</p>
              )}
              <Panel tab={chosen} mode={mode} content={content} step={step} detail={detail} />
            </>
          )}
        </Tabs.Panel>
      </Tabs.Root>
    </section>
  );
}

function Panel({
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
      return <Whole mode={mode} content={content} step={step} />;
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
      return <Raw content={content} step={step} detail={detail} />;
  }
}

/** The facts and contents that people read first, on one page. */
function Whole({
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
  const error = errorOf(content, step);
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
  return output.length === documents.length && JSON.stringify(output) === JSON.stringify(documents);
}

function Raw({
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
  const { index: _index, isCut: _isCut, bytes: _bytes, id, others, ...members } = content;
  const own = { id, name: step.name, type: step.type, ...members, ...others };
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
