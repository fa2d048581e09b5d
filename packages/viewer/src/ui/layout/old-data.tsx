import type { ReactNode } from 'react';
import css from './states.module.css';

/** Data that may be that of another filter, because the one that was chosen is still loaded: it is paler then, and cannot be acted on. */
export function OldData({
  isOld,
  className = '',
  children,
}: {
  readonly isOld: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className={`${isOld ? css.old : ''} ${className}`} aria-busy={isOld} inert={isOld}>
      {children}
    </div>
  );
}
