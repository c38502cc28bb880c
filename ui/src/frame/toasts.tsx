import { useEffect, useState } from "preact/hooks";
import { href } from "../lib/router";
import { useStore } from "../lib/store";
import { announcement, dismiss, type Toast, toasts } from "../lib/toast";
import { Icon } from "../parts/icon";

const SHOWN_MS = 6000;

function ToastBox({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = window.setTimeout(() => dismiss(toast.id), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [held, toast.id]);
  return (
    <div class="toast" onMouseEnter={() => setHeld(true)} onMouseLeave={() => setHeld(false)} onFocusIn={() => setHeld(true)} onFocusOut={() => setHeld(false)}>
      <Icon name="check" />
      <div class="fill">
        <div>{toast.title}</div>
        {toast.detail && <div class="dim fine breaks">{toast.detail}</div>}
      </div>
      {toast.action && <a href={href(toast.action.to)}>{toast.action.label}</a>}
    </div>
  );
}

export function Toasts() {
  const shown = useStore(toasts);
  const text = useStore(announcement);
  return (
    <>
      <div class="toasts" role="status">
        {shown.map((toast) => (
          <ToastBox key={toast.id} toast={toast} />
        ))}
      </div>
      <div class="unseen" aria-live="polite">
        {text}
      </div>
    </>
  );
}
