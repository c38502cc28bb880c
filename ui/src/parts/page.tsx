/* The head of a page: one h1, what it is about, what can be done. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Assay` : "Assay";
  }, [title]);
}

export function Page({ title, marks, sub, actions, children, wide = false }: { title: string; marks?: ComponentChildren; sub?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; wide?: boolean }) {
  usePageTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <div class={wide ? "page wide" : "page"}>
      <div class="page-head">
        <div class="fill">
          <div class="line wraps">
            <h1 class="breaks" ref={heading} tabIndex={-1}>
              <bdi>{title}</bdi>
            </h1>
            {marks}
          </div>
          {sub && <div class="second">{sub}</div>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

export function Card({ title, note, action, children }: { title: string; note?: ComponentChildren; action?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {note && <span class="soft fine">{note}</span>}
        {action && <span class="to-end">{action}</span>}
      </header>
      {children}
    </section>
  );
}

export function Field({ label, hint, error, children, id }: { label: string; hint?: ComponentChildren; error?: ComponentChildren; children: ComponentChildren; id: string }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {error ? (
        <span class="hint bad" id={`${id}-hint`} role="alert">
          {error}
        </span>
      ) : (
        hint && (
          <span class="hint" id={`${id}-hint`}>
            {hint}
          </span>
        )
      )}
    </div>
  );
}

/* The foot of a list that comes in pages: how much of it is shown, and the way to the rest. */
export function ListFoot({ shown, all, rest, onMore, busy }: { shown: string; all: string; rest: boolean; onMore: () => void; busy: boolean }) {
  return (
    <div class="tally">
      <span class="fill">{rest ? shown : all}</span>
      {rest && (
        <button type="button" class="button small" disabled={busy} onClick={onMore}>
          Show more
        </button>
      )}
    </div>
  );
}
