/* What a page shows when it has nothing (yet): skeletons, empty states, errors. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "../api/http";
import { sentence } from "../lib/format";
import { Icon } from "./icon";

/* The final shape, and only after 150 ms: quick answers never flash. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), 150);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div class={`skeleton${shown ? "" : " soon"}`} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} class="skrow">
          <span class="sk a" />
          <span class={`sk b w${at % 4}`} />
          <span class="sk c" />
        </div>
      ))}
    </div>
  );
}

export type Drawing = "store" | "shield" | "unjudged" | "offline" | "scales" | "funnel" | "lost";

const drawings: Record<Drawing, [string, string, string]> = {
  store: ["5 0 72 56", "M6 48h60M14 48V22l11-6 11 6v26M14 22l11 6 11-6M25 28v20M42 48V34h18v14", "M47 41h8"],
  shield: ["12 0 72 56", "M36 5c8 4 16 5 23 5v18c0 11-9 18-23 23-14-5-23-12-23-23V10c7 0 15-1 23-5z", "m27 28 7 7 12-14"],
  unjudged: ["7 0 72 56", "M22 6h28l14 14v16L50 50H22L8 36V20z", "M20 38c10-2 20-8 30-18"],
  offline: ["3 0 72 56", "M4 28h16M52 28h16M20 18h8v20h-8zM44 18h8v20h-8zM28 23h5M28 33h5", "M38.5 6v8M38.5 42v8"],
  scales: ["5 0 72 56", "M36 6v42M24 48h24M14 14h44M14 14 6 32a8 8 0 0 0 16 0zM58 14l-8 18a8 8 0 0 0 16 0z", "M31 14h10"],
  funnel: ["7 0 72 56", "M8 8h56L43 30v16l-14 6V30z", "M24 17h24"],
  lost: ["5 0 72 56", "M10 48h52M20 48V8M20 12h30l8 7-8 7H20M20 30h-8l-6 5 6 5h8", "M28 19h16"],
};

export function Empty({ drawing, title, children, actions, level = 2 }: { drawing: Drawing; title: string; children?: ComponentChildren; actions?: ComponentChildren; level?: 1 | 2 }) {
  const [box, line, gold] = drawings[drawing];
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div class="empty">
      <div class="art">
        <svg viewBox={box} aria-hidden="true">
          <path d={line} />
          <path class={drawing === "unjudged" ? "g dots" : "g"} d={gold} />
        </svg>
      </div>
      <Heading>{title}</Heading>
      {children}
      {actions && <div class="row wrap">{actions}</div>}
    </div>
  );
}

/* The server's own sentence, its request id, and a way on. */
export function ErrorNote({ error, retry, still }: { error: ApiError; retry?: (() => void) | undefined; still?: string }) {
  return (
    <div class="note crit" role="alert">
      <Icon name={error.offline ? "wifi" : "warn"} />
      <div class="grow">
        <b>{sentence(error.message)}</b>
        {still && <> {still}</>}
        {error.status > 0 && (
          <div class="muted t12">
            {error.requestId && (
              <>
                Request <span class="mono">{error.requestId}</span>,{" "}
              </>
            )}
            status {error.status}.
          </div>
        )}
      </div>
      {retry && (
        <button type="button" class="btn sm" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
