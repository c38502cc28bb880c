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
        <div key={at} class="bone-row">
          <span class="bone first" />
          <span class={`bone second length-${at % 4}`} />
          <span class="bone last" />
        </div>
      ))}
    </div>
  );
}

export type Drawing = "store" | "shield" | "unjudged" | "offline" | "scales" | "sieve" | "lost";

/* Where it begins at the left, what is there, and one gold stroke; 72 by 56. */
const drawings: Record<Drawing, [left: number, lines: string, streak: string]> = {
  /* shelves with a few boxes */
  store: [8, "M14 50V7h44v43M14 28h44M9 50h54M22 28v-9h10v9M38 28V15h12v13M22 50V37h15v13", "M44 43h7"],
  shield: [14, "m36 4 21 6v16c0 12-7.5 20-21 26-13.5-6-21-14-21-26V10z", "m27 27.5 7 7 12-14"],
  /* a stone, the streak on it not drawn yet */
  unjudged: [6, "M17 12h33l11 9v20l-9 7H15l-8-8V21z", "M18 37l32-12"],
  /* plug and socket, apart */
  offline: [2, "M3 28h11M14 17h7a11 11 0 0 1 0 22h-7zM69 28H59M59 15v26M59 22h-9M59 34h-9", "m41 12-3 7M41 44l-3-7"],
  scales: [5, "M36 7v41M26 49h20M14 18l44-6M14 18 6.5 35h15zM58 12l-7.5 17h15zM6.5 35a7.5 7.5 0 0 0 15 0M50.5 29a7.5 7.5 0 0 0 15 0", "m30 15.8 12-1.6"],
  /* a list, and a glass that finds nothing in it */
  sieve: [7, "M8 11h38M8 23h20M8 35h15M60 32a12 12 0 1 1-24 0 12 12 0 0 1 24 0zM56.5 40.5 65 49", "M43 32h10"],
  /* a compass */
  lost: [12, "M59 28a23 23 0 1 1-46 0 23 23 0 0 1 46 0zM36 10v3M36 43v3M18 28h3M51 28h3", "m31 36 10-16"],
};

export function Empty({ drawing, title, children, actions, level = 2 }: { drawing: Drawing; title: string; children?: ComponentChildren; actions?: ComponentChildren; level?: 1 | 2 }) {
  const [left, lines, streak] = drawings[drawing];
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div class="blank">
      <svg viewBox={`${left} 0 72 56`} aria-hidden="true">
        <path d={lines} />
        <path class={drawing === "unjudged" ? "streak dots" : "streak"} d={streak} />
      </svg>
      <Heading>{title}</Heading>
      {children}
      {actions && <div class="line wraps">{actions}</div>}
    </div>
  );
}

/* The server's own sentence, its request id, and a way on. */
export function ErrorNote({ error, retry, still }: { error: ApiError; retry?: (() => void) | undefined; still?: string }) {
  return (
    <div class="notice alert" role="alert">
      <Icon name={error.offline ? "unplugged" : "warn"} />
      <div class="fill">
        <b>{sentence(error.message)}</b>
        {still && <> {still}</>}
        {error.status > 0 && (
          <div class="soft fine">
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
        <button type="button" class="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
