/* Dialogs and drawers: what floats over the page, one layer at a time. Focus goes in, and comes back to its opener. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon";

interface DialogProps {
  title: string;
  sub?: ComponentChildren;
  children: ComponentChildren;
  footer?: ComponentChildren;
  onClose: () => void;
  /* False while something would be lost: then only its buttons close it. */
  dismissible?: boolean;
  variant?: "dialog" | "drawer" | "palette";
}

export function Dialog({ title, sub, children, footer, onClose, dismissible = true, variant = "dialog" }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    (dialog?.querySelector<HTMLElement>("[autofocus]") ?? dialog?.querySelector<HTMLElement>(".body"))?.focus();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`layer ${variant}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (dismissible) onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current && dismissible) onClose();
      }}
    >
      <div class="sheet">
        {variant === "palette" ? (
          <h2 id={heading} class="unseen">
            {title}
          </h2>
        ) : (
          <header>
            <h2 id={heading} class="breaks">
              {title}
            </h2>
            {sub && <span class="soft">{sub}</span>}
            {dismissible && (
              <button type="button" class="button plain square to-end" aria-label="Close" onClick={onClose}>
                <Icon name="x" />
              </button>
            )}
          </header>
        )}
        <div class="body" tabIndex={-1}>
          {children}
        </div>
        {footer && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}
