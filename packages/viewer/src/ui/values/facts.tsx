/** Facts in a row, each with its name above its value. */

import type { ReactNode } from 'react';
import css from './facts.module.css';

export function Facts({
  className = '',
  children,
}: {
  readonly className?: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return <dl className={`${css.facts} ${className}`}>{children}</dl>;
}

export function Fact({
  label,
  title,
  children,
}: {
  readonly label: string;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
